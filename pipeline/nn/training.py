"""Training by mini-batches, with validation after every epoch."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from time import perf_counter
from typing import NamedTuple

import numpy
from numpy import ndarray

from .batches import Prepare, PreparePairs, batches
from .checkpoint import CheckpointStore, recipe_of, restore, snapshot
from .checks import as_array, chosen, whole_number
from .examples import (
    Targets,
    aims,
    are_comparable,
    checked_inputs,
    checked_labels,
    divide,
    right,
    weights_of_classes,
    weights_of_examples,
)
from .losses import LOSSES, OWN_ACTIVATION, Loss, WeightedSum, softmax_cross_entropy
from .network import Network
from .optimizers import OPTIMIZERS, Optimizer

# A diverging network overflows; TrainingDiverged says so once, instead of many warnings.
_quietly = numpy.errstate(over="ignore", invalid="ignore", divide="ignore")


class TrainingDiverged(ArithmeticError):  # noqa: N818 - says what happened
    """The loss is no longer a finite number."""


class Epoch(NamedTuple):
    """The results of one epoch: losses, means over the examples, and accuracies, from 0 to 1.

    The training figures are measured on each batch before the network learns from it; their loss
    includes the weights of classes and examples, and the penalties of regularizers. Accuracies are
    NaN with targets instead of labels, and validation figures without validation. `seconds` is the
    time of training alone.
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
    validation: tuple[ndarray, ndarray] | float | None = None,
    optimizer: Optimizer | str,
    epochs: int,
    batch_size: int,
    rng: numpy.random.Generator,
    loss: Loss | str = softmax_cross_entropy,
    class_weight: Mapping[int, float] | Sequence[float] | None = None,
    sample_weight: Sequence[float] | None = None,
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
    of labels, the lowest validation loss; if several have that, it is the first of them. Without
    validation it is the last epoch.

    Parameters
    ----------
    inputs, labels
        `(n, *input_shape)`, or flat `(n, size)`, of the network's dtype, and integers `(n,)`, the
        indices of the network's outputs; or, for regression and for masks, targets
        `(n, *output_shape)` of the network's dtype; or, where each output is a question of its own,
        answers of that shape, bools or integers 0 and 1. For a single output `(n,)` will do, and
        lists for arrays. The accuracy of answers is the share of them that `Network.says_yes`
        gives. Every epoch takes all examples in an order drawn from `rng`, `batch_size` at a time
        (1 is stochastic, n or more full-batch gradient descent); the last batch may be smaller.
    validation
        What chooses the best epoch: inputs and labels, or the share of the examples that is taken
        from their end for it, before any shuffling; or None.
    optimizer, loss
        Of `optimizers`, the schedule of the learning rate included, and of `losses`; or the name of
        one in `OPTIMIZERS`, for its defaults, and in `LOSSES`. A loss with a softmax or sigmoid of
        its own is refused where the network ends in that.
    class_weight
        What the loss of each class's examples is multiplied by in training, for classes that are
        rare or matter more: a number for every class, or those that are not 1 by class. The loss
        must take weights, as those of `losses` do. Validation goes without.
    sample_weight
        The same for every single example, `(n,)`; times that of its class if there is one.
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
    optimizer = chosen("optimizer", optimizer, OPTIMIZERS, Optimizer)
    loss = _loss_of(network, loss)
    whole_number("epochs", epochs)
    whole_number("batch_size", batch_size)
    if patience is not None:
        whole_number("patience", patience)
        if validation is None:
            raise ValueError(f"patience: found {patience} without a validation, expected both")
    weights, of_classes = None, None
    if sample_weight is not None:
        weights = weights_of_examples(network, sample_weight, len(inputs))
    (inputs, labels), validation = divide(inputs, labels, validation)
    if prepare and prepare_pairs:
        raise ValueError("prepare_pairs: found one with a prepare, expected either")
    if prepare or prepare_pairs:
        inputs = as_array("training inputs", inputs)
    else:
        inputs = checked_inputs(network, inputs, "training")
    any_form = bool(targets or prepare_pairs)
    labels = checked_labels(network, inputs, labels, "training", any_form)
    _check_answers(loss, labels)
    held, held_targets = [], None
    if validation is not None:
        held_inputs = checked_inputs(network, validation[0], "validation")
        held_labels = checked_labels(network, *validation, "validation", bool(targets))
        held = [held_inputs, held_labels]
        held_targets = None if are_comparable(network, held_labels) else targets
    if weights is not None:
        weights = weights[: len(inputs)]
    if class_weight is not None:
        of_classes = weights_of_classes(network, labels, class_weight)
        weights = of_classes[labels] * (1 if weights is None else weights)
    recipe, history, best_parameters = {}, [], {}
    if checkpoints:
        data = [inputs, labels, *held]
        if sample_weight is not None:
            data.append(weights)
        functions = {"loss": loss, "targets": targets, "prepare": prepare}
        if prepare_pairs:
            functions["prepare_pairs"] = prepare_pairs
        numbers = {"epochs": epochs, "batch_size": batch_size, "patience": patience}
        if of_classes is not None:
            numbers["class_weight"] = of_classes.tolist()
        recipe = recipe_of(network, rng, optimizer, data, functions, **numbers)
        if saved := checkpoints.load():
            rows, best_parameters = restore(saved, network, rng, optimizer, recipe)
            history = [Epoch(*row) for row in rows]
    best = max(history, key=_rank, default=None) if held else (history or [None])[-1]

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
                correct += right(network, outputs, batch_labels)
                wanted = aims(network, batch, batch_labels, targets)
                weighing = ()
                if weights is not None:
                    weighing = (weights[order[(done - 1) * batch_size : done * batch_size]],)
                batch_loss, gradient = loss(outputs, wanted, *weighing)
                batch_loss += network.penalty()
                if not math.isfinite(batch_loss):
                    raise _diverged(batch_loss, f"epoch {number}, batch {done} of {steps}")
                total_loss += batch_loss * len(batch_labels)
                network.backward(gradient)
                optimizer.update(network.parameters, network.gradients, network.decayed, middle)
                network.constrain()
                on_batch(done, steps)
        seconds = perf_counter() - begin
        measured = math.nan, math.nan
        if held:
            measured = _measured(network, *held, loss, held_targets)
            if not math.isfinite(measured[0]):
                raise _diverged(measured[0], f"epoch {number}, validation")
        epoch = Epoch(number, total_loss / count, correct / count, *measured, seconds)
        history.append(epoch)
        if not best or not held or _rank(epoch) > _rank(best):
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
    loss: Loss | str = softmax_cross_entropy,
    targets: Targets | None = None,
) -> tuple[float, float]:
    """Compute the mean loss and the accuracy of `network` on examples, in inference mode.

    All arguments are those of `fit`, and refused as there; the accuracy is NaN if the labels are
    neither classes nor answers.
    """
    loss = _loss_of(network, loss)
    inputs = checked_inputs(network, inputs, "evaluated")
    labels = checked_labels(network, inputs, labels, "evaluated", bool(targets))
    _check_answers(loss, labels)
    return _measured(network, inputs, labels, loss, targets)


def _measured(
    network: Network, inputs: ndarray, labels: ndarray, loss: Loss, targets: Targets | None
) -> tuple[float, float]:
    logits = network.logits(inputs)
    wanted = aims(network, inputs, labels, targets)
    return loss(logits, wanted)[0], right(network, logits, labels) / len(labels)


def _loss_of(network: Network, loss: Loss | str) -> Loss:
    """Return a loss of that name; raises ValueError on one that repeats the network's last layer.

    Both together train, but slowly and to less.
    """
    loss = chosen("loss", loss, LOSSES)
    names = loss.weights if isinstance(loss, WeightedSum) else [getattr(loss, "__name__", "")]
    last = network.layers[-1].type
    for name in names:
        if OWN_ACTIVATION.get(name) == last:
            raise ValueError(
                f"loss: found {name}, which has a {last} of its own, after a network that ends in"
                f" {last}; expected the network without that layer"
            )
    return loss


def _check_answers(loss: Loss, labels: ndarray) -> None:
    """Raise ValueError on answers, of which not each example has one, under a softmax."""
    if loss is softmax_cross_entropy and labels.dtype == bool:
        raise ValueError(
            "loss: found softmax_cross_entropy, which is for one class of several an example,"
            " expected 'sigmoid_cross_entropy' for a single output, or several answers an example"
        )


def _rank(epoch: Epoch) -> tuple[float, float, int]:
    accuracy = 0.0 if math.isnan(epoch.validation_accuracy) else epoch.validation_accuracy
    return accuracy, -epoch.validation_loss, -epoch.epoch


def _diverged(loss: float, place: str) -> TrainingDiverged:
    return TrainingDiverged(
        f"the loss is {loss} at {place}: lower the learning rate, or look for inputs that are not"
        " finite or far from the range 0 to 1"
    )
