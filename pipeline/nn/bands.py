"""The windows of large pictures as overlapping bands of one array.

All windows of a batch side by side take kernel height * kernel width times the memory of the
pictures, and soon leave the processor's cache. Here every row of a picture is copied only kernel
width times, each time shifted by one place in the kernel. The rows that one row of windows needs
then follow each other in memory, and so do the windows of that row as a matrix, without a copy: the
next row's matrix begins a row later and shares most of its memory. A picture's bands are made a few
rows at a time, in the same memory, and made again for the gradient rather than kept.
"""

import math
from collections.abc import Iterator

import numpy
from numpy import ndarray
from numpy.lib.stride_tricks import as_strided

Pair = tuple[int, int]

# How many numbers of one example are in bands at a time, unless a row of windows needs more.
LARGEST_BANDS = 1 << 15

# OpenBLAS computes products of at most so many multiplications at once, without rearranging the
# matrices first; of few rows, as few filters are, that takes up to half the time.
SMALL_PRODUCT = 1_000_000
FEW_ROWS = 48
SHORTEST_PIECE = 48


class Bands:
    """All windows of a picture, for one geometry.

    A picture `(channels, *size)` is laid into another of zeros: pixel `(y, x)` at `offset + (y,
    x)`, if that is within it. There, window `(i, j)` of `out` begins at `stride * (i, j)` and has
    its pixels `dilation` apart. Pictures are `(m, channels, *size)`, the examples last in memory.
    """

    def __init__(
        self,
        channels: int,
        size: Pair,
        out: Pair,
        kernel: Pair,
        *,
        stride: Pair = (1, 1),
        dilation: Pair = (1, 1),
        offset: Pair = (0, 0),
    ):
        of_row, more = kernel[1] * channels * out[1], (kernel[0] - 1) * dilation[0]
        height = max(1, (LARGEST_BANDS // of_row - more) // stride[0])
        count = -(-out[0] // height)
        height = -(-out[0] // count)
        self._parts = []
        for first in range(0, out[0], height):
            rows = slice(first, min(first + height, out[0]))
            geometry = channels, size, (rows.stop - first, out[1]), kernel, stride, dilation
            begin = offset[0] - first * stride[0], offset[1]
            self._parts.append((rows, _Part(*geometry, begin, alone=height >= out[0])))
        self._shape = self._parts[0][1].shape

    @property
    def values(self) -> int:
        """How many numbers of one picture are in bands at a time."""
        return math.prod(self._shape)

    def scratch(self, m: int, dtype: numpy.dtype) -> ndarray:
        """Return memory for the bands of `m` pictures, for the methods below."""
        return numpy.zeros((*self._shape, m), dtype)

    def multiply(
        self,
        matrix: ndarray,
        pictures: ndarray,
        scratch: ndarray,
        out: ndarray,
        other: ndarray | None = None,
    ) -> ndarray | None:
        """Write the products of `matrix`, `(n, kernel size)`, with all windows to `out`.

        `out` is `(m, n, *out)`, the examples last in memory. The kernel's axes are in the order
        height, width, channels. With `other`, return what `correlate` does of it.
        """
        by_row, few, found = by_rows(out), len(matrix) < FEW_ROWS, None
        other_by_row = None if other is None else by_rows(other)
        for rows, windows in self._matrices(pictures, scratch):
            count, size, length = windows.shape
            pieces = _pieces(len(matrix) * size, length) if few else 1
            numpy.matmul(
                matrix,
                windows.reshape(count, size, pieces, -1).swapaxes(1, 2),
                out=by_row[rows].reshape(count, len(matrix), pieces, -1).swapaxes(1, 2),
            )
            if other is not None:
                products = _summed_products(windows, other_by_row[rows])
                found = products if found is None else found + products
        return found

    def correlate(self, pictures: ndarray, scratch: ndarray, other: ndarray) -> ndarray:
        """Return the sum over all windows of their products with `other`, `(m, n, *out)`.

        `(kernel size, n)`, the kernel's axes as for `multiply`.
        """
        by_row = by_rows(other)
        return sum(
            _summed_products(windows, by_row[rows])
            for rows, windows in self._matrices(pictures, scratch)
        )

    def _matrices(self, pictures: ndarray, scratch: ndarray) -> Iterator[tuple[slice, ndarray]]:
        """Yield rows of windows, and their matrices until the next ones."""
        for all_rows, part in self._parts:
            for rows, windows in part.matrices(part.filled(scratch, pictures)):
                begin = all_rows.start + rows.start
                yield slice(begin, all_rows.stop, rows.step), windows


class _Part:
    """Where the pixels of a picture lie in the bands of some rows of windows."""

    def __init__(
        self,
        channels: int,
        size: Pair,
        out: Pair,
        kernel: Pair,
        stride: Pair,
        dilation: Pair,
        offset: Pair,
        alone: bool,
    ):
        self._out, self._height, self._step = out, kernel[0], stride[0]
        # With a dilation, rows that windows have in common are `dilation` apart: sorted by the
        # remainder, they follow each other.
        apart = self._apart = dilation[0]
        rows = (out[0] - 1) * stride[0] + (kernel[0] - 1) * apart + 1
        self.shape = (apart, -(-rows // apart), kernel[1], channels, out[1])
        down = [
            places(size[0], self.shape[1], apart, offset[0] - remainder)
            for remainder in range(apart)
        ]
        across = [
            places(size[1], out[1], stride[1], offset[1] - x * dilation[1])
            for x in range(kernel[1])
        ]
        self._copies = [
            ((remainder, to_row, x, slice(None), to_column), (slice(None), row, column))
            for remainder, rows in enumerate(down)
            for x, columns in enumerate(across)
            for row, to_row in rows
            for column, to_column in columns
        ]
        # Other parts leave pixels where this one has zeros, at the same columns but other rows.
        everything = [slice(0, self.shape[1])]
        self._clears = not alone and any([to for _, to in each] != everything for each in down)

    def filled(self, scratch: ndarray, pictures: ndarray) -> ndarray:
        """Return the bands of `(m, channels, *size)`, made in memory used for such ones alone."""
        bands, pixels = scratch[:, : self.shape[1]], numpy.moveaxis(pictures, 0, -1)
        if self._clears:
            bands.fill(0)
        for to, where in self._copies:
            # Rows before channels, as in the bands.
            bands[to] = pixels[where].swapaxes(0, 1)
        return bands

    def matrices(self, bands: ndarray) -> Iterator[tuple[slice, ndarray]]:
        """Yield rows of windows, and their matrices `(rows, kernel size, out width * m)`.

        The kernel's axes are in the order height, width, channels.
        """
        _, _, width, channels, out_width, m = bands.shape
        shape = self._height * width * channels, out_width * m
        common = math.gcd(self._step, self._apart)
        for first in range(min(self._apart // common, self._out[0])):
            rows = slice(first, self._out[0], self._apart // common)
            begin = bands[first * self._step % self._apart, first * self._step // self._apart :]
            count = len(range(self._out[0])[rows])
            strides = (self._step // common * bands.strides[1], out_width * m * bands.itemsize)
            yield rows, as_strided(begin, (count, *shape), (*strides, bands.itemsize))


def by_rows(pictures: ndarray) -> ndarray:
    """Return a view `(height, channels, width * m)` of `(m, channels, height, width)`.

    The examples must be last in memory, else it is a copy.
    """
    m, channels, height, width = pictures.shape
    return pictures.transpose(2, 1, 3, 0).reshape(height, channels, width * m)


def _summed_products(windows: ndarray, other: ndarray) -> ndarray:
    return numpy.matmul(windows, other.swapaxes(1, 2)).sum(axis=0)


def _pieces(multiplications: int, length: int) -> int:
    """Return into how many equal pieces to cut rows of `length`, for products that are small."""
    for pieces in range(
        -(-multiplications * length // SMALL_PRODUCT), length // SHORTEST_PIECE + 1
    ):
        if length % pieces == 0:
            return pieces
    return 1


def places(size: int, out: int, step: int, offset: int) -> list[tuple[slice, slice]]:
    """Return where i in range(size) and j in range(out) have i + offset = j * step.

    One pair of slices, of i and of j, or none.
    """
    first = max(0, -(-offset // step))
    last = min(out - 1, (size - 1 + offset) // step)
    if last < first:
        return []
    begin, end = first * step - offset, last * step - offset
    return [(slice(begin, end + 1, step), slice(first, last + 1))]
