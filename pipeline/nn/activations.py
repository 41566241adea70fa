"""Activations: functions of one number, applied to every number of a batch; and softmax.

The classical ones, which have no source below, are described in Goodfellow, Bengio and Courville,
Deep Learning, section 6.3.
"""

import numpy
from numpy import ndarray

from .checks import number
from .layer import Initialization, Layer, Shape, by_first_axis
from .losses import softmax


class Activation(Layer):
    """A function of one number without parameters, and its derivative."""

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        """Write the function of `inputs` to `out`, both of one shape."""
        raise NotImplementedError

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        """Write the derivative at `inputs`, where the function is `outputs`, to `out`."""
        raise NotImplementedError

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Apply the function."""
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, training)
        self._function(inputs, outputs)
        if training:
            self._inputs, self._outputs = inputs, outputs
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Multiply by the derivative."""
        derivative = self._buffer("derivative", gradient.shape, gradient.dtype, True)
        self._derivative(self._inputs, self._outputs, derivative)
        gradient *= derivative
        return gradient


class Identity(Layer):
    """The identity: x, with derivative 1."""

    type = "identity"

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Return `inputs`."""
        return inputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Return `gradient`."""
        return gradient


class Sigmoid(Activation):
    """The logistic function: 1/(1 + exp(-x)), with derivative y(1 - y)."""

    type = "sigmoid"

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        # (1 + tanh(x/2))/2 is the same, and tanh never overflows.
        numpy.multiply(inputs, 0.5, out=out)
        numpy.tanh(out, out=out)
        out *= 0.5
        out += 0.5

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.subtract(1, outputs, out=out)
        out *= outputs


class Tanh(Activation):
    """The hyperbolic tangent, with derivative 1 - y^2."""

    type = "tanh"

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.tanh(inputs, out=out)

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.square(outputs, out=out)
        numpy.subtract(1, out, out=out)


class ReLU(Layer):
    """The rectified linear unit: max(0, x), with derivative 0 at 0."""

    type = "relu"

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute max(0, x)."""
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, training)
        if not training:
            return numpy.maximum(inputs, 0, out=outputs)
        # With a mask of numbers, forward and backward together take less time than with
        # numpy.maximum and a mask made afterwards.
        self._mask = self._buffer("mask", inputs.shape, inputs.dtype, training)
        numpy.greater(inputs, 0, out=self._mask)
        return numpy.multiply(inputs, self._mask, out=outputs)

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Keep the gradient where the input was positive, else set it to 0."""
        gradient *= self._mask
        return gradient


class LeakyReLU(Activation):
    """The leaky rectified linear unit: x if x > 0, else slope * x; its derivative: 1, else slope.

    Maas et al., Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).
    """

    type = "leaky_relu"

    def __init__(self, slope: float = 0.01):
        super().__init__()
        self.slope = number("slope", slope, 0)

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.multiply(inputs, self.slope, out=out)
        numpy.copyto(out, inputs, where=inputs > 0)

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        out.fill(self.slope)
        numpy.copyto(out, 1, where=inputs > 0)


class PReLU(Layer):
    """The leaky unit with learned slopes, one for each unit of a row or channel of a picture.

    `slopes` is `(n,)`, n the first axis of an example, and starts at 0.25. He et al., Delving Deep
    into Rectifiers (2015), equations 1 and 3.
    """

    type = "prelu"

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make `slopes`."""
        self._add_parameter("slopes", numpy.full(input_shape[0], 0.25), initialization)
        return input_shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute x if x > 0, else slope * x."""
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, training)
        numpy.multiply(inputs, self._slopes(inputs), out=outputs)
        positive = self._buffer("positive", inputs.shape, numpy.dtype(bool), training)
        numpy.copyto(outputs, inputs, where=numpy.greater(inputs, 0, out=positive))
        if training:
            self._inputs, self._positive = inputs, positive
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill the slopes' gradient: that of the outputs times x, where x is not positive."""
        rest, _ = by_first_axis(gradient)
        by_slope = self._buffer("by_slope", gradient.shape, gradient.dtype, True)
        numpy.multiply(gradient, self._inputs, out=by_slope)
        numpy.copyto(by_slope, 0, where=self._positive)
        numpy.add.reduce(by_slope, axis=rest, out=self.gradients["slopes"])
        if not wants_input_gradient:
            return None
        numpy.multiply(gradient, self._slopes(gradient), out=by_slope)
        numpy.copyto(by_slope, gradient, where=self._positive)
        return by_slope

    def _slopes(self, inputs: ndarray) -> ndarray:
        return self.parameters["slopes"].reshape(by_first_axis(inputs)[1])


class ELU(Activation):
    """The exponential linear unit: y = x if x > 0, else alpha * (exp(x) - 1).

    Its derivative is 1 if x > 0, else alpha * exp(x) = y + alpha; SELU has `scale` times all this.
    Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units (2016).
    """

    type = "elu"
    scale = 1.0

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = number("alpha", alpha, 0)

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.minimum(inputs, 0, out=out)
        numpy.expm1(out, out=out)
        out *= self.alpha
        numpy.copyto(out, inputs, where=inputs > 0)
        out *= self.scale

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.add(outputs, self.scale * self.alpha, out=out)
        numpy.copyto(out, self.scale, where=inputs > 0)


class SELU(ELU):
    """The scaled exponential linear unit, which keeps mean 0 and variance 1.

    scale * ELU(x) with the constants of Klambauer et al., Self-Normalizing Neural Networks (2017),
    equation 14.
    """

    type = "selu"
    scale = 1.0507009873554804934193349852946

    def __init__(self):
        super().__init__(alpha=1.6732632423543772848170429916717)


class Softplus(Activation):
    """The softplus: log(1 + exp(x)), with the logistic function as derivative, 1 - exp(-y)."""

    type = "softplus"

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.logaddexp(0, inputs, out=out)

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.negative(outputs, out=out)
        numpy.expm1(out, out=out)
        numpy.negative(out, out=out)


class Softsign(Activation):
    """The softsign: x/(1 + |x|), with derivative 1/(1 + |x|)^2 = (1 - |y|)^2.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
    (2010), section 3.
    """

    type = "softsign"

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.abs(inputs, out=out)
        out += 1
        numpy.divide(inputs, out, out=out)

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.abs(outputs, out=out)
        numpy.subtract(1, out, out=out)
        numpy.square(out, out=out)


class Exponential(Activation):
    """The exponential function, its own derivative."""

    type = "exponential"

    def _function(self, inputs: ndarray, out: ndarray) -> None:
        numpy.exp(inputs, out=out)

    def _derivative(self, inputs: ndarray, outputs: ndarray, out: ndarray) -> None:
        numpy.copyto(out, outputs)


class Softmax(Layer):
    """The softmax over the first axis of an example: y_i = exp(x_i) / sum_j exp(x_j).

    A classifier that is trained with `softmax_cross_entropy` ends without it: that loss takes the
    logits. Bishop, Pattern Recognition and Machine Learning, equations 4.104 and 4.106.
    """

    type = "softmax"

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Turn logits into probabilities."""
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, training)
        softmax(inputs, out=outputs)
        if training:
            self._outputs = outputs
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Compute y_i * (g_i - sum_j y_j * g_j)."""
        product = self._buffer("product", gradient.shape, gradient.dtype, True)
        numpy.multiply(gradient, self._outputs, out=product)
        gradient -= numpy.add.reduce(product, axis=1, keepdims=True)
        gradient *= self._outputs
        return gradient


ACTIVATIONS = (
    Identity,
    Sigmoid,
    Tanh,
    ReLU,
    LeakyReLU,
    PReLU,
    ELU,
    SELU,
    Softplus,
    Softsign,
    Exponential,
    Softmax,
)
