"""Rows of boxes, as on forms, found by the paper in them, seen from wherever."""

from collections import namedtuple

import numpy

from edge.form import boxes as forms
from edge.form import projection, shapes
from edge.resize import mean_around, weights

# A frame is darker than one of these shares of what is around it, in a square of this share of the
# shorter side of the picture, and of at least so many pixels.
DARK, AROUND, LEAST_AROUND = (0.96, 0.92, 0.87, 0.7), 1 / 4, 16

# Framed paper has at least so many pixels. With a letter in it, it fills this share of its corners'
# quadrilateral, whose height and width differ by this factor at most.
LEAST_AREA, FULL, LONG = 60, (0.5, 1.1), 2.5

# In a row, boxes have one height but for this factor, are at most so many heights apart, and at
# least so many of them are seen whole.
ALIKE, APART, LEAST_BOXES = 1.3, 8, 3

# A form has no more boxes; more are squared paper, or a texture.
MOST_BOXES = 400

# So many boxes are looked into at once: each takes half a megabyte.
TOGETHER = 50

# A corner further from where its row wants it, in heights of a box, does not count; so often is a
# row fitted anew without such.
STRAY, FITS = 0.08, 4

# Beyond its first and last whole box a row goes on by so many boxes at most, as long as so much of
# their frames is seen.
FURTHER, SEEN = 30, 0.75

# A frame is looked for along the sides of a box, so far inside and outside of where paper ends; on
# an average over the side it is darker than paper by this. Squared paper goes on above or below a
# row in this share of the lines.
ALONG, THICK = numpy.linspace(0.1, 0.9, 25), numpy.linspace(-0.02, 0.12, 8)
PALE, GOING_ON = 0.03, 0.3

# This share of a box at every side is its frame's.
FRAME = 0.05

Box = namedtuple("Box", "left top right bottom ink")
Box.__doc__ = """A box's sides in pixels, and what stands in it.

That is uint8 `(height, width)`, black ink on white paper, or None if nothing does."""


def rows(pixels, certainly=False):
    """Find rows of boxes in pixels, uint8 `(height, width, 3)`: the corners `(n, 4, 2)` of each.

    Rows whose boxes go on above or below are squared paper, unless they are `certainly` none.
    """
    darkness = _darkness(pixels)
    tried = [_rows_in(darkness, share, certainly) for share in DARK]
    found = max(tried, key=_count)
    return found if _count(found) <= MOST_BOXES else []


def _count(rows):
    return sum(map(len, rows))


def read(pixels, found):
    """Return the `Box`es in pixels, of which `rows` has found one row or more: a list for each."""
    corners = numpy.concatenate(found)
    some = [corners[start : start + TOGETHER] for start in range(0, len(corners), TOGETHER)]
    inks = [forms.ink(projection.sampled(pixels, _places(each))) for each in some]
    # Extrapolated, a box may reach a little beyond the picture.
    sides = numpy.rint(corners).astype(int).clip(0, pixels.shape[1::-1])
    boxes = iter(
        Box(
            *own.min(axis=0).tolist(),
            *own.max(axis=0).tolist(),
            None if ink is None else _shaped(ink, where),
        )
        for own, where, ink in zip(sides, corners, forms.letters(numpy.concatenate(inks)))
    )
    return [[next(boxes) for _ in row] for row in found]


def _rows_in(darkness, share, certainly):
    """Return the corners `(n, 4, 2)` of the boxes of every row with frames darker than that."""
    height, width = darkness.shape
    seen = shapes.found(darkness >= share, LEAST_AREA)
    low, high = seen.corners.min(axis=1), seen.corners.max(axis=1)
    inside = (low > 0).all(axis=1) & (high < (width - 1, height - 1)).all(axis=1)
    whole = _whole(seen.corners[inside], seen.areas[inside])
    if len(whole) > MOST_BOXES:
        return []
    found = [_fitted(row, darkness, certainly) for row in _rows(whole)]
    return [corners for corners in found if corners is not None]


def _darkness(pixels):
    """Return pixels as shares of the mean around them, float32 `(height, width)`."""
    height, width, _ = pixels.shape
    reach = max(LEAST_AROUND, int(min(height, width) * AROUND)) // 2
    # Of three colours the darkest counts: a pale frame is dark in one.
    darkest = numpy.full((height, width), numpy.inf, numpy.float32)
    gray = (pixels == pixels[..., :1]).all()
    for plane in numpy.moveaxis(pixels, 2, 0)[: 1 if gray else 3]:
        around = numpy.maximum(mean_around(plane, reach, reach + 1), 1)
        numpy.minimum(darkest, plane / around, out=darkest, casting="same_kind")
    return darkest


def _whole(corners, areas):
    """Return the corners of paper that is a whole box's, by its fullness and its sides."""
    sides = numpy.roll(corners, -1, axis=1) - corners
    following = numpy.roll(sides, -1, axis=1)
    turns = sides[..., 0] * following[..., 1] - sides[..., 1] * following[..., 0]
    lengths = numpy.hypot(sides[..., 0], sides[..., 1])
    surfaces = (turns[:, 0] + turns[:, 2]) / 2 + lengths.sum(axis=1) / 2
    full = areas / numpy.maximum(surfaces, 1)
    upright = (corners[:, 2, 1] + corners[:, 3, 1] - corners[:, 0, 1] - corners[:, 1, 1]) / 2
    across = (corners[:, 1, 0] + corners[:, 2, 0] - corners[:, 0, 0] - corners[:, 3, 0]) / 2
    shape = across / numpy.maximum(upright, 1)
    good = (turns > 0).all(axis=1) & (full > FULL[0]) & (full < FULL[1])
    return corners[good & (shape > 1 / LONG) & (shape < LONG)]


def _rows(quadrilaterals):
    """Put quadrilaterals of one height at one level into rows, from left to right."""
    rows = []
    for box in sorted(quadrilaterals.astype(float), key=lambda box: box[:, 0].sum()):
        height = _height(box)
        for row in rows:
            last = row[-1]
            between = box[0, 0] - last[1, 0]
            # The row goes on along the upper side of its last box.
            slope = (last[1, 1] - last[0, 1]) / max(1, last[1, 0] - last[0, 0])
            off = box[0, 1] - last[1, 1] - slope * between
            alike = 1 / ALIKE < height / _height(last) < ALIKE
            if alike and 0 <= between < APART * height and abs(off) < height / 3:
                row.append(box)
                break
        else:
            rows.append([box])
    rows = [numpy.array(row) for row in rows if len(row) >= LEAST_BOXES]
    return sorted(rows, key=lambda row: row[:, 0, 1].mean())


def _height(box):
    return max(1, (box[2, 1] + box[3, 1] - box[0, 1] - box[1, 1]) / 2)


def _fitted(row, darkness, certainly):
    """Return the corners `(n, 4, 2)` of all boxes of a row, of which some are seen whole.

    They are where a projective transform has them that fits the whole ones, wherever there is a
    frame. None if too few whole ones agree, or if they are squares of paper.
    """
    middles = row[:, :, 0].mean(axis=1)
    steps = numpy.diff(middles)
    pitch = numpy.median(numpy.sort(steps)[: max(1, len(steps) // 2 + 1)])
    numbers = numpy.concatenate([[0], numpy.cumsum(numpy.rint(steps / pitch))])
    across = numpy.median((row[:, 1, 0] - row[:, 0, 0]) / pitch)
    unit = numpy.array([(0, 0), (across, 0), (across, 1), (0, 1)])
    good = numpy.ones(len(row), bool)
    for _ in range(FITS):
        points = unit + _beside(numbers)
        matrix = projection.fitted(points[good].reshape(-1, 2), row[good].reshape(-1, 2))
        off = abs(projection.projected(matrix, points) - row).max(axis=(1, 2))
        good = off < max(2, STRAY * numpy.median([_height(box) for box in row]))
        if good.sum() < LEAST_BOXES:
            return None
    known = numbers[good]
    all_numbers = numpy.arange(known[0] - FURTHER, known[-1] + FURTHER + 1)
    framed = _framed(matrix, all_numbers, across, darkness)
    # All that hang together with the ones that were seen.
    first = FURTHER - int(numpy.argmin([*framed[:FURTHER][::-1], False]))
    last = len(framed) - FURTHER + int(numpy.argmin([*framed[-FURTHER:], False]))
    numbers = all_numbers[first:last]
    if not certainly and _goes_on(matrix, numbers, darkness):
        return None
    return projection.projected(matrix, unit + _beside(numbers))


def _goes_on(matrix, numbers, darkness):
    """Return whether the left sides of many boxes go on above or below."""
    # Nearer to the row its own frame darkens what is around.
    beyond = 0.4 + 0.6 * ALONG
    for along in (-beyond, 1 + beyond):
        lines = _lines(matrix, [(-THICK[None], along[:, None])], numbers, darkness)
        if lines.mean() >= GOING_ON:
            return True
    return False


def _beside(numbers):
    """Return how far boxes of these numbers are from the first one, `(n, 1, 2)`."""
    return numpy.stack([numbers, 0 * numbers], axis=1)[:, None]


def _framed(matrix, numbers, across, darkness):
    """Return for boxes of these numbers whether there is a frame around them."""
    along, thick = ALONG[:, None], THICK[None]
    sides = [
        (-thick, along),
        (across + thick, along),
        (along * across, -thick),
        (along * across, 1 + thick),
    ]
    return _lines(matrix, sides, numbers, darkness).mean(axis=1) >= SEEN


def _lines(matrix, sides, numbers, darkness):
    """Return whether there is a line at sides of boxes, bool `(boxes, sides)`.

    A side is where its points are, `(along, across)` x and y, in a box at the origin.
    """
    points = [numpy.stack(numpy.broadcast_arrays(*side), axis=-1).reshape(-1, 2) for side in sides]
    with numpy.errstate(divide="ignore", invalid="ignore"):
        seen = projection.projected(matrix, numpy.concatenate(points) + _beside(numbers))
    # Beyond the picture its border goes on, and there is nothing at the horizon.
    height, width = darkness.shape
    seen = numpy.rint(numpy.nan_to_num(seen).clip(0, (width - 1, height - 1))).astype(int)
    values = darkness[seen[..., 1], seen[..., 0]]
    profiles = values.reshape(len(numbers), len(sides), len(ALONG), len(THICK)).mean(axis=2)
    return numpy.ptp(profiles, axis=2) >= PALE


def _places(corners):
    """Return where the pixels inside of boxes are, `(n, SIDE, SIDE, 2)`, of a grid in each."""
    steps = FRAME + (1 - 2 * FRAME) * (numpy.arange(forms.SIDE) + 0.5) / forms.SIDE
    x, y = (each[..., None] for each in numpy.meshgrid(steps, steps))
    first, second, third, fourth = (corners[:, i, None, None] for i in range(4))
    return (1 - y) * ((1 - x) * first + x * second) + y * ((1 - x) * fourth + x * third)


def _shaped(ink, box):
    """Return a square picture of a box's inside in the box's own proportions."""
    side = forms.SIDE
    width = (box[1, 0] + box[2, 0] - box[0, 0] - box[3, 0]) / 2
    horizontal = weights(0, side, side, max(1, round(side * width / _height(box))))[2]
    return numpy.rint(ink.astype(numpy.float32) @ horizontal.T).astype(numpy.uint8)
