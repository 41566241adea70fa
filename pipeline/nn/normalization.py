"""Batch normalization."""

import numpy

from .checks import number
from .layer import Initialization, Layer, by_first_axis


class BatchNormalization(Layer):
    """Brings each unit or channel to mean 0 and variance 1 over the batch, then to its own scale.

    outputs = scale * (inputs - mean) / sqrt(variance + epsilon) + shift, with one of each for every
    entry of an example's first axis, the channels of a picture. Training takes mean and variance of
    the batch and lets the layer's own, `mean` and `variance`, follow: own <- (1 - momentum) * own
    + momentum * batch. Inference takes the layer's own. Ioffe and Szegedy, Batch Normalization
    (2015), algorithms 1 and 2.
    """

    type = "batch_normalization"
    needs_whole_batch = True

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5):
        super().__init__()
        self.momentum = number("momentum", momentum, 0, below=1)
        self.epsilon = number("epsilon", epsilon, 0)

    def build(
        self, input_shape: tuple[int, ...], initialization: Initialization
    ) -> tuple[int, ...]:
        """Make `scale` and `shift`, which are trained, and `mean` and `variance`, which follow."""
        size = input_shape[0]
        self._add_parameter("scale", numpy.ones(size), initialization)
        self._add_parameter("shift", numpy.zeros(size), initialization)
        self.parameters["mean"] = numpy.zeros(size, initialization.dtype)
        self.parameters["variance"] = numpy.ones(size, initialization.dtype)
        return input_shape

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Normalize by the batch in training, else by what training has gathered."""
        axes, spread = by_first_axis(inputs)
        scale, shift, mean, variance = (
            self.parameters[name] for name in ("scale", "shift", "mean", "variance")
        )
        if not training:
            factor = scale / numpy.sqrt(variance + self.epsilon)
            return inputs * factor.reshape(spread) + (shift - mean * factor).reshape(spread)
        count = inputs.size // inputs.shape[1]
        batch_mean = inputs.mean(axis=axes)
        normalized = self._buffer("normalized", inputs.shape, inputs.dtype, True)
        numpy.subtract(inputs, batch_mean.reshape(spread), out=normalized)
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, True)
        batch_variance = numpy.square(normalized, out=outputs).mean(axis=axes)
        self._inverse = 1 / numpy.sqrt(batch_variance + self.epsilon)
        self._normalized = numpy.multiply(normalized, self._inverse.reshape(spread), out=normalized)
        mean += self.momentum * (batch_mean - mean)
        # The batch's variance, made an unbiased estimate.
        variance += self.momentum * (batch_variance * (count / max(count - 1, 1)) - variance)
        numpy.multiply(normalized, scale.reshape(spread), out=outputs)
        outputs += shift.reshape(spread)
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Fill the gradients; that by the inputs goes through the batch's mean and variance too.

        With z the normalized inputs and n the numbers of a channel, it is scale /
        sqrt(variance + epsilon) * (g - sum(g)/n - z * sum(g * z)/n).
        """
        axes, spread = by_first_axis(gradient)
        count = gradient.size // gradient.shape[1]
        product = self._buffer("product", gradient.shape, gradient.dtype, True)
        numpy.multiply(gradient, self._normalized, out=product)
        numpy.add.reduce(product, axis=axes, out=self.gradients["scale"])
        numpy.add.reduce(gradient, axis=axes, out=self.gradients["shift"])
        if not wants_input_gradient:
            return None
        by_scale = (self.gradients["scale"] / count).reshape(spread)
        numpy.multiply(self._normalized, by_scale, out=product)
        gradient -= product
        gradient -= (self.gradients["shift"] / count).reshape(spread)
        gradient *= (self.parameters["scale"] * self._inverse).reshape(spread)
        return gradient
