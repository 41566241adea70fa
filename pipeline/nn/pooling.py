"""Pooling: one number per window of a picture."""

import math

import numpy
from numpy import ndarray

from .convolution import output_size, pair, picture_shape, window_parts
from .layer import Initialization, Layer, Shape


class _Pooling(Layer):
    """The base of the poolings: windows of `size`, `stride` apart (by default, side by side).

    Inputs are `(m, channels, height, width)`, or `(m, height, width)` for one channel. Pixels at
    the edges that do not fill a window are ignored.
    """

    def __init__(self, size: int | list[int], stride: int | list[int] | None = None):
        super().__init__()
        self.size = pair("size", size)
        self.stride = self.size if stride is None else pair("stride", stride)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, `(channels, out_height, out_width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, *sizes = self._picture_shape
        self._output_shape = (channels, *output_size("size", sizes, self.size, self.stride, (0, 0)))
        return self._output_shape

    def _parts(self, pictures: ndarray):
        pictures = pictures.reshape(len(pictures), *self._picture_shape)
        parts = window_parts(pictures, self.size, self.stride, self._output_shape[1:])
        return enumerate(part for _, _, part in parts)

    def _zero_gradient(self, gradient: ndarray) -> ndarray:
        shape = (len(gradient), *self._picture_shape)
        pixels = self._buffer("input_gradient", shape, gradient.dtype, True)
        pixels.fill(0)
        return pixels


class MaxPooling(_Pooling):
    """The maximum of every window; of equal maxima, the first gets the gradient."""

    type = "max_pooling"

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute the maximum over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        winner = self._buffer("winner", shape, numpy.dtype(numpy.int32), training)
        larger = self._buffer("larger", shape, numpy.dtype(bool), training)
        for index, part in self._parts(inputs):
            if index == 0:
                outputs[...] = part
                winner.fill(0)
                continue
            # Not numpy.greater, which is false for NaN and would lose it.
            numpy.less_equal(part, outputs, out=larger)
            numpy.logical_not(larger, out=larger)
            numpy.copyto(outputs, part, where=larger)
            numpy.copyto(winner, index, where=larger)
        if training:
            self._winner, self._larger, self._input_shape = winner, larger, inputs.shape
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Add the gradient to the pixel that was the maximum."""
        pixels = self._zero_gradient(gradient)
        for index, part in self._parts(pixels):
            numpy.equal(self._winner, index, out=self._larger)
            numpy.add(part, gradient, out=part, where=self._larger)
        return pixels.reshape(self._input_shape)


class AveragePooling(_Pooling):
    """The mean of every window."""

    type = "average_pooling"

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute the mean over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        outputs.fill(0)
        for _, part in self._parts(inputs):
            outputs += part
        outputs /= math.prod(self.size)
        if training:
            self._input_shape = inputs.shape
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Divide the gradient evenly among the pixels of a window."""
        pixels = self._zero_gradient(gradient)
        gradient /= math.prod(self.size)
        for _, part in self._parts(pixels):
            part += gradient
        return pixels.reshape(self._input_shape)
