"""The windows of large pictures as overlapping bands of one array.

All windows of a batch side by side take kernel height * kernel width times the memory of the
pictures, and soon leave the processor's cache. Here every row of a picture is copied only kernel
width times, each time shifted by one place in the kernel. The rows that one row of windows needs
then follow each other in memory, and so do the windows of that row as a matrix, without a copy: the
next row's matrix begins a row later and shares most of its memory.
"""

import math
from collections.abc import Iterator

import numpy
from numpy import ndarray
from numpy.lib.stride_tricks import as_strided

from .layer import examples_last

Pair = tuple[int, int]

# OpenBLAS computes products of at most so many multiplications at once, without rearranging the
# matrices first; of few rows, as few filters are, that takes up to half the time.
SMALL_PRODUCT = 1_000_000
FEW_ROWS = 48
SHORTEST_PIECE = 48


class Bands:
    """Where the pixels of a picture lie in the bands, for one geometry.

    A picture `(channels, *size)` is laid into another of zeros: pixel `(y, x)` at `offset + (y,
    x)`, if that is within it. There, window `(i, j)` of `out` begins at `stride * (i, j)` and has
    its pixels `dilation` apart.
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
        self._out, self._height, self._step = out, kernel[0], stride[0]
        # With a dilation, rows that windows have in common are `dilation` apart: sorted by the
        # remainder, they follow each other.
        apart = self._apart = dilation[0]
        rows = (out[0] - 1) * stride[0] + (kernel[0] - 1) * apart + 1
        self._shape = (apart, -(-rows // apart), kernel[1], channels, out[1])
        self._copies = [
            ((remainder, to_row, x, slice(None), to_column), (slice(None), row, column))
            for remainder in range(apart)
            for x in range(kernel[1])
            for row, to_row in _places(size[0], self._shape[1], apart, offset[0] - remainder)
            for column, to_column in _places(
                size[1], out[1], stride[1], offset[1] - x * dilation[1]
            )
        ]

    @property
    def values(self) -> int:
        """How many numbers the bands of one picture have."""
        return math.prod(self._shape)

    def empty(self, m: int, dtype: numpy.dtype) -> ndarray:
        """Return the bands of `m` pictures of zeros."""
        return numpy.zeros((*self._shape, m), dtype)

    def fill(self, bands: ndarray, pictures: ndarray) -> None:
        """Copy `(m, channels, *size)` into bands that are empty or have been filled before."""
        if pictures.strides[0] != pictures.itemsize:
            copied = examples_last(pictures.shape, pictures.dtype)
            copied[...] = pictures
            pictures = copied
        pixels = numpy.moveaxis(pictures, 0, -1)
        for to, where in self._copies:
            # Rows before channels, as in the bands.
            bands[to] = pixels[where].swapaxes(0, 1)

    def multiply(self, matrix: ndarray, bands: ndarray, out: ndarray) -> None:
        """Write the products of `matrix` with all windows to `out`, a view of `by_rows`."""
        for rows, windows in self.matrices(bands):
            count, size, length = windows.shape
            pieces = _pieces(len(matrix) * size, length) if len(matrix) < FEW_ROWS else 1
            numpy.matmul(
                matrix,
                windows.reshape(count, size, pieces, -1).swapaxes(1, 2),
                out=out[rows].reshape(count, len(matrix), pieces, -1).swapaxes(1, 2),
            )

    def matrices(self, bands: ndarray) -> Iterator[tuple[slice, ndarray]]:
        """Yield rows of windows, and their matrices `(rows, kernel size, out width * m)`.

        The kernel's axes are in the order height, width, channels.
        """
        _, _, width, channels, out_width, m = bands.shape
        shape = self._height * width * channels, out_width * m
        common = math.gcd(self._step, self._apart)
        for first in range(min(self._apart // common, self._out[0])):
            rows = slice(first, None, self._apart // common)
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


def _pieces(multiplications: int, length: int) -> int:
    """Return into how many equal pieces to cut rows of `length`, for products that are small."""
    for pieces in range(
        -(-multiplications * length // SMALL_PRODUCT), length // SHORTEST_PIECE + 1
    ):
        if length % pieces == 0:
            return pieces
    return 1


def _places(size: int, out: int, step: int, offset: int) -> list[tuple[slice, slice]]:
    """Return where i in range(size) and j in range(out) have i + offset = j * step.

    One pair of slices, of i and of j, or none.
    """
    first = max(0, -(-offset // step))
    last = min(out - 1, (size - 1 + offset) // step)
    if last < first:
        return []
    begin, end = first * step - offset, last * step - offset
    return [(slice(begin, end + 1, step), slice(first, last + 1))]
