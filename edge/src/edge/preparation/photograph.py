"""Whether a picture is a photograph of paper: unevenly lit, or ruled."""

from edge.preparation.gray import CONTRAST, median, noise, sides, within

# Smaller pictures are not taken for photographs.
SMALLEST_SIDE = 128

# Light is even if at least this share of the border is within EVEN_LEVELS of its median.
EVEN_SHARE, EVEN_LEVELS = 0.85, CONTRAST // 4

# Pixels of one level differ by less than this many times the noise.
GRAIN = 3

# Rules cross two opposite sides at least this often.
RULES = 3

# A dark line that crosses a side is dark in all these rows or columns, counted from the side.
INWARDS = (0, 3, 6, 9)


def is_photograph(gray, width):
    """Return whether light falls unevenly or rules cross the paper."""
    if min(width, len(gray) // width) < SMALLEST_SIDE:
        return False
    border, grain = b"".join(sides(gray, width)), noise(gray, width)
    uneven = border.translate(None, within(median(border), max(EVEN_LEVELS, GRAIN * grain)))
    return len(uneven) > (1 - EVEN_SHARE) * len(border) or is_ruled(gray, width, grain)


def is_ruled(gray, width, grain):
    """Return whether dark lines cross two opposite sides like rules; `grain` is the noise."""
    left, right, top, bottom = map(len, crossings(gray, width, grain))
    return min(left, right) >= RULES or min(top, bottom) >= RULES


def crossings(gray, width, grain):
    """Return the middles of the dark lines that cross each side: left, right, top, bottom."""
    depth = max(CONTRAST // 2, GRAIN * grain)
    found = []
    for lines in (
        [gray[x::width] for x in INWARDS],
        [gray[width - 1 - x :: width] for x in INWARDS],
        [gray[y * width : (y + 1) * width] for y in INWARDS],
        [gray[len(gray) - (y + 1) * width : len(gray) - y * width] for y in INWARDS],
    ):
        # Specks and noise are not dark in all of them.
        marks = -1
        for line in lines:
            level = max(0, median(line) - depth)
            marks &= int.from_bytes(line.translate(b"\1" * level + bytes(256 - level)), "little")
        marks = marks.to_bytes(len(lines[0]), "little")
        middles, start = [], marks.find(1)
        while start >= 0:
            end = marks.find(0, start)
            end = len(marks) if end < 0 else end
            middles.append((start + end - 1) / 2)
            start = marks.find(1, end)
        found.append(middles)
    return found
