"""The examples of a training: checked, weighted, divided into those for training and validation."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy
from numpy import ndarray

from .checks import as_array, number
from .network import Network

Targets = Callable[[ndarray, ndarray], ndarray]


def divide(inputs, labels, validation):
    """Return the examples to learn from and those to validate with, both `(inputs, labels)`.

    `validation` is the latter, or their share of the examples, or None for none. Raises ValueError
    if a share leaves one of the two without examples.
    """
    if validation is None or isinstance(validation, (tuple, list)):
        return (inputs, labels), validation
    held = round(len(inputs) * number("validation", validation, 0, below=1))
    if not 0 < held < len(inputs):
        raise ValueError(
            f"validation: found {validation!r}, {held} of {len(inputs)} examples;"
            " expected a share that leaves some on both sides"
        )
    return (inputs[:-held], labels[:-held]), (inputs[-held:], labels[-held:])


def checked_inputs(network: Network, inputs: ndarray, part: str) -> ndarray:
    """Return the inputs in the network's shape; raise ValueError if they do not fit it."""
    inputs = network.in_shape(inputs, f"{part} inputs")
    if not len(inputs):
        raise ValueError(f"{part} inputs: found none, expected at least one")
    # Contiguous, because gathering a few examples of another array would copy all of it.
    return numpy.ascontiguousarray(inputs)


def checked_labels(
    network: Network, inputs: ndarray, labels: ndarray, part: str, any_form: bool = False
) -> ndarray:
    """Return labels as indices, answers of 0 and 1 as bools, targets as they are.

    Answers of which each example has one of several are indices too, those of it. With `any_form`,
    arrays that are none of these are returned as they are, if there is one for each input, and
    indices may go beyond the outputs. Raises ValueError if they do not fit the inputs and the
    network.
    """
    count, shape = len(inputs), network.output_shape
    given = as_array(f"{part} labels", labels)
    labels = given if given is labels or given.dtype.kind != "f" else given.astype(network.dtype)
    if shape == (1,) and labels.ndim == 1 and not any_form:
        labels = labels[:, None]
    if labels.shape == (count, *shape) and labels.dtype == network.dtype and labels.size:
        return labels
    if any_form and (labels.ndim > 1 or len(shape) != 1):
        if not 0 < len(labels) == count:
            raise ValueError(f"{part} labels: found {len(labels)}, expected {count}, one an input")
        return labels
    if labels.shape == (count, *shape) and labels.dtype.kind in "biu" and labels.size:
        return _answers(labels, part)
    targets = f"targets of {network.dtype}, or answers of 0 and 1, of shape {(count, *shape)}"
    if len(shape) != 1:
        raise ValueError(
            f"network: found outputs of shape {shape}, expected (classes,) for {labels.dtype} of"
            f" shape {labels.shape}; a dense layer at the end gives that, or give {targets}"
        )
    (classes,) = shape
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{part} labels: found {labels.dtype} of shape {labels.shape},"
            f" expected integers of shape {(count,)}, or {targets}"
        )
    # What a label beyond the classes means is for the targets to say.
    least_beyond = classes if not any_form else math.inf
    if not len(labels) or not 0 <= labels.min() <= labels.max() < least_beyond:
        found = f"{labels.min()} to {labels.max()}" if len(labels) else "none"
        raise ValueError(
            f"{part} labels: found {found}, expected 0 to {classes - 1},"
            " one for each output of the network"
        )
    return labels.astype(numpy.intp)


def _answers(labels: ndarray, part: str) -> ndarray:
    answers = labels.astype(bool)
    if not numpy.array_equal(answers, labels):
        found = f"whole numbers from {labels.min()} to {labels.max()}"
        raise ValueError(f"{part} labels: found {found}, expected answers of 0 and 1")
    one_each = answers.ndim == 2 and answers.shape[1] > 1 and (answers.sum(axis=1) == 1).all()
    return answers.argmax(axis=1) if one_each else answers


def weights_of_classes(
    network: Network, labels: ndarray, class_weight: Mapping[int, float] | Sequence[float]
) -> ndarray:
    """Return the weight of every class, `(classes,)` of the network's dtype.

    `class_weight` has one for each class, or by class those that are not 1. Raises ValueError on
    checked labels that are no classes, on a class that is none, an impossible weight or a number of
    them that is not that of the classes.
    """
    if not are_classes(network, labels):
        found = f"one with labels of shape {labels.shape}"
        raise ValueError(f"class_weight: found {found}, expected labels that are classes")
    # Labels beyond the outputs, if there are any, are classes for the targets.
    classes = max(network.output_shape[0], int(labels.max()) + 1)
    if not isinstance(class_weight, Mapping):
        given = numpy.asarray(class_weight)
        if given.shape != (classes,):
            expected = f"{(classes,)}, one weight a class"
            raise ValueError(f"class_weight: found shape {given.shape}, expected {expected}")
        class_weight = dict(enumerate(given.tolist()))
    weights = numpy.ones(classes, network.dtype)
    for label, weight in class_weight.items():
        if not isinstance(label, (int, numpy.integer)) or not 0 <= label < classes:
            expected = f"a whole number from 0 to {classes - 1}"
            raise ValueError(f"class_weight: found class {label!r}, expected {expected}")
        weights[label] = number(f"class_weight: class {label}", weight, 0)
    return weights


def weights_of_examples(network: Network, weights: Sequence[float], count: int) -> ndarray:
    """Return `count` weights as an array of the network's dtype; raise ValueError on others."""
    given = as_array("sample_weight", weights)
    if given.shape != (count,) or given.dtype.kind not in "fiub":
        found = f"{given.dtype} of shape {given.shape}"
        raise ValueError(f"sample_weight: found {found}, expected {(count,)}, a number an example")
    if not numpy.isfinite(given).all() or given.min() < 0:
        found = f"{given.min()} to {given.max()}"
        raise ValueError(f"sample_weight: found {found}, expected finite numbers from 0 on")
    return given.astype(network.dtype)


def are_classes(network: Network, labels: ndarray) -> bool:
    """Return whether checked labels are indices of the network's outputs."""
    return labels.ndim == len(network.output_shape) == 1


def are_answers(network: Network, labels: ndarray) -> bool:
    """Return whether checked labels are a yes or no for each of the network's outputs."""
    return labels.dtype == bool and labels.shape[1:] == network.output_shape


def aims(network: Network, inputs: ndarray, labels: ndarray, targets: Targets | None) -> ndarray:
    """Return what a loss compares a batch's outputs with; answers become numbers."""
    if targets:
        return targets(inputs, labels)
    return labels.astype(network.dtype) if labels.dtype == bool else labels


def are_comparable(network: Network, labels: ndarray) -> bool:
    """Return whether a loss can compare the network's outputs with checked labels."""
    targets = labels.shape[1:] == network.output_shape and labels.dtype == network.dtype
    return targets or are_classes(network, labels) or are_answers(network, labels)


def right(network: Network, outputs: ndarray, labels: ndarray) -> float:
    """Return how many of a batch are right; of examples with several answers, their right shares.

    NaN if the labels are neither classes nor answers.
    """
    if are_classes(network, labels):
        return int(numpy.count_nonzero(outputs.argmax(axis=1) == labels))
    if are_answers(network, labels):
        return float((network.says_yes(outputs) == labels).mean()) * len(labels)
    return math.nan
