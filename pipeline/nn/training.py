"""Training: mini-batches through a network until the epochs are over."""

import math
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy

from .losses import Loss, softmax_cross_entropy
from .metrics import accuracy
from .network import Network
from .optimizers import Optimizer

# BLAS computes whole blocks of rows: with 16 rows a product takes two thirds of the time it takes
# with 15. So a batch is held in a buffer of a multiple of this many rows.
ROW_BLOCK = 4

# A diverging network overflows on the way; TrainingDiverged says so once, and better.
_quietly = numpy.errstate(over="ignore", invalid="ignore")


class TrainingDiverged(ArithmeticError):  # noqa: N818 - says what happened
    """The loss is no longer a finite number."""


class Epoch(NamedTuple):
    """What one epoch came to. Losses are means over examples, accuracies are from 0 to 1.

    The training figures are running ones: each batch is counted as the network met it, before it
    learned from it. `seconds` is the time of training alone, without validation.
    """

    epoch: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


class Fit(NamedTuple):
    """What `fit` returns: every epoch in order, and the one whose weights the network now has."""

    history: list[Epoch]
    best: Epoch


@_quietly
def fit(
    network: Network,
    inputs: numpy.ndarray,
    labels: numpy.ndarray,
    validation_inputs: numpy.ndarray,
    validation_labels: numpy.ndarray,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: numpy.random.Generator,
    loss: Loss = softmax_cross_entropy,
    on_epoch: Callable[[Epoch], object] = lambda epoch: None,
    on_batch: Callable[[int, int], object] = lambda done, total: None,
) -> Fit:
    """Train `network` in place to classify, and leave it with the weights of its best epoch.

    The best epoch has the highest validation accuracy; of several, the one of lowest validation
    loss; of those, the first.

    Parameters: `inputs` is `(n, *input_shape)`, or flat `(n, size)`, of the network's dtype;
    `labels` is `(n,)`, integers that number the network's outputs; likewise for validation. Every
    epoch takes all examples in an order drawn from `rng`, `batch_size` at a time; the last, smaller
    batch counts by its own size. `loss` and `optimizer` are those of `losses` and `optimizers`.
    `on_batch(done, total)` is called after every batch, `on_epoch(epoch)` with an `Epoch`.

    The same arguments and the same state of `rng` give the same bytes on the same machine with the
    same number of BLAS threads.

    Raises TrainingDiverged when a loss is infinite or not a number; the network then holds the
    diverged weights. Raises ValueError on arguments that do not fit each other.
    """
    labels = _checked(network, inputs, labels, "training")
    validation_labels = _checked(network, validation_inputs, validation_labels, "validation")
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if type(value) is not int or value < 1:
            raise ValueError(f"{name}: found {value!r}, expected a whole number of at least 1")
    count = len(inputs)
    batch_size = min(batch_size, count)
    rows = -(-batch_size // ROW_BLOCK) * ROW_BLOCK
    batch = numpy.zeros((rows, *inputs.shape[1:]), network.dtype)
    gradient = numpy.zeros((rows, *network.output_shape), network.dtype)
    starts = range(0, count, batch_size)
    history, best, best_parameters = [], None, {}
    for number in range(1, epochs + 1):
        begin = perf_counter()
        total_loss, correct = 0.0, 0
        order = rng.permutation(count)
        shuffled_labels = labels[order]
        for done, start in enumerate(starts, 1):
            chosen = order[start : start + batch_size]
            # mode="clip" only because "raise" would go through a copy.
            numpy.take(inputs, chosen, axis=0, out=batch[: len(chosen)], mode="clip")
            batch_loss, hits = _step(
                network,
                batch,
                shuffled_labels[start : start + batch_size],
                gradient,
                optimizer,
                loss,
            )
            if not math.isfinite(batch_loss):
                raise _diverged(batch_loss, f"epoch {number}, batch {done} of {len(starts)}")
            total_loss += batch_loss * len(chosen)
            correct += hits
            on_batch(done, len(starts))
        seconds = perf_counter() - begin
        validation = evaluate(network, validation_inputs, validation_labels, loss)
        if not math.isfinite(validation[0]):
            raise _diverged(validation[0], f"epoch {number}, validation")
        epoch = Epoch(number, total_loss / count, correct / count, *validation, seconds)
        history.append(epoch)
        if best is None or _rank(epoch) > _rank(best):
            best = epoch
            best_parameters = {name: array.copy() for name, array in network.parameters.items()}
        on_epoch(epoch)
    network.set_parameters(best_parameters)
    return Fit(history, best)


@_quietly
def evaluate(
    network: Network,
    inputs: numpy.ndarray,
    labels: numpy.ndarray,
    loss: Loss = softmax_cross_entropy,
) -> tuple[float, float]:
    """Compute the mean loss and the accuracy of `network` on examples, in inference mode."""
    logits = network.logits(inputs)
    return loss(logits, labels)[0], accuracy(labels, logits.argmax(axis=1))


def _step(
    network: Network,
    batch: numpy.ndarray,
    labels: numpy.ndarray,
    gradient: numpy.ndarray,
    optimizer: Optimizer,
    loss: Loss,
) -> tuple[float, int]:
    """Learn from the first `len(labels)` rows of `batch`; return their mean loss and the hits.

    The rows beyond are computed along and change nothing: their part of `gradient` is zero.
    """
    size = len(labels)
    outputs = network.forward(batch, training=True)[:size]
    value, output_gradient = loss(outputs, labels)
    hits = int(numpy.count_nonzero(outputs.argmax(axis=1) == labels))
    numpy.multiply(output_gradient, optimizer.gradient_scale, out=gradient[:size])
    gradient[size:] = 0
    network.backward(gradient)
    optimizer.update(network.parameters, network.gradients, network.decayed)
    return value, hits


def _rank(epoch: Epoch) -> tuple[float, float]:
    return epoch.validation_accuracy, -epoch.validation_loss


def _diverged(loss: float, place: str) -> TrainingDiverged:
    return TrainingDiverged(
        f"the loss is {loss} at {place}: lower the learning rate, or look for inputs that are not"
        " finite or far from the range 0 to 1"
    )


def _checked(
    network: Network, inputs: numpy.ndarray, labels: numpy.ndarray, part: str
) -> numpy.ndarray:
    """Return the labels as indices if they fit the inputs and the network, else raise."""
    if len(network.output_shape) != 1:
        raise ValueError(
            f"network: found outputs of shape {network.output_shape}, expected (classes,);"
            " a dense layer at the end gives that"
        )
    (classes,) = network.output_shape
    if inputs.dtype != network.dtype or not len(inputs):
        raise ValueError(
            f"{part} inputs: found {len(inputs)} of {inputs.dtype},"
            f" expected at least one of {network.dtype}"
        )
    labels = numpy.asarray(labels)
    if labels.shape != (len(inputs),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{part} labels: found {labels.dtype} of shape {labels.shape},"
            f" expected integers of shape {(len(inputs),)}"
        )
    if not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"{part} labels: found {labels.min()} to {labels.max()}, expected 0 to {classes - 1},"
            " one for each output of the network"
        )
    return labels.astype(numpy.intp)
