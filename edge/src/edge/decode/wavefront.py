"""Undoes the filters of a PNG with NumPy, all rows of a block at once (section 9.2).

A byte depends on those to its left, above and left of that. So the bytes on a slanting line, each
one pixel further left than the one a row higher, depend on none of each other: line by line is
computed, from left to right.
"""

import numpy
from numpy.lib.stride_tricks import as_strided

_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4

# As many bytes on a line repay the calls of NumPy, and all that is computed with fits in a cache.
_LINE_BYTES = 2048


# A line costs as much as undoing so many bytes without NumPy.
_LINE_COST = 64


def worthwhile(height, width, lanes):
    """Return whether a picture has enough bytes a line, for it is neither narrow nor low."""
    rows = block_rows(height, lanes)
    return rows * width * lanes >= _LINE_COST * (rows + width)


def block_rows(height, lanes):
    """Return how many rows to undo at once: nearly equal blocks of a picture of so many rows."""
    blocks = -(-height * lanes // _LINE_BYTES)
    return -(-height // blocks)


def unfilter(rows, filters, above):
    """Undo, in place, the filters of `rows`, uint8 `(rows, width, lanes)`.

    `filters` are 0 to 4, one a row, and `above`, `(width, lanes)`, is the row before the first.
    """
    if not filters.any():
        return
    count, width, lanes = rows.shape
    # Every lane has its own places on a line, one for each row after one for the row above.
    length = lanes * (count + 1)
    lines = numpy.zeros((width + count + 2, length), numpy.int16)
    step = lines.itemsize
    # Rows of the picture as they lie across the lines, for every lane.
    across = [
        as_strided(
            lines[2:, lane * (count + 1) :],
            (count + 1, width),
            ((length + 1) * step, length * step),
        )
        for lane in range(lanes)
    ]
    for lane, slanting in enumerate(across):
        slanting[0] = above[:, lane]
        slanting[1:] = rows[:, :, lane]
    _predict(lines, numpy.tile(numpy.append(numpy.uint8(0), filters), lanes)[1:])
    for lane, slanting in enumerate(across):
        rows[:, :, lane] = slanting[1:]


def _predict(lines, filters):
    """Add to every line, but for its first place, what is predicted from the two before it.

    Sub, Up and None are Paeth with zeros for what they do not look at. Where a line leaves the
    picture, it computes what nobody looks at.
    """
    to_left, to_up, to_corner, to_average = (
        -numpy.isin(filters, kinds).astype(numpy.int16)
        for kinds in ([_SUB, _AVERAGE, _PAETH], [_UP, _AVERAGE, _PAETH], [_PAETH], [_AVERAGE])
    )
    averages = to_average.any()
    left, up, corner, low, high, limit, chosen = numpy.empty((7, len(filters)), numpy.int16)
    three, one, byte = numpy.int16(3), numpy.int16(1), numpy.int16(255)
    unmasked_corner = lines[0, :-1]
    for before, line in zip(lines[1:], lines[2:]):
        current, unmasked_up = line[1:], before[:-1]
        numpy.bitwise_and(before[1:], to_left, left)
        numpy.bitwise_and(unmasked_up, to_up, up)
        numpy.bitwise_and(unmasked_corner, to_corner, corner)
        unmasked_corner = unmasked_up
        numpy.minimum(left, up, out=low)
        numpy.maximum(left, up, out=high)
        # Paeth takes the lower of left and up if the corner lies beyond two thirds of the way from
        # lower to higher, the higher if it lies before one third, and else the corner.
        total = numpy.add(left, up, left)
        numpy.multiply(corner, three, limit)
        numpy.subtract(limit, total, limit)
        numpy.less_equal(high, limit, chosen)
        numpy.subtract(low, corner, up)
        numpy.multiply(up, chosen, up)
        numpy.add(corner, up, corner)
        numpy.less_equal(limit, low, chosen)
        numpy.subtract(high, corner, high)
        numpy.multiply(high, chosen, high)
        predicted = numpy.add(corner, high, corner)
        if averages:
            mean = numpy.right_shift(total, one, total)
            numpy.subtract(mean, predicted, mean)
            numpy.bitwise_and(mean, to_average, mean)
            numpy.add(predicted, mean, predicted)
        numpy.add(current, predicted, current)
        numpy.bitwise_and(current, byte, current)
