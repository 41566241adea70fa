"""Ink cut into letters, and told whether it is more than one.

All lengths are shares of the height of the ink. Measured on 16,500 letters of three corpora and
7,500 of them as masks of 48x48 pixels; on words of two to five letters and two rows of letters.
"""

# Between two letters of a word is at least this much paper: block letters keep 0.05, of which
# rounding takes some; in a mask, one pixel may be all that is left.
GAP = 0.03

# A letter in a line is at least this wide, and the half of an Ы or an Ю is not: in 99.8% of letters
# no gap leaves as much on both sides.
NARROW = 0.35

# What is no wider than this is one letter, gaps or not. So are five in six of the letters in which
# a gap leaves enough on both sides, mostly Ы, but only one in 100 words of two letters.
PAIR = 1.2

# What is wider than this is several, gaps or not: wider than all letters of CoMNIST and
# Cyrillic-MNIST, at most 2.1, and than 99.8% of a ballpoint's, whose small ш is 1.5 to 3; most
# words of three letters are wider.
WIDE = 2.75

# What looks like several is one if it is read as one with this probability: Й with a wide breve, Ш
# from a thick pen. A wide one that does not even reach the lower one is several that touch: the
# classifier has learned from words, and gives all letters alike in them.
SURELY, BARELY = 0.9, 0.25

# The lower of two rows takes at least this share of the height of both, the gap left out. The dots
# of Ё and the breve of Й take less, but for one in 1,000.
LOW = 0.42

# Ink up to this level does not close the gap between two rows: the blur of a mask, in which 96% of
# rows of print are told apart, 92% without, and 0.05% more of letters alone.
BLUR = 80

_BLURRED = bytes(range(BLUR + 1))


def boxed(ink, width):
    """Return the rows of the smallest box that holds all ink."""
    first, last = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0")) - 1
    starts = range(first // width * width, last + 1, width)
    rows = [ink[start : start + width] for start in starts]
    left = min(width - len(row.lstrip(b"\0")) for row in rows)
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return [row[left:right] for row in rows]


def crowd(rows):
    """Return how many letters a box of ink looks like, in its real proportions: one, or at least.

    And the probability from which on the classifier is to be believed that it is one all the same.
    """
    shape = len(rows[0]) / len(rows)
    number = len(parted(rows)) if shape > PAIR else 1
    if shape > WIDE or _stacked(rows) or number > 1:
        return max(2, number), SURELY
    return (2, BARELY) if shape > PAIR else (1, 0)


def _stacked(rows):
    """Return whether there are two rows of letters, one above the other."""
    inked = bytes([bool(row.translate(None, _BLURRED)) for row in rows])
    stretches = _stretches(inked, len(rows))
    (top, _), (_, bottom) = stretches[0], stretches[-1]
    heights = [
        (stop - top, bottom - start) for (_, stop), (start, _) in zip(stretches, stretches[1:])
    ]
    return any(min(pair) >= LOW * sum(pair) for pair in heights)


def parted(rows):
    """Cut rows of ink into letters where there is enough paper between them, from left to right.

    Returns a list of letters, each a list of rows.
    """
    height, width = len(rows), len(rows[0])
    columns = 0
    for row in rows:
        columns |= int.from_bytes(row, "little")
    parts = _stretches(columns.to_bytes(width, "little"), height)
    number = 0
    while number < len(parts) > 1:
        start, stop = parts[number]
        if stop - start < height * NARROW:
            # Half of an Ы or an Ю: it belongs to what is nearer.
            before = start - parts[number - 1][1] if number else width
            after = parts[number + 1][0] - stop if number < len(parts) - 1 else width
            first = number - 1 if before < after else number
            parts[first : first + 2] = [(parts[first][0], parts[first + 1][1])]
            number = 0
        else:
            number += 1
    return [[row[start:stop] for row in rows] for start, stop in parts]


def _stretches(marks, height):
    """Return `(start, stop)` of all stretches of marks, bytes, between gaps of zeros."""
    gap = b"\0" * max(1, int(height * GAP))
    stretches, start = [], len(marks) - len(marks.lstrip(b"\0"))
    marks = marks.rstrip(b"\0")
    while (stop := marks.find(gap, start)) >= 0:
        stretches.append((start, stop))
        start = len(marks) - len(marks[stop:].lstrip(b"\0"))
    return [*stretches, (start, len(marks))]
