"""Losses: how wrong a batch of outputs is, and in which direction.

A loss takes outputs `(m, classes)` and integer labels `(m,)` and returns the loss of the batch, a
float, and its gradient by the outputs, `(m, classes)` of the outputs' dtype. All but the root mean
squared error are means over the examples. The targets of the outputs are 1 for the label's class
and 0 for the others, one_hot(labels). The softmax cross-entropy and the losses of an error,
outputs - targets, also take any targets, `(m, classes)`, instead of labels.
"""

import math
from collections.abc import Callable

import numpy
from numpy import ndarray

Loss = Callable[[ndarray, ndarray], tuple[float, ndarray]]


def softmax(logits: ndarray, out: ndarray | None = None) -> ndarray:
    """Turn logits `(m, classes)` into probabilities of the same shape: exp(x_i) / sum_j exp(x_j).

    Subtracting the largest logit first keeps exp from overflowing and does not change the result.
    """
    shifted = numpy.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    numpy.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted


def softmax_cross_entropy(logits: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return the categorical cross-entropy: the mean of -log softmax(logits)[label], in nats.

    Loss and softmax are one, because the gradient is then (softmax(logits) - one_hot(labels)) / m
    and no logits overflow: Bishop, Pattern Recognition and Machine Learning,
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


def sigmoid_cross_entropy(logits: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return the sum over all outputs of the binary cross-entropy, in nats.

    With a = sigmoid(logits) and targets t, the mean over the batch of
    -sum_j (t_j log a_j + (1 - t_j) log(1 - a_j)): the source work's formula 1.22; Nielsen, Neural
    Networks and Deep Learning, equation 63. Loss and sigmoid are one, because the gradient is
    then (a - t) / m and no logits overflow.
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


def mean_squared_error(outputs: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return the mean of (outputs - targets)^2 over rows and classes, and its gradient."""
    error = _error(outputs, labels)
    loss = float(numpy.square(error).mean())
    error *= 2 / error.size
    return loss, error


def quadratic_cost(outputs: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return half the squared error, summed over the outputs: the mean's times classes/2.

    The mean over the batch of sum_j (outputs_j - targets_j)^2 / 2: Nielsen, Neural Networks and
    Deep Learning, equation 6. The gradient is (outputs - targets) / m.
    """
    error = _error(outputs, labels)
    loss = float(numpy.square(error).sum()) / (2 * len(error))
    error /= len(error)
    return loss, error


def root_mean_squared_error(outputs: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return the square root of the mean squared error over the batch, and its gradient.

    The gradient is (outputs - targets) / (size * loss), and 0 where the loss is 0.
    """
    error = _error(outputs, labels)
    loss = math.sqrt(float(numpy.square(error).mean()))
    if loss:
        error /= error.size * loss
    else:
        # The square of an error above 0 may be too small for a float.
        error.fill(0)
    return loss, error


def arctan_error(outputs: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Return the mean of arctan(outputs - targets)^2 over rows and classes, and its gradient.

    An outlier costs at most (pi/2)^2. The gradient is 2 arctan(e) / (1 + e^2) / size.
    """
    error = _error(outputs, labels)
    angle = numpy.arctan(error)
    loss = float(numpy.square(angle).mean())
    numpy.square(error, out=error)
    error += 1
    angle /= error
    angle *= 2 / error.size
    return loss, angle


def _error(outputs: ndarray, labels: ndarray) -> ndarray:
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
