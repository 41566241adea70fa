"""Losses: how wrong a batch of outputs is, and in which direction.

A loss takes outputs `(m, classes)` and integer labels `(m,)` and returns two things: its mean over
the batch as a float, and its gradient by the outputs, `(m, classes)` of the outputs' dtype.
"""

from collections.abc import Callable

import numpy

Loss = Callable[[numpy.ndarray, numpy.ndarray], tuple[float, numpy.ndarray]]


def softmax(logits: numpy.ndarray) -> numpy.ndarray:
    """Turn logits `(m, classes)` into probabilities of the same shape: exp(x_i) / sum_j exp(x_j).

    Subtracting the largest logit first changes nothing but keeps exp from overflowing.
    """
    exponentials = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def softmax_cross_entropy(
    logits: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the mean of -log softmax(logits)[label], in nats, and its gradient by the logits.

    Both in one, because the gradient is then (softmax(logits) - one_hot(labels)) / m and nothing
    overflows, whatever the logits: Bishop, Pattern Recognition and Machine Learning, section 4.3.4.
    """
    rows = numpy.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    gradient = numpy.exp(shifted)
    sums = gradient.sum(axis=1, keepdims=True)
    loss = numpy.log(sums[:, 0]) - shifted[rows, labels]
    gradient /= sums * len(labels)
    gradient[rows, labels] -= 1 / len(labels)
    return float(loss.sum()) / len(labels), gradient


def mean_squared_error(
    outputs: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the mean of (outputs - one_hot(labels))^2 over rows and classes, and its gradient.

    Nielsen's quadratic cost (Neural Networks and Deep Learning, equation 6) is this times
    classes/2.
    """
    difference = outputs.copy()
    difference[numpy.arange(len(labels)), labels] -= 1
    return float((difference**2).mean()), difference * (2 / difference.size)


LOSSES: dict[str, Loss] = {
    "softmax_cross_entropy": softmax_cross_entropy,
    "mean_squared_error": mean_squared_error,
}
