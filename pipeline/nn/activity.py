"""The regularizer of activations."""

import numpy

from .layer import Layer
from .regularizers import Regularizer


class ActivityRegularization(Layer):
    """Passes a batch through, and adds to the loss what its numbers cost.

    The penalty is (l1 * sum(|x|) + l2 * sum(x^2)) / m, its gradient
    (l1 * sign(x) + 2 * l2 * x) / m:
    Goodfellow, Bengio and Courville, Deep Learning, section 7.10.
    """

    type = "activity_regularization"
    needs_whole_batch = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        super().__init__()
        self.regularizers = {"inputs": Regularizer(l1, l2)}

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Return `inputs`."""
        if training:
            self._inputs = inputs
        return inputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Return `gradient`; `regularize` adds to it."""
        return gradient

    def penalty(self) -> float:
        """Compute the penalty on the last training batch."""
        return self.regularizers["inputs"].penalty(self._inputs) / len(self._inputs)

    def regularize(self, input_gradient: numpy.ndarray | None, scale: float) -> None:
        """Add `scale` times the penalty's gradient to `input_gradient`."""
        if input_gradient is not None:
            scale /= len(self._inputs)
            self.regularizers["inputs"].add_gradient(self._inputs, scale, input_gradient)
