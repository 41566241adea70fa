"""Regularizers: penalties on large weights and large activations.

As in Keras, the penalty is l1 * sum(|w|) + l2 * sum(w^2), without a factor of 1/2. The
source work and Nielsen (Neural Networks and Deep Learning, chapter 3, equation 87) write instead
lambda/(2n) * sum(w^2) with n training examples; `l2_of_lambda` and `weight_decay_of_lambda` turn
that lambda into the factor of a regularizer and into the weight decay of an optimizer.
"""

import numpy
from numpy import ndarray

from .checks import number


class Regularizer:
    """The penalty l1 * sum(|w|) + l2 * sum(w^2) on an array.

    Tibshirani, Regression Shrinkage and Selection via the Lasso (1996), for L1; Hoerl and Kennard,
    Ridge Regression (1970), for L2; Zou and Hastie, Regularization and variable selection via the
    elastic net (2005), for both. Raises ValueError on a factor below 0.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1, self.l2 = number("l1", l1, 0), number("l2", l2, 0)

    def penalty(self, array: ndarray) -> float:
        """Compute l1 * sum(|w|) + l2 * sum(w^2)."""
        total = 0.0
        if self.l1:
            total += self.l1 * float(numpy.abs(array).sum())
        if self.l2:
            total += self.l2 * float(numpy.square(array).sum())
        return total

    def add_gradient(self, array: ndarray, gradient: ndarray, scale: float = 1.0) -> None:
        """Add `scale` times the penalty's gradient, l1 * sign(w) + 2 * l2 * w, to `gradient`."""
        if self.l1:
            gradient += numpy.sign(array) * (scale * self.l1)
        if self.l2:
            gradient += array * (scale * 2 * self.l2)


def l2_of_lambda(l2_lambda: float, examples: int) -> float:
    """Return the l2 that equals the source work's lambda over n examples: lambda/(2n)."""
    return l2_lambda / (2 * examples)


def weight_decay_of_lambda(l2_lambda: float, examples: int) -> float:
    """Return the weight decay that equals the source work's lambda over n examples: lambda/n."""
    return l2_lambda / examples
