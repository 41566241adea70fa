"""Letters scaled by NumPy: the same bytes as `edge.preparation.scaling.placed` gives, sooner."""

import numpy

from edge.picture import SIZE
from edge.preparation.scaling import EXTENT


def placed(rows):
    """Scale a letter's box, rows of ink, to EXTENT and centre it: 784 bytes of 28x28 pixels."""
    ink = numpy.frombuffer(b"".join(rows), numpy.uint8).reshape(len(rows), -1)
    scale = EXTENT / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Whole numbers, in units of 1/height of a row, are exact; so are their differences.
    sums = _sums(ink.astype(numpy.int64))
    row, share = numpy.divmod(numpy.arange(height + 1) * len(ink), height)
    ends = height * sums[row] + share[:, None] * (sums[row + 1] - sums[row])
    # In the order of the other's operations: floating point rounds alike then.
    sums = _sums((ends[1:] - ends[:-1]).T)
    step = ink.shape[1] / width
    column, share = numpy.divmod(numpy.arange(width) * step, 1)
    column, share = numpy.append(column, ink.shape[1]).astype(int), numpy.append(share, 0.0)
    ends = sums[column] + share[:, None] * (sums[column + 1] - sums[column])
    values = ((ends[1:] - ends[:-1]) / step).T
    left, top = (SIZE - width) // 2, (SIZE - height) // 2
    picture = numpy.full((SIZE, SIZE), 255, numpy.uint8)
    inside = 255 - numpy.rint(values * 255 / values.max())
    picture[top : top + height, left : left + width] = inside
    return picture.tobytes()


def _sums(values):
    """Return the sums of the first 0, 1, ... of the values along the first axis, the last twice."""
    sums = numpy.zeros((len(values) + 2, *values.shape[1:]), numpy.int64)
    values.cumsum(axis=0, out=sums[1:-1])
    sums[-1] = sums[-2]
    return sums
