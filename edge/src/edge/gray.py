"""Brightness, one byte a pixel, handled as whole `bytes`: what needs no look at single pixels."""

# Ink differs from the paper by at least this many of the 255 levels.
CONTRAST = 32

INVERSE = bytes(range(255, -1, -1))


def sides(gray, width):
    """Give the border's pixels: left, right, top, bottom."""
    return gray[::width], gray[width - 1 :: width], gray[:width], gray[-width:]


def median(values):
    """Give the middle one of all values."""
    return sorted(values)[len(values) // 2]


def within(level, distance):
    """Give all values that differ from `level` by less than `distance`, as bytes."""
    return bytes(range(max(0, level - distance + 1), min(256, level + distance)))


def noise(gray, width):
    """Estimate the noise: by how much neighbours on the border differ, the median."""
    return median([abs(a - b) for side in sides(gray, width) for a, b in zip(side, side[1:])])


def halved(gray, width):
    """Make of every two by two pixels one, their mean; give the new width too."""
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
