"""A form in a photograph: its four marks, and what the squares at its foot say."""

from collections import namedtuple
from itertools import combinations

import numpy

from edge.form import layout, projection, shapes

# Marks are darker than this share of what is around them, in a square of this share of the sides.
DARK, AROUND = 0.6, 1 / 7

# Marks have at least so many pixels, are about as long as broad and about as full as a square, and
# are among the largest such shapes.
LEAST_AREA, LEAST_ROUNDNESS, SOLID, MOST = 30, 0.4, (0.6, 1.15), 24

# How a sheet may be seen: lengths that are equal on it differ by this factor at most, and the sine
# of each corner is at least this.
SLANT, CORNER = 1.7, 0.4

# So many of the likeliest sets of four marks are tried.
TRIES = 12

# Black is darker than this share of the paper around it.
BLACK = 0.6

Found = namedtuple("Found", "matrix page letters")
Found.__doc__ = """From the sheet, in millimetres, to a photograph's pixels; what the code says."""


def found(gray):
    """Find a form in a photograph, uint8 `(height, width)`, and return how it lies: `Found`.

    Raises ValueError if there is none.
    """
    for corners in _quadrilaterals(*_marks(gray)):
        for turn in range(4):
            matrix = projection.of_points(layout.CORNERS, numpy.roll(corners, -turn, axis=0))
            told = _told(gray, matrix)
            if told is not None:
                return Found(matrix, *told)
    raise ValueError(
        "no form: expected a black square in each corner and a row of small ones at the foot; take"
        " the picture from above, sharp, with the whole sheet in it"
    )


def _dark(gray):
    """Return what is darker than the pixels around it, bool."""
    height, width = gray.shape
    reach = max(2, round(min(height, width) * AROUND / 2))
    sums = numpy.zeros((height + 1, width + 1), numpy.int64)
    gray.cumsum(axis=0, dtype=numpy.int64, out=sums[1:, 1:])
    sums[1:, 1:].cumsum(axis=1, out=sums[1:, 1:])
    top, bottom = _window(height, reach)
    left, right = _window(width, reach)
    total = sums[bottom] - sums[top]
    total = total[:, right] - total[:, left]
    count = (bottom - top)[:, None] * (right - left)
    return gray * count < DARK * total


def _window(length, reach):
    places = numpy.arange(length)
    return numpy.maximum(places - reach, 0), numpy.minimum(places + reach + 1, length)


def _marks(gray):
    """Return areas and centres of what may be marks, the largest first."""
    seen = shapes.found(_dark(gray), LEAST_AREA)
    least, most = SOLID
    good = (seen.solidity > least) & (seen.solidity < most) & (seen.roundness > LEAST_ROUNDNESS)
    good = numpy.flatnonzero(good)
    good = good[numpy.argsort(-seen.areas[good], kind="stable")[:MOST]]
    return seen.areas[good], seen.centres[good]


def _quadrilaterals(areas, centres):
    """Return what may be the four marks, likeliest first: centres `(4, 2)`, clockwise."""
    if len(areas) < 4:
        return []
    sets = numpy.array(list(combinations(range(len(areas)), 4)))
    corners, sizes = centres[sets], areas[sets]
    middles = corners - corners.mean(axis=1, keepdims=True)
    order = numpy.argsort(numpy.arctan2(middles[..., 1], middles[..., 0]), axis=1)
    corners = numpy.take_along_axis(corners, order[..., None], axis=1)
    sides = numpy.roll(corners, -1, axis=1) - corners
    following = numpy.roll(sides, -1, axis=1)
    turns = sides[..., 0] * following[..., 1] - sides[..., 1] * following[..., 0]
    lengths = numpy.hypot(sides[..., 0], sides[..., 1])
    convex = (turns > CORNER * lengths * numpy.roll(lengths, -1, axis=1)).all(axis=1)
    opposite = numpy.log(lengths[:, :2] / lengths[:, 2:])
    # Either way up.
    shape = abs(numpy.log(lengths[:, [0, 2]].sum(axis=1) / lengths[:, [1, 3]].sum(axis=1)))
    (left, top), _, (right, bottom), _ = layout.CORNERS
    shape = abs(shape - numpy.log((bottom - top) / (right - left)))
    # The sheet between the marks, as many times as large as one of them.
    surfaces = (turns[:, 0] + turns[:, 2]) / 2
    expected = (bottom - top) * (right - left) / layout.MARK**2
    scale = abs(numpy.log(numpy.maximum(surfaces / sizes.mean(axis=1) / expected, 1e-9)))
    # An area is a product of two lengths.
    uneven = numpy.log(sizes.max(axis=1) / sizes.min(axis=1)) / 2
    off = numpy.stack([*abs(opposite.T), shape, scale, uneven], axis=1)
    good = numpy.flatnonzero(convex & (off < numpy.log(SLANT)).all(axis=1))
    likeliest = good[numpy.argsort(off[good].sum(axis=1), kind="stable")[:TRIES]]
    return corners[likeliest]


def _told(gray, matrix):
    """Return what the code says if a sheet lies like this, or None if there is none."""
    # The first mark has a hole, the others have none.
    holes = [not black for black in _black(gray, matrix, layout.CORNERS, layout.MARK * 0.9)]
    if holes != [True, False, False, False]:
        return None
    return layout.decoded(_black(gray, matrix, layout.CODE, layout.CLEAR))


def _black(gray, matrix, middles, clear):
    """Return for squares at `middles` whether they are black beside the paper `clear` of them."""
    middles = numpy.array(middles, float)
    spread = numpy.array([(x, y) for x in (-0.7, 0, 0.7) for y in (-0.7, 0, 0.7)])
    around = numpy.array([(0, -clear), (0, clear)])
    pixels = gray[:, :, None]
    seen = projection.sampled(pixels, projection.projected(matrix, middles[:, None] + spread)).mean(
        axis=(1, 2)
    )
    paper = projection.sampled(pixels, projection.projected(matrix, middles[:, None] + around)).max(
        axis=(1, 2)
    )
    return (seen < BLACK * paper).tolist()
