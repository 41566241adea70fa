"""Losses: how wrong a batch of outputs is, and in which direction.

A loss takes outputs `(m, classes)` and integer labels `(m,)` and returns the loss of the batch, a
float, and its gradient by the outputs, `(m, classes)` of the outputs' dtype. All but the root mean
squared error are means over the examples. The targets of the outputs are 1 for the label's class
and 0 for the others, one_hot(labels). Every loss also takes any targets, `(m, classes)`, instead of
labels; all but the softmax cross-entropy take outputs and targets of any shape, `(m, ...)`, such as
one logit a pixel.

`weights`, `(m,)`, multiply what each example adds to the sum that a mean is taken of. As in Keras,
the mean still divides by m, not by the sum of the weights.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy
from numpy import ndarray

from .checks import positive

# What these do to the outputs themselves, so that no layer before them should.
OWN_ACTIVATION = {
    "softmax_cross_entropy": "softmax",
    "sigmoid_cross_entropy": "sigmoid",
    "mean_sigmoid_cross_entropy": "sigmoid",
    "dice": "sigmoid",
}

# Of outputs, labels and, where there are some, weights.
Loss = Callable[..., tuple[float, ndarray]]
Weights = ndarray | None


def softmax(logits: ndarray, out: ndarray | None = None) -> ndarray:
    """Turn logits `(m, classes)` into probabilities of the same shape: exp(x_i) / sum_j exp(x_j).

    Subtracting the largest logit first keeps exp from overflowing and does not change the result.
    """
    shifted = numpy.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    numpy.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted


def softmax_cross_entropy(
    logits: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
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
    losses = numpy.log(sums[:, 0]) - of_labels
    sums *= count
    gradient /= sums
    if soft:
        gradient -= labels / count
    else:
        gradient[rows, labels] -= 1 / count
    _weigh(weights, losses, gradient)
    return float(numpy.add.reduce(losses)) / count, gradient


def sigmoid_cross_entropy(
    logits: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return the sum over all outputs of the binary cross-entropy, in nats.

    With a = sigmoid(logits) and targets t, the mean over the batch of
    -sum_j (t_j log a_j + (1 - t_j) log(1 - a_j)): the source work's formula 1.22; Nielsen, Neural
    Networks and Deep Learning, equation 63. Loss and sigmoid are one, because the gradient is
    then (a - t) / m and no logits overflow. Targets, from 0 to 1, are summed over all axes of an
    example, so that one_hot(labels) cost what the labels do.
    """
    count = len(labels)
    gradient = numpy.tanh(logits * 0.5)
    gradient += 1
    gradient *= 0.5 / count
    if labels.ndim > 1:
        # -t log a - (1 - t) log(1 - a) is max(0, x) - t x + log(1 + exp(-|x|)).
        losses = numpy.log1p(numpy.exp(-numpy.abs(logits)))
        losses += numpy.maximum(logits, 0)
        losses -= labels * logits
        gradient -= labels / count
    else:
        rows = numpy.arange(count)
        # -log a is log(1 + exp(-x)), -log(1 - a) is log(1 + exp(x)).
        losses = logits.copy(order="K")
        losses[rows, labels] *= -1
        numpy.logaddexp(0, losses, out=losses)
        gradient[rows, labels] -= 1 / count
    _weigh(weights, losses, gradient)
    return float(losses.sum()) / count, gradient


def mean_sigmoid_cross_entropy(
    logits: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return the mean over examples and outputs of the binary cross-entropy, and its gradient.

    That of the sum divided by the number of an example's outputs, such as the pixels of a mask.
    """
    loss, gradient = sigmoid_cross_entropy(logits, labels, weights)
    outputs = math.prod(logits.shape[1:])
    gradient /= outputs
    return loss / outputs, gradient


def dice(logits: ndarray, labels: ndarray, weights: Weights = None) -> tuple[float, ndarray]:
    """Return the mean over the batch of 1 - D, D the overlap of a = sigmoid(logits) and targets t.

    D = (2 sum_j a_j t_j + 1) / (sum_j a_j^2 + sum_j t_j^2 + 1), summed over all axes of an example:
    Milletari et al., V-Net (2016), section 3, with 1 added to both sides, so that nothing found
    where nothing is costs nothing. With S the denominator, 1 - D is sum_j (a_j - t_j)^2 / S, and
    its gradient by a_j 2 (a_j - t_j - (1 - D) a_j) / S.
    """
    found = numpy.tanh(logits * 0.5)
    found += 1
    found *= 0.5
    error = _error(found, labels)
    axes = tuple(range(1, logits.ndim))
    aimed = numpy.square(labels).sum(axis=axes, keepdims=True) if labels.ndim > 1 else 1
    size = numpy.square(found).sum(axis=axes, keepdims=True) + (aimed + 1)
    apart = numpy.square(error).sum(axis=axes, keepdims=True) / size
    error -= apart * found
    error *= 2 / (size * len(labels))
    # The derivative of the sigmoid.
    error *= found
    error *= 1 - found
    _weigh(weights, apart, error)
    return float(apart.mean()), error


@dataclass(frozen=True)
class WeightedSum:
    """A loss that is the sum of others, each with its weight: {"dice": 0.3, ...}.

    `weights` has names of `LOSSES`. Raises ValueError on an unknown one or an impossible weight.
    """

    weights: Mapping[str, float]

    def __post_init__(self):
        if (
            not isinstance(self.weights, Mapping)
            or not self.weights
            or set(self.weights) - LOSSES.keys()
        ):
            expected = f"a weight for one or more of {sorted(LOSSES)}"
            raise ValueError(f"weights: found {self.weights!r}, expected {expected}")
        for name, weight in self.weights.items():
            positive(f"weights: {name}", weight)

    def __call__(
        self, outputs: ndarray, labels: ndarray, weights: Weights = None
    ) -> tuple[float, ndarray]:
        """Return the weighted sum of the losses, and of their gradients."""
        total, gradients = 0.0, 0
        for name, weight in self.weights.items():
            loss, gradient = LOSSES[name](outputs, labels, weights)
            total += weight * loss
            gradient *= weight
            gradients = gradients + gradient
        return total, gradients


def mean_squared_error(
    outputs: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return the mean of (outputs - targets)^2 over examples and outputs, and its gradient."""
    error, squares = _squared(outputs, labels, weights)
    error *= 2 / error.size
    return float(squares.mean()), error


def quadratic_cost(
    outputs: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return half the squared error, summed over the outputs: the mean's times classes/2.

    The mean over the batch of sum_j (outputs_j - targets_j)^2 / 2: Nielsen, Neural Networks and
    Deep Learning, equation 6. The gradient is (outputs - targets) / m.
    """
    error, squares = _squared(outputs, labels, weights)
    error /= len(error)
    return float(squares.sum()) / (2 * len(error)), error


def root_mean_squared_error(
    outputs: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return the square root of the mean squared error over the batch, and its gradient.

    The gradient is (outputs - targets) / (size * loss), and 0 where the loss is 0.
    """
    error, squares = _squared(outputs, labels, weights)
    loss = math.sqrt(float(squares.mean()))
    if loss:
        error /= error.size * loss
    else:
        # The square of an error above 0 may be too small for a float.
        error.fill(0)
    return loss, error


def arctan_error(
    outputs: ndarray, labels: ndarray, weights: Weights = None
) -> tuple[float, ndarray]:
    """Return the mean of arctan(outputs - targets)^2 over examples and outputs, and its gradient.

    An outlier costs at most (pi/2)^2. The gradient is 2 arctan(e) / (1 + e^2) / size.
    """
    error = _error(outputs, labels)
    angle = numpy.arctan(error)
    losses = numpy.square(angle)
    numpy.square(error, out=error)
    error += 1
    angle /= error
    angle *= 2 / error.size
    _weigh(weights, losses, angle)
    return float(losses.mean()), angle


def _error(outputs: ndarray, labels: ndarray) -> ndarray:
    """Compute outputs - one_hot(labels), or outputs - targets."""
    error = outputs.copy(order="K")
    if labels.ndim > 1:
        error -= labels
        return error
    error[numpy.arange(len(labels)), labels] -= 1
    return error


def _squared(outputs: ndarray, labels: ndarray, weights: Weights) -> tuple[ndarray, ndarray]:
    """Compute the error and its square, both times the weights."""
    error = _error(outputs, labels)
    squares = numpy.square(error)
    _weigh(weights, squares, error)
    return error, squares


def _weigh(weights: Weights, *arrays: ndarray) -> None:
    """Multiply arrays `(m, ...)` by the weights of their examples, in place."""
    if weights is not None:
        for array in arrays:
            array *= weights.reshape(-1, *[1] * (array.ndim - 1))


LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        softmax_cross_entropy,
        sigmoid_cross_entropy,
        mean_sigmoid_cross_entropy,
        dice,
        mean_squared_error,
        quadratic_cost,
        root_mean_squared_error,
        arctan_error,
    )
}
