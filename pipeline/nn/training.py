"""Training: mini-batches through a network until the epochs are over."""

import math
from collections.abc import Callable
from contextlib import closing
from time import perf_counter
from typing import NamedTuple

import numpy

from . import metrics
from .batches import ROW_BLOCK, Prepare, batches
from .checkpoint import Checkpoint, name_of, recipe_of, restore, snapshot
from .checks import whole_number
from .examples import checked_inputs, checked_labels, divide
from .losses import Loss, softmax_cross_entropy
from .network import Network
from .optimizers import Optimizer
from .schedules import Constant, Schedule

Targets = Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]

# A diverging network overflows on the way; TrainingDiverged says so once, and better.
_quietly = numpy.errstate(over="ignore", invalid="ignore", divide="ignore")


class TrainingDiverged(ArithmeticError):  # noqa: N818 - says what happened
    """The loss is no longer a finite number."""


class Epoch(NamedTuple):
    """What one epoch came to. Losses are means over its batches, accuracies are from 0 to 1.

    The training figures are running ones: each batch is counted as the network met it, before it
    learned from it, and with the penalties of regularizers. Where there are targets instead of
    labels, accuracies are NaN. `seconds` is the time of training alone, without validation.
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
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: numpy.random.Generator,
    validation_data: tuple[numpy.ndarray, numpy.ndarray] | None = None,
    validation_split: float | None = None,
    loss: Loss = softmax_cross_entropy,
    schedule: Schedule = Constant(),  # noqa: B008 - frozen
    targets: Targets | None = None,
    patience: int | None = None,
    prepare: Prepare | None = None,
    on_epoch: Callable[[Epoch], object] = lambda epoch: None,
    on_batch: Callable[[int, int], object] = lambda done, total: None,
    on_checkpoint: Callable[[Checkpoint], object] | None = None,
    resume: Checkpoint | None = None,
) -> Fit:
    """Train `network` in place, and leave it with the weights of its best epoch.

    The best epoch has the highest validation accuracy; of several, or where nothing is classified,
    the one of lowest validation loss; of those, the first.

    Parameters
    ----------
    inputs, labels
        `(n, *input_shape)`, or flat `(n, size)`, of the network's dtype, and `(n,)` integers that
        number the network's outputs, or, to approximate numbers instead of classifying, targets
        `(n, outputs)` of the network's dtype. Every epoch takes all examples in an order drawn from
        `rng`, `batch_size` at a time (1 is stochastic, n or more full-batch gradient descent); the
        last, smaller batch counts by its own size.
    validation_data, validation_split
        Inputs and labels that choose the best epoch; or the share of the examples that is taken
        from their end for that, before any shuffling. One of the two.
    optimizer, schedule, loss
        Of `optimizers`, `schedules` and `losses`. The schedule changes the learning rate from step
        to step; after the training the optimizer has its own again.
    targets
        Gives what a batch shall aim at instead of its labels, `targets(inputs, labels)`, as the
        loss takes it: a teacher's probabilities, say (Hinton, Vinyals, Dean, Distilling the
        Knowledge in a Neural Network, 2015). Validation goes by the labels.
    patience
        Stop after so many epochs without a new best.
    prepare
        Makes a network's inputs of some of `inputs`, `prepare(examples, rng)`: what converts or
        augments. It runs in a thread of its own, ahead of the step; validation goes without it, so
        give `validation_data` to one that converts.
    on_batch, on_epoch
        Called with the numbers of batches done and in all after every batch, and with an `Epoch`
        after every epoch. An exception that they raise ends the training.
    on_checkpoint, resume
        Called after every epoch with a `Checkpoint`, whose arrays are live: store, do not keep.
        With such a checkpoint for `resume`, and everything else as it was, the training goes on
        from there and comes to the same bytes. Functions are told apart by their names alone: what
        `prepare` does is the caller's to watch.

    The same arguments and the same state of `rng` give the same bytes on the same machine with the
    same number of BLAS threads.

    Raises TrainingDiverged when a loss is infinite or not a number; the network then holds the
    diverged weights. Raises ForeignCheckpoint on a checkpoint of another training, ValueError on
    arguments that do not fit each other.
    """
    whole_number("epochs", epochs)
    whole_number("batch_size", batch_size)
    if patience is not None:
        whole_number("patience", patience)
    (inputs, labels), validation = divide(inputs, labels, validation_data, validation_split)
    if not prepare:
        inputs = checked_inputs(network, inputs, "training")
    labels = checked_labels(network, inputs, labels, "training")
    validation = (
        checked_inputs(network, validation[0], "validation"),
        checked_labels(network, *validation, "validation"),
    )
    recipe, history, best_parameters = {}, [], {}
    if on_checkpoint or resume:
        recipe = recipe_of(
            network,
            rng,
            optimizer,
            [inputs, labels, *validation],
            schedule=name_of(schedule),
            loss=name_of(loss),
            targets=name_of(targets),
            prepare=name_of(prepare),
            epochs=epochs,
            batch_size=batch_size,
            patience=patience,
        )
    if resume:
        rows, best_parameters = restore(resume, network, rng, optimizer, recipe)
        history = [Epoch(*row) for row in rows]
    best = max(history, key=_rank, default=None)

    count = len(inputs)
    batch_size = min(batch_size, count)
    steps = -(-count // batch_size)
    row_block = 1 if network.needs_whole_batch else ROW_BLOCK
    learning_rate = optimizer.learning_rate
    try:
        for number in range(len(history) + 1, epochs + 1):
            if patience and best and len(history) - best.epoch >= patience:
                break
            begin = perf_counter()
            total_loss, correct = 0.0, 0
            # Closed, so that no thread draws from `rng` any more once an exception is out.
            with closing(
                batches(
                    inputs,
                    labels,
                    rng.permutation(count),
                    batch_size,
                    shape=network.input_shape,
                    dtype=network.dtype,
                    rng=rng,
                    prepare=prepare,
                    row_block=row_block,
                )
            ) as ready:
                for done, (batch, batch_labels) in enumerate(ready, 1):
                    # The middle of the step, so that no schedule's first or last step is one of 0.
                    middle = ((number - 1) * steps + done - 0.5) / (epochs * steps)
                    optimizer.learning_rate = learning_rate * schedule(middle)
                    batch_loss, hits = _step(network, batch, batch_labels, optimizer, loss, targets)
                    if not math.isfinite(batch_loss):
                        raise _diverged(batch_loss, f"epoch {number}, batch {done} of {steps}")
                    total_loss += batch_loss * len(batch_labels)
                    correct += hits
                    on_batch(done, steps)
            seconds = perf_counter() - begin
            measured = evaluate(network, *validation, loss)
            if not math.isfinite(measured[0]):
                raise _diverged(measured[0], f"epoch {number}, validation")
            accuracy = correct / count if labels.ndim == 1 else math.nan
            epoch = Epoch(number, total_loss / count, accuracy, *measured, seconds)
            history.append(epoch)
            if best is None or _rank(epoch) > _rank(best):
                best = epoch
                best_parameters = {name: array.copy() for name, array in network.parameters.items()}
            if on_checkpoint:
                on_checkpoint(snapshot(network, rng, optimizer, best_parameters, history, recipe))
            on_epoch(epoch)
    finally:
        optimizer.learning_rate = learning_rate
    network.set_parameters(best_parameters)
    return Fit(history, best)


@_quietly
def evaluate(
    network: Network,
    inputs: numpy.ndarray,
    labels: numpy.ndarray,
    loss: Loss = softmax_cross_entropy,
) -> tuple[float, float]:
    """Compute the mean loss and the accuracy of `network` on examples, in inference mode.

    `labels` may be targets, as for `fit`; the accuracy is then NaN.
    """
    logits = network.logits(inputs)
    right = metrics.accuracy(labels, logits.argmax(axis=1)) if labels.ndim == 1 else math.nan
    return loss(logits, labels)[0], right


def _step(
    network: Network,
    batch: numpy.ndarray,
    labels: numpy.ndarray,
    optimizer: Optimizer,
    loss: Loss,
    targets: Targets | None,
) -> tuple[float, int]:
    """Learn from the first `len(labels)` rows of `batch`; return their mean loss and the hits.

    The rows beyond are computed along and change nothing: their part of the gradient is zero.
    """
    size, scale = len(labels), optimizer.gradient_scale
    outputs = network.forward(batch, training=True)
    aims = targets(batch[:size], labels) if targets else labels
    value, gradient = loss(outputs[:size], aims)
    hits = 0
    if labels.ndim == 1:
        hits = int(numpy.count_nonzero(outputs[:size].argmax(axis=1) == labels))
    if size < len(batch):
        padded = numpy.zeros_like(outputs)
        padded[:size] = gradient
        gradient = padded
    gradient *= scale
    value += network.penalty()
    network.backward(gradient, scale)
    optimizer.update(network.parameters, network.gradients, network.decayed)
    return value, hits


def _rank(epoch: Epoch) -> tuple[float, float, int]:
    accuracy = 0.0 if math.isnan(epoch.validation_accuracy) else epoch.validation_accuracy
    return accuracy, -epoch.validation_loss, -epoch.epoch


def _diverged(loss: float, place: str) -> TrainingDiverged:
    return TrainingDiverged(
        f"the loss is {loss} at {place}: lower the learning rate, or look for inputs that are not"
        " finite or far from the range 0 to 1"
    )
