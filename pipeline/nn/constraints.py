"""Constraints: what weights and biases must keep to, restored after every step."""

import numpy
from numpy import ndarray

from .checks import number, positive


class Constraint:
    """Bounds of the norm of each unit's weights, and of their sign.

    The norm is Keras's: the Euclidean one over the inputs of each unit or filter, and of a bias
    over all its numbers. `max_norm` alone is Keras's MaxNorm (Srivastava et al., Dropout: A Simple
    Way to Prevent Neural Networks from Overfitting (2014), section 5.1), both norms its MinMaxNorm,
    both of 1 its UnitNorm, `non_negative` its NonNeg. Weights that are all 0 stay 0.

    Raises ValueError on an impossible norm, or a minimum above the maximum.
    """

    def __init__(
        self,
        min_norm: float = 0.0,
        max_norm: float | None = None,
        non_negative: bool = False,
    ):
        self.min_norm = number("min_norm", min_norm, 0)
        self.max_norm = max_norm if max_norm is None else positive("max_norm", max_norm)
        if max_norm is not None and min_norm > max_norm:
            raise ValueError(f"min_norm: found {min_norm}, expected at most max_norm, {max_norm}")
        if not isinstance(non_negative, bool):
            raise ValueError(f"non_negative: found {non_negative!r}, expected true or false")
        self.non_negative = non_negative

    def apply(self, array: ndarray) -> None:
        """Change `array` in place: negative numbers to 0, then each norm to the nearest bound.

        Its last axis counts the units.
        """
        if self.non_negative:
            numpy.maximum(array, 0, out=array)
        if not self.min_norm and self.max_norm is None:
            return
        inputs = tuple(range(array.ndim - 1)) or 0
        norms = numpy.sqrt(numpy.square(array).sum(axis=inputs, keepdims=True))
        bounded = numpy.clip(norms, self.min_norm, self.max_norm)
        # Exactly 1 where the norm is within the bounds, or 0.
        array *= numpy.divide(bounded, norms, out=numpy.ones_like(norms), where=norms > 0)
