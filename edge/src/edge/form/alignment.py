"""Boxes found by their frames: marks are in the corners alone, and paper bulges in between."""

import numpy

from edge.form import layout, projection

# Frames are looked for up to FAR millimetres off, in steps of STEP, across lines at so many places.
FAR, STEP, LINES = 3, 0.25, 13

# A frame is darker than paper by this share; so many must be seen.
LEAST, FEWEST = 0.02, 20

# Once the boxes are moved together, what is this far from the others, in millimetres, is no frame.
STRAY = 0.6


def moved(gray, matrix, boxes):
    """Return the corners `(n, 2)` of boxes, x and y in millimetres, moved to where frames are seen.

    `gray` is uint8 `(height, width)`. The boxes are moved by a polynomial of the second degree.
    """
    corners = numpy.array([(box.left, box.top) for box in boxes], float)
    x, y = ((corners - corners.mean(axis=0)) / 100).T
    terms = numpy.stack([numpy.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    shifts = [_fitted(terms, *_seen(gray, matrix, corners, axis)) for axis in (0, 1)]
    return corners + numpy.stack(shifts, axis=1)


def _seen(gray, matrix, corners, axis):
    """Return by how much the frame of each box is off along an axis, and how dark it is."""
    reach = layout.BOX / 2 + FAR
    steps = numpy.arange(-reach, reach + STEP / 2, STEP)
    lines = numpy.linspace(-0.35, 0.35, LINES) * layout.BOX
    grid = numpy.stack(numpy.meshgrid(steps, lines), axis=-1)
    places = (corners + layout.BOX / 2)[:, None, None] + (grid if axis == 0 else grid[..., ::-1])
    # Most of the lines cross the frame where no letter does.
    profile = numpy.median(
        projection.sampled(gray[:, :, None], projection.projected(matrix, places))[..., 0], axis=1
    )
    paper = numpy.percentile(profile, 70, axis=1, keepdims=True)
    dark = 1 - profile / numpy.maximum(paper, 1)
    # Both sides of a frame are seen; a stroke of a letter is one.
    count = round(2 * FAR / STEP) + 1
    both = numpy.minimum(dark[:, :count], dark[:, -count:])
    best = both.argmax(axis=1)
    return best * STEP - FAR, both.max(axis=1)


def _fitted(terms, offs, darkness):
    seen = darkness > LEAST
    for _ in range(4):
        if seen.sum() < FEWEST:
            return numpy.zeros(len(terms))
        factors = numpy.linalg.lstsq(terms[seen], offs[seen], rcond=None)[0]
        shifts = terms @ factors
        seen = (darkness > LEAST) & (abs(offs - shifts) < STRAY)
    return shifts
