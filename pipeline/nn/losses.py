"""Losses: how wrong a batch of outputs is, and in which direction.

A loss takes outputs `(m, classes)` and integer labels `(m,)` and returns two things: what the batch
costs as a float, a mean over the examples but for the root mean squared error, and its gradient by
the outputs, `(m, classes)` of the outputs' dtype. The target of an output is 1 if it is the label's
own, else 0: one_hot(labels). The softmax cross-entropy and the losses of an error, outputs -
targets, also take targets of any numbers, `(m, classes)`, instead of labels.
"""

import math
from collections.abc import Callable

import numpy

Loss = Callable[[numpy.ndarray, numpy.ndarray], tuple[float, numpy.ndarray]]


def softmax(logits: numpy.ndarray, out: numpy.ndarray | None = None) -> numpy.ndarray:
    """Turn logits `(m, classes)` into probabilities of the same shape: exp(x_i) / sum_j exp(x_j).

    Subtracting the largest logit first changes nothing but keeps exp from overflowing.
    """
    shifted = numpy.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    numpy.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted


def softmax_cross_entropy(
    logits: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the categorical cross-entropy: the mean of -log softmax(logits)[label], in nats.

    Loss and softmax in one, because the gradient is then (softmax(logits) - one_hot(labels)) / m
    and nothing overflows, whatever the logits: Bishop, Pattern Recognition and Machine Learning,
    section 4.3.4. Targets are probabilities.
    """
    count = len(labels)
    rows = numpy.arange(count)
    gradient = logits - numpy.maximum.reduce(logits, axis=1, keepdims=True)
    soft = labels.ndim == 2
    of_labels = numpy.vecdot(gradient, labels) if soft else gradient[rows, labels]
    numpy.exp(gradient, out=gradient)
    sums = numpy.add.reduce(gradient, axis=1, keepdims=True)
    loss = float(numpy.add.reduce(numpy.log(sums[:, 0]) - of_labels)) / count
    sums *= count
    gradient /= sums
    if soft:
        gradient -= labels / count
    else:
        gradient[rows, labels] -= 1 / count
    return loss, gradient


def sigmoid_cross_entropy(
    logits: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the binary cross-entropy of every output neuron, summed over them, in nats.

    With a = sigmoid(logits) and targets t, the mean over the batch of
    -sum_j (t_j log a_j + (1 - t_j) log(1 - a_j)): the source work's formula 1.22; Nielsen, Neural
    Networks and Deep Learning, equation 63. Loss and sigmoid in one, because the gradient is then
    (a - t) / m and nothing overflows, whatever the logits.
    """
    count = len(labels)
    rows = numpy.arange(count)
    # -log a is log(1 + exp(-x)), -log(1 - a) is log(1 + exp(x)).
    signed = logits.copy(order="K")
    signed[rows, labels] *= -1
    loss = float(numpy.logaddexp(0, signed, out=signed).sum()) / count
    gradient = numpy.tanh(logits * 0.5)
    gradient += 1
    gradient *= 0.5 / count
    gradient[rows, labels] -= 1 / count
    return loss, gradient


def mean_squared_error(
    outputs: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the mean of (outputs - targets)^2 over rows and classes, and its gradient."""
    error = _error(outputs, labels)
    loss = float(numpy.square(error).mean())
    error *= 2 / error.size
    return loss, error


def quadratic_cost(outputs: numpy.ndarray, labels: numpy.ndarray) -> tuple[float, numpy.ndarray]:
    """Give half the squared error of every output, summed over them: classes/2 times the mean's.

    The mean over the batch of sum_j (outputs_j - targets_j)^2 / 2: Nielsen, Neural Networks and
    Deep Learning, equation 6. The gradient is (outputs - targets) / m.
    """
    error = _error(outputs, labels)
    loss = float(numpy.square(error).sum()) / (2 * len(error))
    error /= len(error)
    return loss, error


def root_mean_squared_error(
    outputs: numpy.ndarray, labels: numpy.ndarray
) -> tuple[float, numpy.ndarray]:
    """Give the square root of the mean squared error over the batch, and its gradient.

    The gradient is (outputs - targets) / (size * loss), and 0 where the loss is 0.
    """
    error = _error(outputs, labels)
    loss = math.sqrt(float(numpy.square(error).mean()))
    if loss:
        error /= error.size * loss
    else:
        # Its square may have been too small for a number where the error was not.
        error.fill(0)
    return loss, error


def arctan_error(outputs: numpy.ndarray, labels: numpy.ndarray) -> tuple[float, numpy.ndarray]:
    """Give the mean of arctan(outputs - targets)^2 over rows and classes, and its gradient.

    An outlier costs no more than (pi/2)^2. The gradient is 2 arctan(e) / (1 + e^2) / size.
    """
    error = _error(outputs, labels)
    angle = numpy.arctan(error)
    loss = float(numpy.square(angle).mean())
    numpy.square(error, out=error)
    error += 1
    angle /= error
    angle *= 2 / error.size
    return loss, angle


def _error(outputs: numpy.ndarray, labels: numpy.ndarray) -> numpy.ndarray:
    """Compute outputs - one_hot(labels), or outputs - targets."""
    error = outputs.copy(order="K")
    if labels.ndim == 2:
        error -= labels
        return error
    error[numpy.arange(len(labels)), labels] -= 1
    return error


LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        softmax_cross_entropy,
        sigmoid_cross_entropy,
        mean_squared_error,
        quadratic_cost,
        root_mean_squared_error,
        arctan_error,
    )
}
