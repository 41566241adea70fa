"""The fully connected layer, what it shares with the convolution, and the flattening."""

import math
from collections.abc import Callable
from functools import partial

import numpy
from numpy import ndarray

from .checks import described, named, whole_number
from .constraints import Constraint
from .initializers import INITIALIZERS
from .layer import Initialization, Layer, Shape
from .regularizers import Regularizer


class Weighted(Layer):
    """The base of layers with `weights`, one column per output, and optionally a `bias`.

    Raises ValueError on an impossible option, such as a regularizer of a bias that is not there.
    """

    decayed = ("weights",)

    def __init__(
        self,
        bias: bool,
        kernel_regularizer: dict | None,
        bias_regularizer: dict | None,
        kernel_constraint: dict | None,
        bias_constraint: dict | None,
        kernel_initializer: str | None,
        bias_initializer: str | None,
    ):
        super().__init__()
        if not isinstance(bias, bool):
            raise ValueError(f"bias: found {bias!r}, expected true or false")
        self.bias = bias
        regularizer, constraint = partial(described, Regularizer), partial(described, Constraint)
        initializer = partial(named, known=INITIALIZERS)
        both = self._of_both
        self.regularizers = both("regularizer", regularizer, kernel_regularizer, bias_regularizer)
        self.constraints = both("constraint", constraint, kernel_constraint, bias_constraint)
        self._initializers = both("initializer", initializer, kernel_initializer, bias_initializer)

    def multiply_accumulates(self, output_shape: Shape) -> int:
        """Return one for every weight at every place of the output."""
        return self.parameters["weights"].size * math.prod(output_shape[1:])

    def _of_both(self, option: str, make: Callable, kernel: object, bias: object) -> dict:
        """Make what the options of the kernel and the bias say, by the parameter's name."""
        if bias is not None and not self.bias:
            raise ValueError(f"bias_{option}: found one, but the layer has no bias")
        given = {"weights": (f"kernel_{option}", kernel), "bias": (f"bias_{option}", bias)}
        return {name: make(*pair) for name, pair in given.items() if pair[1] is not None}

    def _add_parameters(self, shape: Shape, initialization: Initialization) -> None:
        """Add `weights` of `shape`, whose last axis counts the outputs, and their `bias`."""
        weights, biases, rng, _ = initialization
        if rng:
            weights = self._initializers.get("weights", weights)
            biases = self._initializers.get("bias", biases)
        self._add_parameter("weights", weights(shape, rng), initialization)
        if self.bias:
            self._add_parameter("bias", biases(shape[-1:], rng), initialization)


class Dense(Weighted):
    """A fully connected layer: outputs = inputs @ weights + bias.

    `weights` is `(n_in, units)`, `bias` is `(units,)` and optional. Inputs of several axes are
    flattened. Raises ValueError on an impossible option.
    """

    type = "dense"

    def __init__(
        self,
        units: int,
        bias: bool = True,
        kernel_regularizer: dict | None = None,
        bias_regularizer: dict | None = None,
        kernel_constraint: dict | None = None,
        bias_constraint: dict | None = None,
        kernel_initializer: str | None = None,
        bias_initializer: str | None = None,
    ):
        more = kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint
        super().__init__(bias, *more, kernel_initializer, bias_initializer)
        self.units = whole_number("units", units)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make `weights` and `bias`; the output's shape is `(units,)`."""
        self._add_parameters((math.prod(input_shape), self.units), initialization)
        return (self.units,)

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute inputs @ weights + bias, `(m, units)`."""
        weights = self.parameters["weights"]
        flat = inputs.reshape(len(inputs), len(weights))
        outputs = self._buffer("outputs", (len(inputs), self.units), weights.dtype, training)
        if flat.flags.c_contiguous:
            # Rows, as only a first layer gets them. Straight into `outputs` the product takes up to
            # half as long again if the batch does not fill the blocks of BLAS, as 15 rows do not.
            outputs[...] = numpy.dot(flat, weights)
        else:
            numpy.dot(weights.T, flat.T, out=outputs.T)
        if self.bias:
            outputs += self.parameters["bias"]
        if training:
            self._input_shape, self._flat = inputs.shape, flat
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill the gradients: inputs^T @ gradient for weights, the sum of its rows for bias.

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


class Flatten(Layer):
    """Turns examples of any shape into rows, `(m, a, b, ...)` to `(m, a * b * ...)`."""

    type = "flatten"

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, the product of the input's."""
        return (math.prod(input_shape),)

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Reshape `inputs`, without a copy."""
        if training:
            self._input_shape = inputs.shape
        return inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Reshape `gradient` back."""
        return gradient.reshape(self._input_shape)
