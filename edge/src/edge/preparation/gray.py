"""Brightness, one byte a pixel: from planes, and handled as whole `bytes`, never pixel by pixel."""

from functools import cache

# Ink differs from the paper by at least this many of the 255 levels.
CONTRAST = 32

# Translates every byte but zero to one, so that `find` sees them all.
MARKS = b"\0" + b"\1" * 255


def brightness_of(colours):
    """Return the brightness of three planes of colours, red, green and blue."""
    red, green, blue = colours
    return red if red == green == blue else _luma(red, green, blue)


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
