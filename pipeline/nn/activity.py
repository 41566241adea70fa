"""The regularizer of activations, a layer."""

from numpy import ndarray

from .activations import Identity
from .regularizers import Regularizer


class ActivityRegularization(Identity):
    """Returns its inputs, and adds a penalty on them to the loss.

    The penalty is (l1 * sum(|x|) + l2 * sum(x^2)) / m and its gradient
    (l1 * sign(x) + 2 * l2 * x) / m: Goodfellow, Bengio and Courville, Deep Learning, section
    7.10.
    """

    type = "activity_regularization"

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        super().__init__()
        self.regularizers = {"inputs": Regularizer(l1, l2)}

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Return `inputs`."""
        if training:
            self._inputs = inputs
        return inputs

    def penalty(self) -> float:
        """Compute the penalty on the last training batch."""
        return self.regularizers["inputs"].penalty(self._inputs) / len(self._inputs)

    def regularize(self, input_gradient: ndarray | None) -> None:
        """Add the penalty's gradient to `input_gradient`."""
        if input_gradient is not None:
            regularizer = self.regularizers["inputs"]
            regularizer.add_gradient(self._inputs, input_gradient, 1 / len(self._inputs))
