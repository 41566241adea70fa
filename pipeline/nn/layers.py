"""Layers: what a network is made of.

A batch is an array whose first axis counts the examples, `(m, *shape)`. During training, layers
write into buffers of their own that are reused while the batch keeps its shape: a result lives
until the layer's next `forward(training=True)` or `backward`, and no step allocates anything large.
"""

import math

import numpy

from .initializers import Initializer


class Layer:
    """A function of a batch that can be differentiated: the base of every layer.

    A layer is made in two steps: its options when it is named, its arrays when `build` tells it the
    shape that reaches it. `parameters` and `gradients` hold arrays under the same names; they are
    written in place and never replaced, so that an optimizer may keep hold of them.
    """

    type = ""  # the layer's name in a network's description
    options = ()  # the arguments of `__init__`, each kept as an attribute of that name
    decayed = ()  # the parameters that weight decay applies to

    def __init__(self):
        self.parameters = {}
        self.gradients = {}
        self._buffers = {}

    def build(
        self,
        input_shape: tuple[int, ...],
        initializer: Initializer,
        bias_initializer: Initializer,
        rng: numpy.random.Generator,
        dtype: numpy.dtype,
    ) -> tuple[int, ...]:
        """Make the parameters for one example's `input_shape`; return the output's shape."""
        return input_shape

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute the outputs for `inputs`, `(m, *input_shape)`; leave `inputs` as they are.

        With `training`, remember what `backward` needs. Without, keep nothing: inference neither
        disturbs a training step nor another thread.
        """
        raise NotImplementedError

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Turn the loss's gradient by the outputs into that by the inputs, and fill `gradients`.

        Belongs to the last `forward(training=True)`. `gradient` may be overwritten. Returns None
        if the inputs' gradient is not wanted, as for the first layer of a network.
        """
        raise NotImplementedError

    def description(self) -> dict:
        """Describe the layer as plain data: `{"type": ..., option: value, ...}`."""
        return {"type": self.type} | {option: getattr(self, option) for option in self.options}

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: numpy.dtype) -> numpy.ndarray:
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = numpy.empty(shape, dtype)
        return buffer


class Dense(Layer):
    """A fully connected layer: outputs = inputs @ weights + bias.

    `weights` is `(n_in, units)`, `bias` is `(units,)`. An input of several axes is taken as flat.
    Raises ValueError if `units` is no whole number of at least 1.
    """

    type = "dense"
    options = ("units",)
    decayed = ("weights",)

    def __init__(self, units: int):
        super().__init__()
        if type(units) is not int or units < 1:
            raise ValueError(f"units: found {units!r}, expected a whole number of at least 1")
        self.units = units

    def build(
        self,
        input_shape: tuple[int, ...],
        initializer: Initializer,
        bias_initializer: Initializer,
        rng: numpy.random.Generator,
        dtype: numpy.dtype,
    ) -> tuple[int, ...]:
        """Make `weights` and `bias`; the output's shape is `(units,)`."""
        weights = initializer((math.prod(input_shape), self.units), rng)
        bias = bias_initializer((self.units,), rng)
        self.parameters = {"weights": weights.astype(dtype), "bias": bias.astype(dtype)}
        self.gradients = {name: numpy.zeros_like(array) for name, array in self.parameters.items()}
        return (self.units,)

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute inputs @ weights + bias, `(m, units)`."""
        weights, bias = self.parameters["weights"], self.parameters["bias"]
        flat = inputs.reshape(len(inputs), len(weights))
        if not training:
            return flat @ weights + bias
        self._input_shape, self._flat = inputs.shape, flat
        outputs = self._buffer("outputs", (len(inputs), self.units), weights.dtype)
        numpy.dot(flat, weights, out=outputs)
        outputs += bias
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Fill the gradients: weights inputs^T @ gradient, bias the sum of its rows.

        Nielsen, Neural Networks and Deep Learning, chapter 2, BP2 to BP4, over a whole batch.
        """
        numpy.dot(self._flat.T, gradient, out=self.gradients["weights"])
        numpy.add.reduce(gradient, axis=0, out=self.gradients["bias"])
        if not wants_input_gradient:
            return None
        input_gradient = self._buffer("input_gradient", self._flat.shape, gradient.dtype)
        numpy.dot(gradient, self.parameters["weights"].T, out=input_gradient)
        return input_gradient.reshape(self._input_shape)


class Flatten(Layer):
    """Lays out an example of any shape as one row, `(m, a, b, ...)` to `(m, a * b * ...)`."""

    type = "flatten"

    def build(
        self,
        input_shape: tuple[int, ...],
        initializer: Initializer,
        bias_initializer: Initializer,
        rng: numpy.random.Generator,
        dtype: numpy.dtype,
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


class ReLU(Layer):
    """The rectified linear unit: max(0, x), with derivative 0 at 0."""

    type = "relu"

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute max(0, inputs)."""
        if not training:
            return numpy.maximum(inputs, 0)
        # The mask as numbers costs one pass and then two cheap products, forward and backward;
        # numpy.maximum alone takes longer than all three.
        self._mask = self._buffer("mask", inputs.shape, inputs.dtype)
        numpy.greater(inputs, 0, out=self._mask)
        return numpy.multiply(
            inputs, self._mask, out=self._buffer("outputs", inputs.shape, inputs.dtype)
        )

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Let through the gradient where the input was positive."""
        gradient *= self._mask
        return gradient


class Sigmoid(Layer):
    """The logistic function 1/(1 + exp(-x)) = (1 + tanh(x/2))/2; tanh never overflows."""

    type = "sigmoid"

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute the logistic function of `inputs`."""
        outputs = numpy.tanh(inputs / 2) / 2 + 0.5
        if training:
            self._outputs = outputs
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Multiply by the derivative, y(1 - y)."""
        gradient *= self._outputs * (1 - self._outputs)
        return gradient


class Tanh(Layer):
    """The hyperbolic tangent."""

    type = "tanh"

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute tanh of `inputs`."""
        outputs = numpy.tanh(inputs)
        if training:
            self._outputs = outputs
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Multiply by the derivative, 1 - y^2."""
        gradient *= 1 - self._outputs**2
        return gradient


LAYERS: dict[str, type[Layer]] = {
    layer.type: layer for layer in (Dense, Flatten, ReLU, Sigmoid, Tanh)
}
