"""What stands in the boxes of a form: cut out, its paper made white, and empty ones told."""

import numpy

from edge.form import layout, projection
from edge.preparation.pieces import only, pieces

# Of a box, so many millimetres inside its frame are cut out, at so many pixels a side.
INSIDE, SIDE = 12.6, 80

# Paper is as bright as the brightest tenth of each of PATCHES x PATCHES parts of a box.
PATCHES, BRIGHTEST = 5, 90

# Ink, smoothed over so many pixels, about a pen's width, is darker than paper by this share, and by
# so many times as much as paper differs from itself.
SMOOTH, FAINT, NOISE = 5, 0.04, 3

# A letter's strongest hundredth is at least this share as dark as that of the darkest
# tenth of all boxes.
STRONGEST, DARK, PALE = 99, 90, 0.35

# The darkest twentieth of the ink becomes black.
DARKEST = 95

# A letter has a piece so many millimetres long, at least this share as dark as its darkest spot; a
# speck has none, though a camera blurs it.
SPECK, BLURRED = 2.5, 0.4


def cut(pixels, matrix, corners):
    """Cut out the insides of boxes, seen in pixels `(height, width, 3)` through a matrix.

    Their `corners`, `(n, 2)`, are in millimetres. Returns for each box a uint8 array
    `(SIDE, SIDE)`, black ink on white paper, or None where nothing is written.
    """
    return letters(ink(projection.sampled(pixels, projection.projected(matrix, _places(corners)))))


def letters(ink):
    """Return what stands in boxes, of whose inside this is the `ink`, float32 `(n, SIDE, SIDE)`.

    For each a uint8 array `(SIDE, SIDE)`, black ink on white paper, or None where nothing is
    written.
    """
    smooth = _smoothed(ink)
    # Most of all pixels are paper.
    level = numpy.median(smooth)
    smooth -= level
    least = max(FAINT, NOISE * float(numpy.median(abs(smooth))) * 1.48)
    found = [_letter(one, mask, least) for one, mask in zip(ink - level, smooth)]
    # One pen has written all: what is much paler than the others is noise.
    strengths = numpy.percentile(smooth, STRONGEST, axis=(1, 2))
    usual = numpy.percentile(strengths, DARK)
    return [None if s < PALE * usual else one for s, one in zip(strengths, found)]


def _places(corners):
    """Return where the pixels of each box are on the sheet: `(n, SIDE, SIDE, 2)`."""
    steps = (layout.BOX - INSIDE) / 2 + INSIDE / SIDE * (numpy.arange(SIDE) + 0.5)
    return corners[:, None, None] + numpy.stack(numpy.meshgrid(steps, steps), axis=-1)


def ink(seen):
    """Return by which share boxes `(n, SIDE, SIDE, 3)` are darker than their paper.

    Of three colours the darkest counts: yellow ink is dark in blue light alone.
    """
    size = SIDE // PATCHES
    parts = seen.reshape(len(seen), PATCHES, size, PATCHES, size, 3)
    paper = numpy.percentile(parts, BRIGHTEST, axis=(2, 4))
    # Linear between the middles of the patches.
    middles = size * (numpy.arange(PATCHES) + 0.5)
    between = [numpy.interp(numpy.arange(SIDE) + 0.5, middles, one) for one in numpy.eye(PATCHES)]
    between = numpy.array(between, numpy.float32)
    paper = numpy.einsum("py,npqc,qx->nyxc", between, paper.astype(numpy.float32), between)
    return 1 - (seen / numpy.maximum(paper, 1)).min(axis=3)


def _smoothed(ink):
    """Return the mean over SMOOTH x SMOOTH pixels around each; beyond a box its border goes on."""
    for axis in (1, 2):
        around = [(0, 0)] * 3
        around[axis] = (SMOOTH // 2 + 1, SMOOTH // 2)
        sums = numpy.pad(ink, around, "edge").cumsum(axis=axis)
        ends = numpy.arange(SIDE)
        ink = (sums.take(ends + SMOOTH, axis) - sums.take(ends, axis)) / SMOOTH
    return ink


def _letter(ink, smooth, least):
    """Return the ink of one box as a picture, or None if there are specks and noise alone."""
    length = SPECK / INSIDE * SIDE
    bodies = _pieces(smooth > max(least, BLURRED * smooth.max()))
    if not any(max(p.bottom - p.top, p.right - p.left) >= length for p in bodies):
        return None
    marks = smooth > least
    mask = numpy.frombuffer(only(_pieces(marks), marks.tobytes()), bool).reshape(marks.shape)
    ink = numpy.where(mask, ink.clip(0), 0)
    full = max(numpy.percentile(ink[mask], DARKEST), FAINT)
    return (255 - numpy.rint(255 * (ink / full).clip(0, 1))).astype(numpy.uint8)


def _pieces(marks):
    """Return the pieces of a mask but for noise, smaller than what one pixel is smoothed to."""
    return [piece for piece in pieces(marks.tobytes(), SIDE) if piece.weight >= SMOOTH * SMOOTH]
