"""Training by mini-batches, with validation after every epoch."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from time import perf_counter
from typing import NamedTuple

import numpy
from numpy import ndarray

from . import metrics
from .batches import Prepare, PreparePairs, batches
from .checkpoint import CheckpointStore, recipe_of, restore, snapshot
from .checks import whole_number
from .examples import (
    are_classes,
    are_comparable,
    checked_inputs,
    checked_labels,
    divide,
    weights_of_classes,
)
from .losses import Loss, softmax_cross_entropy
from .network import Network
from .optimizers import Optimizer

Targets = Callable[[ndarray, ndarray], ndarray]

# A diverging network overflows; TrainingDiverged says so once, instead of many warnings.
_quietly = numpy.errstate(over="ignore", invalid="ignore", divide="ignore")


class TrainingDiverged(ArithmeticError):  # noqa: N818 - says what happened
    """The loss is no longer a finite number."""


class Epoch(NamedTuple):
    """The results of one epoch: losses, means over the examples, and accuracies, from 0 to 1.

    The training figures are measured on each batch before the network learns from it; their loss
    includes the weights of classes and the penalties of regularizers. With targets instead of
    labels, accuracies are NaN. `seconds` is the time of training alone, without validation.
    """

    epoch: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


class Fit(NamedTuple):
    """The result of `fit`: all epochs in order, and the one whose weights the network now has."""

    history: list[Epoch]
    best: Epoch


@_quietly
def fit(
    network: Network,
    inputs: ndarray,
    labels: ndarray,
    *,
    validation: tuple[ndarray, ndarray] | float,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: numpy.random.Generator,
    loss: Loss = softmax_cross_entropy,
    class_weight: Mapping[int, float] | Sequence[float] | None = None,
    targets: Targets | None = None,
    prepare: Prepare | None = None,
    prepare_pairs: PreparePairs | None = None,
    patience: int | None = None,
    on_epoch: Callable[[Epoch], object] = lambda epoch: None,
    on_batch: Callable[[int, int], object] = lambda done, total: None,
    checkpoints: CheckpointStore | None = None,
) -> Fit:
    """Train `network` in place, and leave it with the weights of its best epoch.

    The best epoch has the highest validation accuracy; if several have it, or with targets instead
    of labels, the lowest validation loss; if several have that, it is the first of them.

    Parameters
    ----------
    inputs, labels
        `(n, *input_shape)`, or flat `(n, size)`, of the network's dtype, and integers `(n,)`, the
        indices of the network's outputs, or, for regression and for masks, targets
        `(n, *output_shape)` of the network's dtype. Every epoch takes all examples in an order
        drawn from `rng`, `batch_size` at a time (1 is stochastic, n or more full-batch gradient
        descent); the last batch may be smaller.
    validation
        What chooses the best epoch: inputs and labels, or the share of the examples that is taken
        from their end for it, before any shuffling.
    optimizer, loss
        Of `optimizers`, the schedule of the learning rate included, and of `losses`.
    class_weight
        What the loss of each class's examples is multiplied by in training, for classes that are
        rare or matter more: a number for every class, or those that are not 1 by class. The loss
        must take weights, as those of `losses` do. Validation goes without.
    targets
        Returns what the loss compares a batch with instead of its labels, `targets(inputs,
        labels)`: a teacher's probabilities, say (Hinton, Vinyals, Dean, Distilling the Knowledge in
        a Neural Network, 2015). Labels may then be `n` arrays of any other shape and dtype, such as
        masks in bytes, which become numbers a batch at a time. Validation goes by the labels, and
        by the targets only where no loss could take the labels.
    prepare
        Makes network inputs of examples, `prepare(examples, rng)`: converts or augments them. It
        runs in a thread of its own, ahead of the step. Validation examples are not prepared, so a
        `prepare` that converts needs inputs and labels for `validation`.
    prepare_pairs
        The same for what changes both alike, such as a picture and its mask that are mirrored:
        `prepare_pairs(examples, labels, rng)` returns inputs and labels. Instead of `prepare`.
    patience
        Stop after this many epochs without a new best.
    on_epoch, on_batch
        Called with an `Epoch` after every epoch; with the number of batches done and that of all
        batches of the epoch after every batch. An exception that they raise ends the training.
    checkpoints
        Where a `Checkpoint` is saved after every epoch, and loaded from before the first. If one is
        there and everything else is as it was, the training goes on from it and ends with the same
        bytes. Functions are compared by their names alone: what `prepare` does is the caller's to
        watch.

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
    (inputs, labels), validation = divide(inputs, labels, validation)
    if prepare and prepare_pairs:
        raise ValueError("prepare_pairs: found one with a prepare, expected either")
    if not prepare and not prepare_pairs:
        inputs = checked_inputs(network, inputs, "training")
    any_form = bool(targets or prepare_pairs)
    labels = checked_labels(network, inputs, labels, "training", any_form)
    held_inputs = checked_inputs(network, validation[0], "validation")
    held_labels = checked_labels(network, *validation, "validation", bool(targets))
    validation = held_inputs, held_labels
    held_targets = None if are_comparable(network, held_labels) else targets
    classes = are_classes(network, labels)
    weights = None
    if class_weight is not None:
        weights = weights_of_classes(network, labels, class_weight)
    recipe, history, best_parameters = {}, [], {}
    if checkpoints:
        data = [inputs, labels, *validation]
        functions = {"loss": loss, "targets": targets, "prepare": prepare}
        if prepare_pairs:
            functions["prepare_pairs"] = prepare_pairs
        numbers = {"epochs": epochs, "batch_size": batch_size, "patience": patience}
        if weights is not None:
            numbers["class_weight"] = weights.tolist()
        recipe = recipe_of(network, rng, optimizer, data, functions, **numbers)
        if saved := checkpoints.load():
            rows, best_parameters = restore(saved, network, rng, optimizer, recipe)
            history = [Epoch(*row) for row in rows]
    best = max(history, key=_rank, default=None)

    count = len(inputs)
    batch_size = min(batch_size, count)
    steps = -(-count // batch_size)
    gathering = {"shape": network.input_shape, "dtype": network.dtype}
    gathering |= {"rng": rng, "prepare": prepare, "prepare_pairs": prepare_pairs}
    for number in range(len(history) + 1, epochs + 1):
        if patience and best and len(history) - best.epoch >= patience:
            break
        begin = perf_counter()
        total_loss, correct = 0.0, 0
        order = rng.permutation(count)
        # Closed, so that after an exception no thread draws from `rng` any more.
        with closing(batches(inputs, labels, order, batch_size, **gathering)) as ready:
            for done, (batch, batch_labels) in enumerate(ready, 1):
                # The middle of the step, because some schedules begin or end with 0.
                middle = ((number - 1) * steps + done - 0.5) / (epochs * steps)
                outputs = network.forward(batch, training=True)
                if classes:
                    correct += int(numpy.count_nonzero(outputs.argmax(axis=1) == batch_labels))
                aims = targets(batch, batch_labels) if targets else batch_labels
                weighing = () if weights is None else (weights[batch_labels],)
                batch_loss, gradient = loss(outputs, aims, *weighing)
                batch_loss += network.penalty()
                if not math.isfinite(batch_loss):
                    raise _diverged(batch_loss, f"epoch {number}, batch {done} of {steps}")
                total_loss += batch_loss * len(batch_labels)
                network.backward(gradient)
                optimizer.update(network.parameters, network.gradients, network.decayed, middle)
                network.constrain()
                on_batch(done, steps)
        seconds = perf_counter() - begin
        measured = evaluate(network, *validation, loss, held_targets)
        if not math.isfinite(measured[0]):
            raise _diverged(measured[0], f"epoch {number}, validation")
        accuracy = correct / count if classes else math.nan
        epoch = Epoch(number, total_loss / count, accuracy, *measured, seconds)
        history.append(epoch)
        if best is None or _rank(epoch) > _rank(best):
            best = epoch
            best_parameters = {name: array.copy() for name, array in network.parameters.items()}
        if checkpoints:
            checkpoints.save(snapshot(network, rng, optimizer, best_parameters, history, recipe))
        on_epoch(epoch)
    network.set_parameters(best_parameters)
    return Fit(history, best)


@_quietly
def evaluate(
    network: Network,
    inputs: ndarray,
    labels: ndarray,
    loss: Loss = softmax_cross_entropy,
    targets: Targets | None = None,
) -> tuple[float, float]:
    """Compute the mean loss and the accuracy of `network` on examples, in inference mode.

    `labels` may be targets, or what `targets` makes some of, as for `fit`; the accuracy is NaN if
    they are no classes.
    """
    logits = network.logits(inputs)
    classes = are_classes(network, labels)
    right = metrics.accuracy(labels, logits.argmax(axis=1)) if classes else math.nan
    return loss(logits, targets(inputs, labels) if targets else labels)[0], right


def _rank(epoch: Epoch) -> tuple[float, float, int]:
    accuracy = 0.0 if math.isnan(epoch.validation_accuracy) else epoch.validation_accuracy
    return accuracy, -epoch.validation_loss, -epoch.epoch


def _diverged(loss: float, place: str) -> TrainingDiverged:
    return TrainingDiverged(
        f"the loss is {loss} at {place}: lower the learning rate, or look for inputs that are not"
        " finite or far from the range 0 to 1"
    )
