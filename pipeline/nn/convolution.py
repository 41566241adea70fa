"""Convolution, as matrix products over the windows of a picture."""

import math
from collections.abc import Iterator
from itertools import product

import numpy
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from .bands import Bands, Pair
from .checks import whole_number
from .dense import Weighted
from .layer import Initialization, Shape, as_rows, examples_last

# Up to so many numbers in the windows of one example, they are copied side by side; beyond, and
# with a dilation, they are bands.
LARGEST_WINDOWS = 1 << 14


class Convolution(Weighted):
    """A two-dimensional convolution (strictly, a cross-correlation) with zero padding.

    Inputs are `(m, channels, height, width)`; `(m, height, width)` is taken as one channel. Outputs
    are `(m, filters, out_height, out_width)` with out = (in + 2 * padding - extent) // stride + 1
    and extent = dilation * (kernel - 1) + 1. `weights` is `(channels, kernel_height, kernel_width,
    filters)`: with flattened windows, one column per filter. `kernel`, `stride`, `padding` and
    `dilation` are one whole number, or two in a list for height and width. With a stride of 1 and
    odd kernels, `padding` may be `same`, dilation * (kernel - 1) / 2: outputs as large as inputs.
    Dumoulin and Visin, A guide to convolution arithmetic (2016).

    Raises ValueError on an impossible option, or a kernel larger than the padded picture.
    """

    type = "convolution"
    of_pictures = True

    def __init__(
        self,
        filters: int,
        kernel: int | list[int],
        stride: int | list[int] = 1,
        padding: int | list[int] | str = 0,
        bias: bool = True,
        kernel_regularizer: dict | None = None,
        bias_regularizer: dict | None = None,
        dilation: int | list[int] = 1,
        kernel_constraint: dict | None = None,
        bias_constraint: dict | None = None,
        kernel_initializer: str | None = None,
        bias_initializer: str | None = None,
    ):
        more = kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint
        super().__init__(bias, *more, kernel_initializer, bias_initializer)
        self.filters = whole_number("filters", filters)
        self.kernel = pair("kernel", kernel)
        self.stride = pair("stride", stride)
        self.dilation = pair("dilation", dilation)
        self._extent = tuple(
            apart * (size - 1) + 1 for apart, size in zip(self.dilation, self.kernel, strict=True)
        )
        self.padding = margins(padding, self.kernel, self.stride, self._extent)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make `weights` and `bias`; the output's shape is `(filters, out_height, out_width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, *sizes = self._picture_shape
        name = "kernel" if self._extent == self.kernel else "extent of the dilated kernel"
        size = self._output_size = output_size(name, sizes, self._extent, self.stride, self.padding)
        self._add_parameters((channels, *self.kernel, self.filters), initialization)
        self.inference_values = channels * math.prod(self.kernel) * math.prod(size)
        self._in_bands = self.dilation != (1, 1) or self.inference_values > LARGEST_WINDOWS
        if self._in_bands:
            kernel, apart = self.kernel, {"dilation": self.dilation}
            self._bands = Bands(
                channels, sizes, size, kernel, stride=self.stride, offset=self.padding, **apart
            )
            down, across = map(_phases, sizes, kernel, self.stride, self.dilation, self.padding)
            self._phases = [
                (
                    (slice(None), slice(None), *pixels),
                    (slice(None), *taps),
                    Bands(self.filters, size, *geometry, dilation=apart, offset=offset),
                )
                for pixels, taps, *geometry, apart, offset in (
                    zip(*both, strict=True) for both in product(down, across)
                )
            ]
            self.inference_values = self._bands.values
        return (self.filters, *size)

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute one matrix product of the filters with all windows of the batch."""
        if self._in_bands:
            return self._forward_in_bands(inputs, training)
        m, weights = len(inputs), self.parameters["weights"]
        windows = self._windows(self._padded(inputs, training), training)
        shape = (m, self.filters, *self._output_size)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        rows = as_rows(outputs)
        numpy.dot(weights.reshape(-1, self.filters).T, windows, out=rows)
        if self.bias:
            rows += self.parameters["bias"][:, None]
        if training:
            self._input_shape, self._columns = inputs.shape, windows
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill the gradients; a pixel's is the sum over all windows that contain it."""
        if self._in_bands:
            return self._backward_in_bands(gradient, wants_input_gradient)
        rows = as_rows(gradient)
        weights_gradient = self.gradients["weights"].reshape(-1, self.filters)
        numpy.dot(self._columns, rows.T, out=weights_gradient)
        if self.bias:
            numpy.add.reduce(rows, axis=1, out=self.gradients["bias"])
        if not wants_input_gradient:
            return None
        weights = self.parameters["weights"].reshape(-1, self.filters)
        # The windows are no longer needed: their buffer holds their gradient.
        numpy.dot(weights, rows, out=self._columns)
        m, (channels, height, width) = len(gradient), self._picture_shape
        (top, left), padded = self.padding, self._padded_shape(m)
        pixels = self._buffer("input_gradient", padded, gradient.dtype, True)
        pixels.fill(0)
        columns = self._columns.reshape(channels, *self.kernel, *self._output_size, m)
        for y, x, part in window_parts(pixels, self.kernel, self.stride, self._output_size):
            part += numpy.moveaxis(columns[:, y, x], -1, 0)
        inner = pixels[:, :, top : top + height, left : left + width]
        return inner.reshape(self._input_shape)

    def _forward_in_bands(self, inputs: ndarray, training: bool) -> ndarray:
        """Compute one matrix product for every row of the outputs."""
        pictures = self._pictures(inputs)
        if pictures.strides[0] != pictures.itemsize:
            pictures = examples_last(pictures.shape, inputs.dtype)
            pictures[...] = self._pictures(inputs)
        shape = (len(inputs), self.filters, *self._output_size)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        flat = self.parameters["weights"].transpose(3, 1, 2, 0).reshape(self.filters, -1)
        scratch = self._scratch("bands", self._bands, pictures, training)
        self._bands.multiply(flat, pictures, scratch, outputs)
        if self.bias:
            rows = as_rows(outputs)
            rows += self.parameters["bias"][:, None]
        if training:
            self._input_shape, self._last_pictures = inputs.shape, pictures
        return outputs

    def _backward_in_bands(self, gradient: ndarray, wants_input_gradient: bool) -> ndarray | None:
        """Fill the gradients; the pixels' is a convolution too, with each filter turned by 180°.

        With a stride it is several, one for each remainder of the pixels: Dumoulin and Visin, A
        guide to convolution arithmetic (2016), chapter 4, without the zeros between the outputs.
        """
        weights, pictures = self.parameters["weights"], self._last_pictures
        channels, by_weights = self._picture_shape[0], self.gradients["weights"]
        if self.bias:
            numpy.add.reduce(as_rows(gradient), axis=1, out=self.gradients["bias"])
        # Both gradients may come from the bands of one, which must then have all places of the
        # kernel; those of fewer channels are smaller.
        at_once = wants_input_gradient and self.stride == (1, 1) and channels >= self.filters
        if not at_once:
            scratch = self._scratch("bands", self._bands, pictures, True)
            found = self._bands.correlate(pictures, scratch, gradient)
            found = found.reshape(*self.kernel, channels, self.filters)
            by_weights[...] = found.transpose(2, 0, 1, 3)
        if not wants_input_gradient:
            return None
        by_pictures = self._buffer("input_gradient", pictures.shape, gradient.dtype, True)
        if len(self._phases) < math.prod(self.stride):
            by_pictures.fill(0)
        for number, (pixels, taps, bands) in enumerate(self._phases):
            turned = weights[taps][:, ::-1, ::-1].reshape(channels, -1)
            part = by_pictures[pixels]
            # Only whole rows can be written to at once.
            whole = part if self.stride[1] == 1 else examples_last(part.shape, part.dtype)
            scratch = self._scratch(f"bands of phase {number}", bands, gradient, True)
            other = pictures if at_once else None
            found = bands.multiply(turned, gradient, scratch, whole, other)
            if at_once:
                found = found.reshape(*self.kernel, self.filters, channels)
                by_weights[...] = found[::-1, ::-1].transpose(3, 0, 1, 2)
            if whole is not part:
                part[...] = whole
        return by_pictures.reshape(self._input_shape)

    def _scratch(self, name: str, bands: Bands, pictures: ndarray, training: bool) -> ndarray:
        """Return memory for bands; in training, that of the step before."""
        key = name, len(pictures)
        scratch = self._buffers.get(key) if training else None
        if scratch is None:
            scratch = bands.scratch(len(pictures), pictures.dtype)
        if training:
            self._buffers[key] = scratch
        return scratch

    def _pictures(self, inputs: ndarray) -> ndarray:
        return inputs.reshape(len(inputs), *self._picture_shape)

    def _padded_shape(self, m: int) -> Shape:
        channels, height, width = self._picture_shape
        return m, channels, height + 2 * self.padding[0], width + 2 * self.padding[1]

    def _padded(self, inputs: ndarray, training: bool) -> ndarray:
        """Return the pictures with their margin of zeros, the examples last in memory."""
        pictures = self._pictures(inputs)
        if self.padding == (0, 0) and pictures.strides[0] == pictures.itemsize:
            return pictures
        key = "padded", self._padded_shape(len(inputs))
        padded = self._buffers.get(key) if training else None
        if padded is None:
            padded = examples_last(key[1], inputs.dtype, numpy.zeros)
        if training:
            self._buffers[key] = padded
        (top, left), (_, height, width) = self.padding, self._picture_shape
        padded[:, :, top : top + height, left : left + width] = pictures
        return padded

    def _windows(self, padded: ndarray, training: bool) -> ndarray:
        """Copy all windows into columns, `(channels * kernel size, out height * out width * m)`."""
        views = sliding_window_view(padded, self.kernel, axis=(2, 3))
        views = views[:, :, :: self.stride[0], :: self.stride[1]]  # m, channels, out, kernel
        m, channels = padded.shape[:2]
        shape = (m, channels, *self.kernel, *self._output_size)
        windows = self._buffer("windows", shape, padded.dtype, training)
        numpy.copyto(windows, views.transpose(0, 1, 4, 5, 2, 3))
        return numpy.moveaxis(windows, 0, -1).reshape(channels * math.prod(self.kernel), -1)


def _phases(size: int, kernel: int, stride: int, dilation: int, padding: int) -> Iterator[tuple]:
    """Divide the pixels along one axis into those that the same places of a kernel reach.

    Yield for each the pixels and the places as slices, how many pixels and places there are, and
    how far apart the outputs lie that a pixel's windows belong to, and where they begin. Pixel i is
    reached from output o by place k with o * stride + k * dilation = i + padding.
    """
    common = math.gcd(stride, dilation)
    apart = dilation // common
    for first in range(min(stride, size)):
        places = [k for k in range(kernel) if (first + padding - k * dilation) % stride == 0]
        if places:
            output = (first + padding - places[0] * dilation) // stride
            pixels, taps = slice(first, None, stride), slice(places[0], None, stride // common)
            count = len(range(first, size, stride))
            offset = (len(places) - 1) * apart - output
            yield pixels, taps, count, len(places), apart, offset


def pair(name: str, value: object, least: int = 1) -> Pair:
    """Return an option that is one whole number for both height and width, or a list of two."""
    both = value if isinstance(value, (list, tuple)) else [value, value]
    if len(both) != 2:
        raise ValueError(f"{name}: found {value!r}, expected one whole number or a list of two")
    return whole_number(name, both[0], least), whole_number(name, both[1], least)


def margins(padding: object, kernel: Pair, stride: Pair, extent: Pair) -> Pair:
    """Return the option `padding`, of which `same` keeps the size, for height and width."""
    if padding != "same":
        return pair("padding", padding, least=0)
    if stride != (1, 1) or not all(size % 2 for size in kernel):
        found = f"'same' with stride {stride} and kernel {kernel}"
        raise ValueError(f"padding: found {found}, expected a stride of 1 and odd kernels")
    return extent[0] // 2, extent[1] // 2


def picture_shape(input_shape: Shape) -> tuple[int, int, int]:
    """Return `(channels, height, width)`; raises ValueError on a shape that is not a picture's."""
    shape = (1, *input_shape) if len(input_shape) == 2 else input_shape
    if len(shape) != 3:
        found = tuple(input_shape)
        raise ValueError(f"inputs: found shape {found}, expected (channels, height, width)")
    return shape


def output_size(name: str, sizes: Shape, kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    """Compute the height and width of the output; raises ValueError if no window fits."""
    padded = sizes[0] + 2 * padding[0], sizes[1] + 2 * padding[1]
    room = padded[0] - kernel[0], padded[1] - kernel[1]
    if min(room) < 0:
        expected = f"at most the size of the padded picture, {padded}"
        raise ValueError(f"{name}: found {kernel}, expected {expected}")
    return room[0] // stride[0] + 1, room[1] // stride[1] + 1


def window_parts(pictures: ndarray, kernel: Pair, stride: Pair, size: Pair):
    """Yield, for each place `(y, x)` in a window, `y`, `x` and a view of that pixel of all windows.

    The view is `(m, channels, *size)` of `pictures`, `(m, channels, height, width)`.
    """
    for y in range(kernel[0]):
        rows = slice(y, y + (size[0] - 1) * stride[0] + 1, stride[0])
        for x in range(kernel[1]):
            columns = slice(x, x + (size[1] - 1) * stride[1] + 1, stride[1])
            yield y, x, pictures[:, :, rows, columns]
