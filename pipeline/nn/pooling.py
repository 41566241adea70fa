"""Pooling: one number per window of a picture, or per channel."""

import math

import numpy
from numpy import ndarray

from .convolution import output_size, pair, picture_shape, window_parts
from .layer import Initialization, Layer, Shape


class _Pooling(Layer):
    """The base of the poolings: windows of `size`, `stride` apart (by default, side by side).

    Inputs are `(m, channels, height, width)`, or `(m, height, width)` for one channel. Pixels at
    the edges that do not fill a window are ignored; with the padding `same` they are in windows
    that go beyond the edge, alike on both sides or one pixel further at the end: picture / stride
    windows, rounded up, as in Keras. What is beyond the edge takes no part.
    """

    beyond = 0.0  # the pixels beyond the edge
    of_pictures = True

    def __init__(
        self,
        size: int | list[int],
        stride: int | list[int] | None = None,
        padding: int | str = 0,
    ):
        super().__init__()
        self.size = pair("size", size)
        self.stride = self.size if stride is None else pair("stride", stride)
        if padding not in (0, "same"):
            raise ValueError(f"padding: found {padding!r}, expected 0 or 'same'")
        self.padding = padding

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, `(channels, out_height, out_width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, *sizes = self._picture_shape
        more = list(map(_beyond, sizes, self.size, self.stride)) if self.padding else [0, 0]
        self._padded_size = sizes[0] + more[0], sizes[1] + more[1]
        begins = more[0] // 2, more[1] // 2
        self._inner = [
            slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True)
        ]
        size = output_size("size", self._padded_size, self.size, self.stride, (0, 0))
        self._output_shape = (channels, *size)
        return self._output_shape

    def _parts(self, padded: ndarray):
        parts = window_parts(padded, self.size, self.stride, self._output_shape[1:])
        return enumerate(part for _, _, part in parts)

    def _padded(self, inputs: ndarray, training: bool) -> ndarray:
        pictures = inputs.reshape(len(inputs), *self._picture_shape)
        if self._padded_size == self._picture_shape[1:]:
            return pictures
        padded = self._constant("padded", self.beyond, inputs, training)
        padded[:, :, *self._inner] = pictures
        return padded

    def _constant(self, name: str, value: float, like: ndarray, training: bool) -> ndarray:
        """Return padded pictures of one value, as many as `like` has."""
        shape = (len(like), self._picture_shape[0], *self._padded_size)
        pixels = self._buffer(name, shape, like.dtype, training)
        pixels.fill(value)
        return pixels

    def _unpadded(self, padded: ndarray) -> ndarray:
        return padded[:, :, *self._inner].reshape(self._input_shape)


def _beyond(length: int, window: int, step: int) -> int:
    """Return by how many pixels ceil(length / step) windows exceed an axis of a picture."""
    return max(0, (length - 1) // step * step + window - length)


class MaxPooling(_Pooling):
    """The maximum of every window; of equal maxima, the first gets the gradient."""

    type = "max_pooling"
    beyond = -math.inf

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute the maximum over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        winner = self._buffer("winner", shape, numpy.dtype(numpy.int32), training)
        larger = self._buffer("larger", shape, numpy.dtype(bool), training)
        for index, part in self._parts(self._padded(inputs, training)):
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
        pixels = self._constant("input_gradient", 0, gradient, True)
        for index, part in self._parts(pixels):
            numpy.equal(self._winner, index, out=self._larger)
            numpy.add(part, gradient, out=part, where=self._larger)
        return self._unpadded(pixels)


class AveragePooling(_Pooling):
    """The mean of every window."""

    type = "average_pooling"

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, `(channels, out_height, out_width)`."""
        shape = super().build(input_shape, initialization)
        # As lists, which a copy of the layer keeps.
        inside = numpy.zeros((1, 1, *self._padded_size), int)
        inside[:, :, *self._inner] = 1
        self._counts = sum(part for _, part in self._parts(inside))[0, 0].tolist()
        return shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute the mean over every window."""
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        outputs.fill(0)
        for _, part in self._parts(self._padded(inputs, training)):
            outputs += part
        outputs /= numpy.array(self._counts, outputs.dtype)
        if training:
            self._input_shape = inputs.shape
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Divide the gradient evenly among the pixels of a window."""
        pixels = self._constant("input_gradient", 0, gradient, True)
        gradient /= numpy.array(self._counts, gradient.dtype)
        for _, part in self._parts(pixels):
            part += gradient
        return self._unpadded(pixels)


class GlobalAveragePooling(Layer):
    """The mean of every channel: pictures `(m, channels, height, width)` become `(m, channels)`.

    `(m, height, width)` is taken as one channel. Lin, Chen and Yan, Network in Network (2014),
    section 3.2.
    """

    type = "global_average_pooling"
    of_pictures = True

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, `(channels,)`."""
        self._picture_shape = picture_shape(input_shape)
        return self._picture_shape[:1]

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute the mean over all pixels of every channel."""
        shape = (len(inputs), self._picture_shape[0])
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        numpy.mean(self._pixels(inputs), axis=1, out=outputs.T)
        if training:
            self._input_shape = inputs.shape
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Divide the gradient evenly among the pixels."""
        pictures = self._buffer("input_gradient", self._input_shape, gradient.dtype, True)
        pixels = self._pixels(pictures)
        numpy.divide(gradient.T[:, None], pixels.shape[1], out=pixels)
        return pictures

    def _pixels(self, pictures: ndarray) -> ndarray:
        """Return `(channels, height * width, m)`, a view if the examples are last in memory."""
        channels, height, width = self._picture_shape
        return numpy.moveaxis(pictures, 0, -1).reshape(channels, height * width, len(pictures))
