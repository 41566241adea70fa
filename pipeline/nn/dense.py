"""The fully connected layer, and the flattening that comes before it."""

import math

import numpy

from .checks import whole_number
from .layer import Initialization, Layer
from .regularizers import Regularizer


class Dense(Layer):
    """A fully connected layer: outputs = inputs @ weights + bias.

    `weights` is `(n_in, units)`, `bias` is `(units,)` and may be left out. An input of several axes
    is taken as flat. Raises ValueError on an option that cannot be.
    """

    type = "dense"
    decayed = ("weights",)

    def __init__(
        self,
        units: int,
        bias: bool = True,
        kernel_regularizer: dict | None = None,
        bias_regularizer: dict | None = None,
    ):
        super().__init__()
        self.units = whole_number("units", units)
        self.bias = parse_bias(bias, bias_regularizer)
        self.regularizers = parse_regularizers(kernel_regularizer, bias_regularizer)

    def build(
        self, input_shape: tuple[int, ...], initialization: Initialization
    ) -> tuple[int, ...]:
        """Make `weights` and `bias`; the output's shape is `(units,)`."""
        shape = (math.prod(input_shape), self.units)
        self._add_parameter(
            "weights", initialization.weights(shape, initialization.rng), initialization
        )
        if self.bias:
            bias = initialization.biases((self.units,), initialization.rng)
            self._add_parameter("bias", bias, initialization)
        return (self.units,)

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute inputs @ weights + bias, `(m, units)`."""
        weights = self.parameters["weights"]
        flat = inputs.reshape(len(inputs), len(weights))
        outputs = self._buffer("outputs", (len(inputs), self.units), weights.dtype, training)
        numpy.dot(weights.T, flat.T, out=outputs.T)
        if self.bias:
            outputs += self.parameters["bias"]
        if training:
            self._input_shape, self._flat = inputs.shape, flat
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Fill the gradients: weights inputs^T @ gradient, bias the sum of its rows.

        Nielsen, Neural Networks and Deep Learning, chapter 2, BP2 to BP4, over a whole batch.
        """
        numpy.dot(self._flat.T, gradient, out=self.gradients["weights"])
        if self.bias:
            numpy.add.reduce(gradient, axis=0, out=self.gradients["bias"])
        if not wants_input_gradient:
            return None
        input_gradient = self._buffer("input_gradient", self._flat.shape, gradient.dtype, True)
        numpy.dot(self.parameters["weights"], gradient.T, out=input_gradient.T)
        return input_gradient.reshape(self._input_shape)

    def multiply_accumulates(self, output_shape: tuple[int, ...]) -> int:
        """One for every weight."""
        return self.parameters["weights"].size


class Flatten(Layer):
    """Lays out an example of any shape as one row, `(m, a, b, ...)` to `(m, a * b * ...)`."""

    type = "flatten"

    def build(
        self, input_shape: tuple[int, ...], initialization: Initialization
    ) -> tuple[int, ...]:
        """The output's shape is the product of the input's."""
        return (math.prod(input_shape),)

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Reshape `inputs`, without a copy."""
        if training:
            self._input_shape = inputs.shape
        return inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Reshape `gradient` back."""
        return gradient.reshape(self._input_shape)


def parse_bias(bias: bool, bias_regularizer: dict | None) -> bool:
    """Return the option `bias` of a layer; raises ValueError if it is regularized but not there."""
    if not isinstance(bias, bool):
        raise ValueError(f"bias: found {bias!r}, expected true or false")
    if bias_regularizer is not None and not bias:
        raise ValueError("bias_regularizer: found one, but the layer has no bias")
    return bias


def parse_regularizers(kernel: dict | None, bias: dict | None) -> dict[str, Regularizer]:
    """Read a layer's options `kernel_regularizer` and `bias_regularizer`."""
    parsed = {
        "weights": Regularizer.parse("kernel_regularizer", kernel),
        "bias": Regularizer.parse("bias_regularizer", bias),
    }
    return {name: regularizer for name, regularizer in parsed.items() if regularizer}
