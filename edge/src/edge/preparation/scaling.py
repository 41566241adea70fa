"""Ink of any size, scaled to the one that the network reads."""

import struct
from itertools import accumulate

from edge.picture import SIZE

# The longest side of a prepared letter, in pixels.
EXTENT = 24


def placed(rows):
    """Scale a letter's box, rows of ink, to EXTENT and centre it, dark on white.

    Returns 784 bytes of 28x28 pixels.
    """
    scale = EXTENT / max(len(rows), len(rows[0]))
    width, height = (max(1, round(len(side) * scale)) for side in (rows[0], rows))
    rows = _resized_across(_resized_down(rows, height), width)
    # Averaging pales a thin pen: the darkest spot of every letter is made black again.
    peak = max(map(max, rows))
    left, top = (SIZE - width) // 2, (SIZE - height) // 2
    picture = bytearray(b"\xff" * (SIZE * SIZE))
    for start, row in zip(range(top * SIZE + left, SIZE * SIZE, SIZE), rows):
        picture[start : start + width] = bytes([255 - round(value * 255 / peak) for value in row])
    return bytes(picture)


def _resized_down(rows, count):
    """Resize columns of bytes to `count` cells, adding whole rows as if each were one number.

    In units of 1/count of a row, cell i of n rows covers [i * n, (i + 1) * n); sums stay unscaled.
    """
    length, width = len(rows), len(rows[0])
    resized = []
    for first in range(0, count * length, length):
        total = 0
        for index in range(first // count, -(-(first + length) // count)):
            # Eight bytes a pixel: nothing carries over.
            wide = bytearray(8 * width)
            wide[::8] = rows[index]
            share = min(first + length, (index + 1) * count) - max(first, index * count)
            total += int.from_bytes(wide, "little") * share
        resized.append(struct.unpack(f"<{width}Q", total.to_bytes(8 * width, "little")))
    return resized


def _resized_across(rows, count):
    """Resize every row to `count` cells, each the mean of the stretch of pixels that it covers."""
    length = len(rows[0])
    step = length / count
    edges = [divmod(cell * step, 1) for cell in range(count)] + [(length, 0)]
    edges = [(int(index), fraction) for index, fraction in edges]
    resized = []
    for row in rows:
        sums = [0, *accumulate(row)]
        sums.append(sums[-1])
        ends = [sums[i] + fraction * (sums[i + 1] - sums[i]) for i, fraction in edges]
        resized.append([(stop - start) / step for start, stop in zip(ends, ends[1:])])
    return resized
