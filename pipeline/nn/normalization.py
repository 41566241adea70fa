"""Batch normalization."""

import numpy

from .checks import number
from .layer import Initialization, Layer, as_rows, by_first_axis


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
        scale, shift, mean, variance = (
            self.parameters[name] for name in ("scale", "shift", "mean", "variance")
        )
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
        # The batch's variance, made an unbiased estimate.
        variance += self.momentum * (batch_variance * (count / max(count - 1, 1)) - variance)
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, True)
        numpy.multiply(centred, (scale * self._inverse)[:, None], out=as_rows(outputs))
        rows = as_rows(outputs)
        rows += shift[:, None]
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Fill the gradients; that by the inputs goes through the batch's mean and variance too.

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
        # The centred inputs have served: their buffer takes their gradient.
        centred *= (by_scale * self._inverse / -count)[:, None]
        centred += rows
        centred -= (by_shift / count)[:, None]
        centred *= (self.parameters["scale"] * self._inverse)[:, None]
        return self._centred
