"""Brightness, one byte a pixel: from planes, and handled as whole `bytes`, never pixel by pixel."""

from functools import cache

# Ink differs from the paper by at least this many of the 255 levels.
CONTRAST = 32

INVERSE = bytes(range(255, -1, -1))

# Translates every byte but zero to one, so that `find` sees them all.
MARKS = b"\0" + b"\1" * 255


def brightness(planes):
    """Return the brightness of `edge.decode.png.Planes` as they look on white paper."""
    red, green, blue, alpha = planes.red, planes.green, planes.blue, planes.alpha
    luma = red if red == green == blue else _luma(red, green, blue)
    if alpha is None:
        return luma
    if luma.count(luma[0]) == len(luma):
        # One colour throughout: the alpha channel alone draws the letter, whatever the colour.
        return alpha.translate(INVERSE)
    on_white = bytes([255 + (value - 255) * share // 255 for value, share in zip(luma, alpha)])
    if min(on_white) > 255 - CONTRAST:
        # Light ink on a transparent background would vanish on white: it is read on black.
        return bytes([value * share // 255 for value, share in zip(luma, alpha)])
    return on_white


def _luma(red, green, blue):
    """Weigh the channels by ITU-R BT.601, adding whole planes as if each were one number.

    The weighted channels of one pixel never exceed 255 together, so nothing carries over.
    """
    total = sum(
        int.from_bytes(plane.translate(table), "little")
        for plane, table in zip((red, green, blue), _weighted())
    )
    return total.to_bytes(len(red), "little")


@cache
def _weighted():
    # Once, but not on import: most pictures are gray.
    weights = (0.299, 0.587, 0.114)
    return [bytes(round(weight * value) for value in range(256)) for weight in weights]


def span(plane):
    """Return the number of levels from the darkest pixel to the lightest."""
    # `min` and `max` would look at every pixel as a number.
    levels = [level for level in range(256) if level in plane]
    return levels[-1] - levels[0]


def sides(gray, width):
    """Return the border's pixels: left, right, top, bottom."""
    return gray[::width], gray[width - 1 :: width], gray[:width], gray[-width:]


def median(values):
    """Return the median, the upper one of an even number of values."""
    return sorted(values)[len(values) // 2]


def within(level, distance):
    """Return all levels that differ from `level` by less than `distance`, as bytes."""
    return bytes(range(max(0, level - distance + 1), min(256, level + distance)))


def noise(gray, width):
    """Estimate the noise: the median difference between neighbours on the border."""
    return median([abs(a - b) for side in sides(gray, width) for a, b in zip(side, side[1:])])


def halved(gray, width):
    """Return a picture of half the width and height, each pixel the mean of four, and its width."""
    even = width - width % 2
    rows = []
    for start in range(0, len(gray) - 2 * width + 1, 2 * width):
        below = start + width
        row = _mean(gray[start : start + even], gray[below : below + even])
        rows.append(_mean(row[::2], row[1::2]))
    return b"".join(rows), even // 2


def _mean(one, other):
    """Average two rows as if each were one number: the bits that both have, and half the others."""
    a, b = int.from_bytes(one, "little"), int.from_bytes(other, "little")
    halves = int.from_bytes(b"\x7f" * len(one), "little")
    return ((a & b) + ((a ^ b) >> 1 & halves)).to_bytes(len(one), "little")
