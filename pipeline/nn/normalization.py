"""Batch normalization."""

import numpy
from numpy import ndarray

from .checks import number
from .layer import Initialization, Layer, Shape, as_rows, by_first_axis


class BatchNormalization(Layer):
    """Normalizes each unit or channel to mean 0 and variance 1 over the batch, then scales it.

    outputs = scale * (inputs - mean) / sqrt(variance + epsilon) + shift, with one of each for every
    entry of an example's first axis, the channels of a picture. Training takes the mean and the
    variance of the batch, and updates the running estimates `mean` and `variance`: estimate <- (1 -
    momentum) * estimate + momentum * batch. Inference takes the estimates. Ioffe and Szegedy, Batch
    Normalization (2015), algorithms 1 and 2.
    """

    type = "batch_normalization"

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5):
        super().__init__()
        self.momentum = number("momentum", momentum, 0, below=1)
        self.epsilon = number("epsilon", epsilon, 0)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make `scale` and `shift`, which are trained, and the estimates `mean` and `variance`."""
        size = input_shape[0]
        self._add_parameter("scale", numpy.ones(size), initialization)
        self._add_parameter("shift", numpy.zeros(size), initialization)
        self.parameters["mean"] = numpy.zeros(size, initialization.dtype)
        self.parameters["variance"] = numpy.ones(size, initialization.dtype)
        return input_shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Normalize by the batch in training, else by the running estimates."""
        scale, shift, mean, variance = self.parameters.values()
        if not training:
            _, spread = by_first_axis(inputs)
            factor = scale / numpy.sqrt(variance + self.epsilon)
            return inputs * factor.reshape(spread) + (shift - mean * factor).reshape(spread)
        rows = as_rows(inputs)
        count = rows.shape[1]
        batch_mean = numpy.add.reduce(rows, axis=1) / count
        self._centred = self._buffer("centred", inputs.shape, inputs.dtype, True)
        centred = numpy.subtract(rows, batch_mean[:, None], out=as_rows(self._centred))
        batch_variance = numpy.vecdot(centred, centred) / count
        self._inverse = 1 / numpy.sqrt(batch_variance + self.epsilon)
        mean += self.momentum * (batch_mean - mean)
        # An unbiased estimate, by Bessel's correction.
        variance += self.momentum * (batch_variance * (count / max(count - 1, 1)) - variance)
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, True)
        numpy.multiply(centred, (scale * self._inverse)[:, None], out=as_rows(outputs))
        rows = as_rows(outputs)
        rows += shift[:, None]
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill the gradients; that by the inputs includes the batch's mean and variance.

        With z the normalized inputs and n the numbers of a channel, it is scale /
        sqrt(variance + epsilon) * (g - sum(g)/n - z * sum(g * z)/n).
        """
        rows, centred = as_rows(gradient), as_rows(self._centred)
        count = rows.shape[1]
        by_scale, by_shift = self.gradients["scale"], self.gradients["shift"]
        numpy.multiply(numpy.vecdot(rows, centred), self._inverse, out=by_scale)
        numpy.add.reduce(rows, axis=1, out=by_shift)
        if not wants_input_gradient:
            return None
        # The centred inputs are no longer needed: their buffer holds the gradient.
        centred *= (by_scale * self._inverse / -count)[:, None]
        centred += rows
        centred -= (by_shift / count)[:, None]
        centred *= (self.parameters["scale"] * self._inverse)[:, None]
        return self._centred
