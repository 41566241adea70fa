"""Pooling: one number for every window of a picture."""

import math

import numpy

from .convolution import output_size, pair, picture_shape, window_parts
from .layer import Initialization, Layer


class _Pooling(Layer):
    """What the poolings share: windows of `size`, `stride` apart (by default, side by side).

    Inputs are `(m, channels, height, width)`, or `(m, height, width)` for one channel. What is left
    at the edges and fills no window is left out.
    """

    def __init__(self, size: int | list[int], stride: int | list[int] | None = None):
        super().__init__()
        self.size = pair("size", size)
        self.stride = self.size if stride is None else pair("stride", stride)

    def build(
        self, input_shape: tuple[int, ...], initialization: Initialization
    ) -> tuple[int, ...]:
        """The output's shape is `(channels, out_height, out_width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, *sizes = self._picture_shape
        self._output_shape = (channels, *output_size(sizes, self.size, self.stride, (0, 0), "size"))
        return self._output_shape

    def _parts(self, pictures: numpy.ndarray):
        parts = window_parts(pictures, self.size, self.stride, self._output_shape[1:])
        for index, (_, _, part) in enumerate(parts):
            yield index, part

    def _pictures(self, inputs: numpy.ndarray) -> numpy.ndarray:
        return inputs.reshape(len(inputs), *self._picture_shape)

    def _zero_gradient(self, gradient: numpy.ndarray) -> numpy.ndarray:
        shape = (len(gradient), *self._picture_shape)
        pixels = self._buffer("input_gradient", shape, gradient.dtype, True)
        pixels.fill(0)
        return pixels


class MaxPooling(_Pooling):
    """The largest number of every window; of several, the gradient goes to the first."""

    type = "max_pooling"

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute the maximum over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        winner = self._buffer("winner", shape, numpy.dtype(numpy.int32), training)
        larger = self._buffer("larger", shape, numpy.dtype(bool), training)
        for index, part in self._parts(self._pictures(inputs)):
            if index == 0:
                outputs[...] = part
                winner.fill(0)
                continue
            # Not "greater": so a number that is none is larger, and is not lost.
            numpy.less_equal(part, outputs, out=larger)
            numpy.logical_not(larger, out=larger)
            numpy.copyto(outputs, part, where=larger)
            numpy.copyto(winner, index, where=larger)
        if training:
            self._winner, self._larger, self._input_shape = winner, larger, inputs.shape
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Hand the gradient to the pixel that was the maximum."""
        pixels = self._zero_gradient(gradient)
        for index, part in self._parts(pixels):
            numpy.equal(self._winner, index, out=self._larger)
            numpy.add(part, gradient, out=part, where=self._larger)
        return pixels.reshape(self._input_shape)


class AveragePooling(_Pooling):
    """The mean of every window."""

    type = "average_pooling"

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute the mean over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        outputs.fill(0)
        for _, part in self._parts(self._pictures(inputs)):
            outputs += part
        outputs /= math.prod(self.size)
        if training:
            self._input_shape = inputs.shape
        return outputs

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Share the gradient out evenly among a window's pixels."""
        pixels = self._zero_gradient(gradient)
        gradient /= math.prod(self.size)
        for _, part in self._parts(pixels):
            part += gradient
        return pixels.reshape(self._input_shape)
