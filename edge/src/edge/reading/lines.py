"""Pieces of ink put together to lines of writing.

All lengths are shares of the height of the letters.
"""

from collections import namedtuple
from statistics import median

from edge.preparation import PictureError
from edge.preparation.pieces import longer_side

# A page of block letters has no more of them.
MOST_LETTERS = 1000

# A piece with such a side is a letter, or most of one; what is smaller is a part of one, or dirt.
BODY = 0.45

# A letter stands in a line if it shares this much of the lower one's height with its last letters.
SHARED, LAST = 0.5, 4

# Parts of letters are no further from their line's letters than this.
NEAR = 0.5

# Pieces lighter than this share of a usual letter are dirt, and so is a line of letters so light.
DIRT, LIGHT = 1 / 100, 1 / 5

# A rule is so many times as long as letters are high, and so low.
RULE = 4, 0.3

Line = namedtuple("Line", "height pieces")
Line.__doc__ = """The usual height of a line's letters in pixels, and its pieces of ink."""


def lines(pieces):
    """Return the `Line`s that pieces of ink (`edge.preparation.pieces.Piece`) stand in, from above.

    Raises PictureError if they are more than a page has.
    """
    if not pieces:
        return []
    height = _usual(pieces)
    pieces = [piece for piece in pieces if not _is_rule(piece, height)]
    bodies = [piece for piece in pieces if longer_side(piece) >= BODY * height]
    if not bodies:
        return []
    if len(bodies) > MOST_LETTERS:
        raise PictureError(
            f"{len(bodies)} letters, or what looks so; expected at most {MOST_LETTERS}, a page of"
            " block letters"
        )
    weight = median([piece.weight for piece in bodies])
    rows = _rows(sorted(bodies, key=lambda piece: piece.left))
    rows = [row for row in rows if max(piece.weight for piece in row) >= LIGHT * weight]
    for piece in pieces:
        if longer_side(piece) < BODY * height and piece.weight >= DIRT * weight:
            distance, row = min((_distance(piece, row), number) for number, row in enumerate(rows))
            if distance <= NEAR * height:
                rows[row].append(piece)
    rows.sort(key=lambda row: median([piece.top + piece.bottom for piece in row]))
    return [Line(_usual(row), row) for row in rows]


def _usual(pieces):
    """Return the median height of pieces that are no much smaller than the highest ones."""
    heights = sorted([piece.bottom - piece.top for piece in pieces])
    high = heights[-1 - len(heights) // 10]
    return median([height for height in heights if 2 * height >= high])


def _is_rule(piece, height):
    long, low = RULE
    return piece.right - piece.left > long * height and piece.bottom - piece.top < low * height


def _rows(bodies):
    """Put bodies, from left to right, into rows; a row may climb or fall."""
    rows = []
    for body in bodies:
        shares = [_shared(_level(row[-LAST:]), (body.top, body.bottom)) for row in rows]
        best = max(shares, default=0)
        if best >= SHARED:
            rows[shares.index(best)].append(body)
        else:
            rows.append([body])
    # A low letter, or a part of one, may have begun a row of its own.
    kept = []
    for row in sorted(rows, key=len, reverse=True):
        for other in kept:
            near = sorted(other, key=lambda body: abs(body.left - row[0].left))[:LAST]
            whole = min(body.top for body in near), max(body.bottom for body in near)
            if _shared(whole, _level(row)) >= SHARED:
                other += row
                break
        else:
            kept.append(row)
    return kept


def _level(bodies):
    """Return the median top and bottom of bodies."""
    return median([body.top for body in bodies]), median([body.bottom for body in bodies])


def _shared(one, other):
    """Return how much of the lower of two heights, `(top, bottom)`, is shared."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / min(one[1] - one[0], other[1] - other[0])


def _distance(piece, row):
    """Return how far a piece is from the nearest body of a row."""
    return min(
        max(
            piece.left - body.right,
            body.left - piece.right,
            piece.top - body.bottom,
            body.top - piece.bottom,
            0,
        )
        for body in row
    )
