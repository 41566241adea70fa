"""From any picture of one letter to what the network reads: 28x28, dark ink on white, centred.

Both backends and the workshop use this one preparation, so it needs no NumPy; whatever touches
every pixel is an operation on whole `bytes`, which is what makes it quick.
"""

import struct
from itertools import accumulate

SIZE = 28

# The longest side of a prepared letter, in pixels.
EXTENT = 24

# Ink differs from the paper by at least this many of the 255 levels.
CONTRAST = 32

# Below this share of the ink's own contrast a pixel is paper: what scanners and JPEG leave behind.
FAINT = 1 / 8

_WHITE = b"\xff"


class PictureError(ValueError):
    """A picture in which no letter can be seen."""


def letter(planes):
    """Find the letter in `planes` (`edge.png.Planes`) and return it as 784 bytes of 28x28 pixels.

    Raises PictureError where nothing stands out from the paper.
    """
    width = planes.width
    gray, paper = _dark_on_light(_gray(planes), width)
    ink = _ink(gray, paper)
    first, last = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0")) - 1
    starts = range(first // width * width, last + 1, width)
    rows = [ink[start : start + width] for start in starts]
    left = min(width - len(row.lstrip(b"\0")) for row in rows)
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return _place([row[left:right] for row in rows])


def _gray(planes):
    """Give the picture's brightness, one byte a pixel, as it looks on white paper."""
    red, green, blue, alpha = planes.red, planes.green, planes.blue, planes.alpha
    luma = red if red == green == blue else _luma(red, green, blue)
    if alpha is None:
        return luma
    if luma.count(luma[0]) == len(luma):
        # One colour throughout: the alpha channel alone draws the letter, whatever the colour.
        return alpha.translate(_INVERSE)
    on_white = bytes([255 + (value - 255) * share // 255 for value, share in zip(luma, alpha)])
    if min(on_white) > 255 - CONTRAST:
        # Light ink on nothing would vanish on white.
        return bytes([value * share // 255 for value, share in zip(luma, alpha)])
    return on_white


def _luma(red, green, blue):
    """Weigh the channels by ITU-R BT.601, adding whole planes as if each were one number.

    The weighted channels of one pixel never exceed 255 together, so nothing carries over.
    """
    total = sum(
        int.from_bytes(plane.translate(table), "little")
        for plane, table in zip((red, green, blue), _WEIGHTED)
    )
    return total.to_bytes(len(red), "little")


def _dark_on_light(gray, width):
    """Give brightness with the ink darker than the paper, inverted if need be, and the paper's.

    The paper is the median of the picture's border; ink is what weighs more against it.
    """
    border = sorted(gray[:width] + gray[-width:] + gray[::width] + gray[width - 1 :: width])
    paper = border[len(border) // 2]
    darker = gray.translate(None, bytes(range(max(0, paper - CONTRAST + 1), 256)))
    lighter = gray.translate(None, bytes(range(min(256, paper + CONTRAST))))
    if not darker and not lighter:
        raise PictureError("no letter found: nothing stands out from the paper")
    if sum(lighter) - paper * len(lighter) > paper * len(darker) - sum(darker):
        return gray.translate(_INVERSE), 255 - paper
    return gray, paper


def _ink(gray, paper):
    """Turn brightness into ink: paper and what is faint 0, the darkest tenth of the ink 255."""
    darker = gray.translate(None, bytes(range(max(0, paper - CONTRAST + 1), 256)))
    contrast = paper - sorted(darker)[len(darker) // 10]
    faint = contrast * FAINT
    return gray.translate(
        bytes(
            min(255, (paper - value) * 255 // contrast) if paper - value > faint else 0
            for value in range(256)
        )
    )


def _place(rows):
    """Scale the letter's box, rows of ink, to one extent and centre it on white."""
    scale = EXTENT / max(len(rows), len(rows[0]))
    width, height = (max(1, round(len(side) * scale)) for side in (rows[0], rows))
    rows = _resized(_merged(rows, height), width)
    # Averaging pales a thin pen: the darkest spot of every letter is made black again.
    peak = max(map(max, rows))
    left, top = (SIZE - width) // 2, (SIZE - height) // 2
    picture = bytearray(_WHITE * (SIZE * SIZE))
    for start, row in zip(range(top * SIZE + left, SIZE * SIZE, SIZE), rows):
        picture[start : start + width] = bytes([255 - round(value * 255 / peak) for value in row])
    return bytes(picture)


def _merged(rows, count):
    """Resize columns of bytes to `count` cells, adding whole rows as if each were one number.

    In units of 1/count of a row, cell i of n rows covers [i * n, (i + 1) * n); sums stay unscaled.
    """
    length, width = len(rows), len(rows[0])
    merged = []
    for first in range(0, count * length, length):
        total = 0
        for index in range(first // count, -(-(first + length) // count)):
            # Eight bytes a pixel: nothing carries over.
            wide = bytearray(8 * width)
            wide[::8] = rows[index]
            share = min(first + length, (index + 1) * count) - max(first, index * count)
            total += int.from_bytes(wide, "little") * share
        merged.append(struct.unpack(f"<{width}Q", total.to_bytes(8 * width, "little")))
    return merged


def _resized(rows, count):
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


_INVERSE = bytes(range(255, -1, -1))
_WEIGHTED = [
    bytes(round(weight * value) for value in range(256)) for weight in (0.299, 0.587, 0.114)
]
