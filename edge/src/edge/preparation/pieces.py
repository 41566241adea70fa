"""Pieces of ink: what hangs together. Loose ones that belong to no letter are erased."""

from collections import namedtuple

from edge.preparation.gray import MARKS

# A piece lighter than this share of the heaviest is dirt. Of 4,000 scanned letters on forms 93.1%
# are read with such pieces erased, 88.7% without.
LOOSE = 1 / 60

# A piece is a letter, or most of one, from this share of the heaviest on; of more letters than a
# line has, the heaviest are looked at, so that a texture of thousands takes no longer.
LETTER, LINE = 1 / 3, 32

# Over a letter, where the dots of Ё and the breve of Й are, only a piece lighter than this is dirt.
LOOSE_ABOVE = 1 / 240

# A piece thinner than this share of the pen is a speck or a hair, wherever it is, if the pen is at
# least so many pixels wide: in a small scan all edges are soft, and nothing is thin for sure. Not
# where a network has found the ink: it leaves out what lies on the paper, and what is thin there is
# a dot of Ё from a light hand.
FINE, LEAST_PEN = 0.4, 5

# A piece beside or under a letter with no side longer than this share of the letter's longest is a
# full stop, however heavy: 0.04% of clean letters have such a part, 0.4% of cells on forms.
STOP = 1 / 4

# At the border, a piece lighter than this share of a heaviest one that stays clear of the border is
# a stroke of the neighbour's. Not over a letter: in 14% of Й, of three corpora, the breve is there.
NEIGHBOUR = 1 / 3

Piece = namedtuple("Piece", "weight top bottom left right runs")
Piece.__doc__ = """Ink that hangs together, also by corners.

Its weight is the sum of its pixels, its sides are those of its box, the last two exclusive, and its
`runs` are `(first, end)` of places in the picture.
"""


def pieces(ink, width):
    """Return the pieces of ink, one byte a pixel: connected components by union-find over runs."""
    marks = ink.translate(MARKS)
    runs, parents, above = [], [], []
    for start in range(0, len(ink), width):
        stop, row = start + width, []
        first = marks.find(1, start, stop)
        while first >= 0:
            end = marks.find(0, first, stop)
            end = stop if end < 0 else end
            row.append(len(runs))
            runs.append((first, end))
            parents.append(len(parents))
            first = marks.find(1, end, stop)
        near = 0
        for run in row:
            first, end = runs[run][0] - width, runs[run][1] - width
            # From left to right: what ends before this one does not touch the next one either.
            while near < len(above) and runs[above[near]][1] < first:
                near += 1
            for number in range(near, len(above)):
                if runs[above[number]][0] > end:
                    break
                parents[_root(parents, above[number])] = _root(parents, run)
        above = row
    together = {}
    for run, span in enumerate(runs):
        together.setdefault(_root(parents, run), []).append(span)
    return [_piece(ink, width, spans) for spans in together.values()]


def _root(parents, run):
    """Follow the parents to the run that stands for all that hangs together."""
    while parents[run] != run:
        parents[run] = run = parents[parents[run]]
    return run


def _piece(ink, width, spans):
    weight = sum([sum(ink[first:end]) for first, end in spans])
    left = min([first % width for first, _ in spans])
    right = max([(end - 1) % width for _, end in spans]) + 1
    return Piece(weight, spans[0][0] // width, spans[-1][0] // width + 1, left, right, spans)


def without_loose(ink, width, found=False):
    """Return the ink without loose pieces: specks, full stops, strokes of neighbours.

    It is `found` if a network has told it from specks and hairs.
    """
    return only(of_letters(ink, width, found), ink)


def only(kept, ink):
    """Return the ink of the pieces `kept` alone."""
    alone = bytearray(len(ink))
    for piece in kept:
        for first, end in piece.runs:
            alone[first:end] = ink[first:end]
    return bytes(alone)


def of_letters(ink, width, found=False):
    """Return the pieces of ink that are no specks, full stops or strokes of neighbours."""
    parts = pieces(ink, width)
    if len(parts) < 2:
        return parts
    height, heaviest = len(ink) // width, sorted(parts, reverse=True)[:LINE]
    body = heaviest[0]
    letters = [piece for piece in heaviest if piece.weight >= LETTER * body.weight]
    clear = not _at_border(body, width, height)
    pen = 0 if found else _pen(body)
    kept = []
    for piece in parts:
        if piece is not body and pen >= LEAST_PEN and _thickness(piece) < FINE * pen:
            continue
        if any(_is_over(piece, letter) for letter in letters):
            least = LOOSE_ABOVE
        elif all(_is_stop(piece, letter) for letter in letters):
            continue
        else:
            least = NEIGHBOUR if clear and _at_border(piece, width, height) else LOOSE
        if piece.weight >= least * body.weight:
            kept.append(piece)
    return kept


def _pen(piece):
    """Return the width of the pen in pixels: a quarter of the runs are shorter."""
    lengths = sorted([end - first for first, end in piece.runs])
    return min(lengths[len(lengths) // 4], longer_side(piece) / 4)


def _thickness(piece):
    return piece.weight / 255 / longer_side(piece)


def _is_over(piece, letter):
    return _is_high(piece, letter) and piece.left < letter.right and piece.right > letter.left


def _is_stop(piece, letter):
    apart = piece.left >= letter.right or piece.right <= letter.left or piece.top >= letter.bottom
    small = longer_side(piece) <= STOP * longer_side(letter)
    return apart and small and not _is_high(piece, letter)


def _is_high(piece, letter):
    return 2 * piece.bottom <= letter.top + letter.bottom


def longer_side(piece):
    """Return the longer side of a piece's box, in pixels."""
    return max(piece.bottom - piece.top, piece.right - piece.left)


def encloses(outer, inner):
    """Return whether a piece's box stands in that of another, clear of its sides."""
    down = outer.top < inner.top and inner.bottom < outer.bottom
    return down and outer.left < inner.left and inner.right < outer.right


def _at_border(piece, width, height):
    return min(piece.top, piece.left, height - piece.bottom, width - piece.right) == 0
