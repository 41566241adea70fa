"""The examples of a training: checked, and divided into those to learn from and the others."""

import math

import numpy

from .checks import number
from .network import Network


def divide(inputs, labels, validation_data, validation_split):
    """Return the examples to learn from and those to validate with, both `(inputs, labels)`."""
    if (validation_data is None) == (validation_split is None):
        raise ValueError("validation: expected either validation_data or validation_split")
    if validation_data is not None:
        return (inputs, labels), validation_data
    held = round(len(inputs) * number("validation_split", validation_split, 0, below=1))
    if not 0 < held < len(inputs):
        raise ValueError(
            f"validation_split: found {validation_split!r}, {held} of {len(inputs)} examples;"
            " expected a share that leaves some on both sides"
        )
    return (inputs[:-held], labels[:-held]), (inputs[-held:], labels[-held:])


def checked_inputs(network: Network, inputs: numpy.ndarray, part: str) -> numpy.ndarray:
    """Return the inputs in the network's shape if that is possible, else raise."""
    if inputs.dtype != network.dtype or not len(inputs):
        raise ValueError(
            f"{part} inputs: found {len(inputs)} of {inputs.dtype},"
            f" expected at least one of {network.dtype}"
        )
    if inputs.size != len(inputs) * math.prod(network.input_shape):
        raise ValueError(
            f"{part} inputs: found shape {inputs.shape}, expected {('n', *network.input_shape)}"
        )
    # In one piece: else every gathering of a few examples would copy them all.
    return numpy.ascontiguousarray(inputs).reshape(len(inputs), *network.input_shape)


def checked_labels(
    network: Network, inputs: numpy.ndarray, labels: numpy.ndarray, part: str
) -> numpy.ndarray:
    """Return labels as indices, targets as they are, if they fit the inputs and the network.

    Raises ValueError if they do not.
    """
    if len(network.output_shape) != 1:
        raise ValueError(
            f"network: found outputs of shape {network.output_shape}, expected (classes,);"
            " a dense layer at the end gives that"
        )
    (classes,) = network.output_shape
    labels = numpy.asarray(labels)
    if labels.shape == (len(inputs), classes) and labels.dtype == network.dtype and labels.size:
        return labels
    if labels.shape != (len(inputs),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{part} labels: found {labels.dtype} of shape {labels.shape},"
            f" expected integers of shape {(len(inputs),)}, or targets of {network.dtype} of shape"
            f" {(len(inputs), classes)}"
        )
    if not len(labels) or not 0 <= labels.min() <= labels.max() < classes:
        found = f"{labels.min()} to {labels.max()}" if len(labels) else "none"
        raise ValueError(
            f"{part} labels: found {found}, expected 0 to {classes - 1},"
            " one for each output of the network"
        )
    return labels.astype(numpy.intp)
