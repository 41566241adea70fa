"""A line cut into parts, of which one or several are a letter.

All lengths are shares of the usual height of the line's letters.
"""

from bisect import bisect_right
from collections import namedtuple
from itertools import accumulate

from edge.preparation.pieces import longer_side
from edge.reading.lines import BODY

# Pieces that share this much of the narrower one's width are parts of one letter, as in Ё.
OVER = 0.5

# What is wider than this may be two letters that touch. It is cut once in every stretch of columns
# that have ink of at most so many widths of the pen.
WIDE, THIN = 0.75, 1.8

# What is wider than this then is cut at the thinnest places that are so far apart, whatever they
# have.
WIDER, APART = 1.4, 0.25

# A letter is put together of at most so many parts, and is at most so wide if it is not one alone.
PARTS, WIDEST = 6, 2.2

# What a candidate costs in nats, besides what its classifier says: each, each of its ends that is
# cut through ink, and what is too narrow, too low or too wide, or has a gap in it, for each height.
LETTER, CUT = 0.1, 0.25
NARROW, LOW, BROAD = (0.35, 7.5), (0.7, 8), (1.1, 1.3)
GAP = 1.3

Part = namedtuple("Part", "top bottom left right runs cut")
Part.__doc__ = (
    """Ink, as `edge.preparation.pieces.Piece`, and whether it is cut off what is before it."""
)

Candidate = namedtuple("Candidate", "first stop top bottom left right cost")
Candidate.__doc__ = """Parts `first` to `stop` of a line, taken for a letter: the box of their ink.

Its `cost` in nats grows with how unlike a letter's its place and size are.
"""


def parts(line, width):
    """Return the parts of a `Line` in ink of that width, from left to right."""
    bodies, small = [], []
    for piece in line.pieces:
        part = Part(*piece[1:], False)
        (bodies if longer_side(piece) >= BODY * line.height else small).append(part)
    found = []
    for part in bodies:
        over = [
            other
            for other in found
            if min(other.right, part.right) - max(other.left, part.left)
            >= OVER * min(other.right - other.left, part.right - part.left)
        ]
        for other in over:
            found.remove(other)
        found.append(_joined([*over, part]))
    # What is too small for a letter belongs to the nearest one.
    whole = list(found)
    for part in small:
        near = min(range(len(whole)), key=lambda number: _distance(part, whole[number]))
        found[near] = _joined([found[near], part])
    cut = [part for whole in found for part in _cut(whole, line.height, width)]
    return sorted(cut, key=lambda part: part.left)


def _distance(one, other):
    """Return how far a small part is from another; what is over a letter is near to it."""
    across = max(one.left - other.right, other.left - one.right, 0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0)
    return across + down / 4


def _joined(these):
    tops, bottoms, lefts, rights, runs, _ = zip(*these)
    runs = [run for each in runs for run in each]
    return Part(min(tops), max(bottoms), min(lefts), max(rights), runs, False)


def _cut(part, height, width):
    across = part.right - part.left
    if across <= WIDE * height:
        return [part]
    changes = [0] * (across + 1)
    for first, end in part.runs:
        start = first % width - part.left
        changes[start] += 1
        changes[start + end - first] -= 1
    ink = list(accumulate(changes[:-1]))
    lengths = sorted([end - first for first, end in part.runs])
    columns = _thin(ink, THIN * max(1, lengths[len(lengths) // 4]))
    edges = [0, *columns, across]
    for start, stop in zip(edges, edges[1:]):
        if stop - start > WIDER * height:
            columns += _thinnest(ink, start, stop, max(2, int(APART * height)))
    return _parted(part, sorted(columns), width)


def _thin(ink, most):
    """Return the middle of the thinnest place of every stretch of thin columns within the ink."""
    found, start = [], 0
    for column, value in enumerate([*ink, most + 1]):
        if value > most:
            if 0 < start < column < len(ink):
                least = min(ink[start:column])
                places = [place for place in range(start, column) if ink[place] == least]
                found.append(places[len(places) // 2])
            start = column + 1
    return found


def _thinnest(ink, start, stop, apart):
    """Return the thinnest columns between two, each so far apart from the others and the ends."""
    found, taken = [], bytearray(stop)
    for place in sorted(range(start + apart, stop - apart + 1), key=ink.__getitem__):
        if not taken[place]:
            found.append(place)
            taken[place - apart + 1 : place + apart] = b"\1" * (2 * apart - 1)
    return found


def _parted(part, columns, width):
    """Return what a part is cut into at these of its columns, in order, where there is ink."""
    edges = [part.left, *[part.left + column for column in columns], part.right]
    runs = [[] for _ in edges[1:]]
    for first, end in part.runs:
        row = first - first % width
        number = bisect_right(edges, first - row) - 1
        while first < end:
            stop = min(end, row + edges[number + 1])
            runs[number].append((first, stop))
            first, number = stop, number + 1
    found = []
    for left, right, own in zip(edges, edges[1:], runs):
        if own:
            rows = [first // width for first, _ in own]
            found.append(Part(min(rows), max(rows) + 1, left, right, own, left > part.left))
    return found


def candidates(found, height):
    """Return the `Candidate`s that the parts of a line of such a height make."""
    made = []
    for first in range(len(found)):
        for stop in range(first + 1, min(first + PARTS, len(found)) + 1):
            tops, bottoms, lefts, rights, _, _ = zip(*found[first:stop])
            box = min(tops), max(bottoms), min(lefts), max(rights)
            across = (box[3] - box[2]) / height
            if across > WIDEST and stop > first + 1:
                break
            down = (box[1] - box[0]) / height
            gap = max([b - a for a, b in zip(rights, lefts[1:])], default=0) / height
            cuts = found[first].cut + (stop < len(found) and found[stop].cut)
            cost = LETTER + CUT * cuts + GAP * max(0, gap) + BROAD[1] * max(0, across - BROAD[0])
            cost += NARROW[1] * max(0, NARROW[0] - across) + LOW[1] * max(0, LOW[0] - down)
            made.append(Candidate(first, stop, *box, cost))
    return made


def ink_of(candidate, found, ink, width):
    """Return the ink of a candidate: the rows of its box, bytes."""
    left, across = candidate.left, candidate.right - candidate.left
    rows = [bytearray(across) for _ in range(candidate.bottom - candidate.top)]
    for part in found[candidate.first : candidate.stop]:
        for first, end in part.runs:
            start = first % width - left
            rows[first // width - candidate.top][start : start + end - first] = ink[first:end]
    return [bytes(row) for row in rows]
