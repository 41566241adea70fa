"""Augmentation: letters as other hands, pens and screens would have written them.

All work on ink, float32 `(n, 28, 28)`, paper 0 and black 1, and on whole batches at once. Every
letter draws its own numbers from the generator that is passed in.
"""

import numpy

from edge.ink import ink as ink_of
from edge.picture import SIZE

# Larger arrays are taken from the system anew each time and take three times as long.
AT_ONCE = 64

# Displacements are drawn on a grid of this many points a side and interpolated in between.
GRID = 5
_DISTANCES = abs(numpy.linspace(0, GRID - 1, SIZE)[:, None] - numpy.arange(GRID))
# Interpolates linearly between the points of the grid, float32 `(28, GRID)`.
_BETWEEN = numpy.maximum(1 - _DISTANCES, 0).astype(numpy.float32)

_CENTRE = (SIZE - 1) / 2
_OFFSETS = (numpy.arange(SIZE) - _CENTRE).astype(numpy.float32)
# A margin of paper, so that a point beyond the picture reads as paper.
_WIDTH = SIZE + 2


def augmented(images, rng, strengths):
    """Return pictures, uint8 `(n, 28, 28)`, as ink, changed as strongly as `strengths` say.

    They are those of the functions below, by name; None leaves the ink as it is.
    """
    inks = ink_of(images).reshape(images.shape)
    if strengths is not None:
        strengths = dict(strengths)
        by_pen, by_sharpness, by_contrast = map(strengths.pop, ("pen", "sharpness", "contrast"))
        for start in range(0, len(inks), AT_ONCE):
            part = inks[start : start + AT_ONCE]
            drawn = pen(warp(part, rng, **strengths), rng, by_pen)
            part[...] = contrast(sharpness(drawn, rng, by_sharpness), rng, by_contrast)
    return inks


def warp(ink, rng, *, rotation, shear, scale, shift, elastic):
    """Rotate, shear, scale, shift and distort, each by a normally distributed amount.

    Standard deviations: `rotation` in radians, `shear` as the slope of a stem, `scale` of the
    logarithm of either side, `shift` and `elastic` in pixels. Simard et al., Best Practices for
    Convolutional Neural Networks (2003), section 2, with the smooth displacements interpolated from
    a coarse grid.
    """
    count = len(ink)
    angle = rng.normal(0, rotation, count)
    slope = rng.normal(0, shear, count)
    width, height = numpy.exp(rng.normal(0, scale, (2, count)))
    cosine, sine = numpy.cos(angle), numpy.sin(angle)
    # Row by row, where a pixel of the result comes from: y from (y, x), then x from (y, x).
    matrix = numpy.stack(
        [height * (cosine + slope * sine), height * sine,
         width * (slope * cosine - sine), width * cosine]
    ).astype(numpy.float32)[:, :, None]  # fmt: skip
    moved = rng.normal(_CENTRE, shift, (2, count)).astype(numpy.float32)
    drawn = rng.standard_normal((2, count, GRID, GRID), numpy.float32)
    drawn *= elastic
    y, x = _BETWEEN @ drawn @ _BETWEEN.T
    for target, (by_y, by_x), start in zip((y, x), (matrix[:2], matrix[2:]), moved):
        target += (by_y * _OFFSETS + start[:, None])[:, :, None]
        target += (by_x * _OFFSETS)[:, None, :]
    return sample(ink, y, x)


def pen(ink, rng, strength):
    """Make the pen wider or thinner: a uniform share, up to `strength`, of one pixel's dilation.

    Or erosion, over the four neighbours; a strength of 1 is a whole pixel on either side.
    """
    share = rng.uniform(-strength, strength, (len(ink), 1, 1)).astype(numpy.float32)
    around = _with_margin(ink)
    middle = slice(1, -1)
    up, down = around[:, :-2, middle], around[:, 2:, middle]
    left, right = around[:, middle, :-2], around[:, middle, 2:]
    widest = numpy.maximum(numpy.maximum(up, down), numpy.maximum(left, right))
    thinnest = numpy.minimum(numpy.minimum(up, down), numpy.minimum(left, right))
    numpy.maximum(widest, ink, out=widest)
    numpy.minimum(thinnest, ink, out=thinnest)
    widest -= ink
    widest *= numpy.maximum(share, 0)
    thinnest -= ink
    thinnest *= numpy.maximum(-share, 0)
    widest += thinnest
    widest += ink
    return widest


def sharpness(ink, rng, strength):
    """Blur or sharpen: a scan is soft, a screen is not, and a stranger's letter is either.

    Moves every pixel away from the mean around it, of binomial weights over 3x3 (unsharp masking:
    Gonzalez and Woods, Digital Image Processing, section 3.6), by a uniform share of the difference
    from -`strength`, all of it at 1, to twice `strength`.
    """
    share = rng.uniform(-strength, 2 * strength, (len(ink), 1, 1)).astype(numpy.float32)
    around = _with_margin(ink)
    columns = around[:, :, :-2] + around[:, :, 2:]
    columns += 2 * around[:, :, 1:-1]
    mean = columns[:, :-2] + columns[:, 2:]
    mean += 2 * columns[:, 1:-1]
    mean *= 1 / 16
    difference = numpy.subtract(ink, mean, out=mean)
    difference *= share
    difference += ink
    return numpy.clip(difference, 0, 1, out=difference)


def contrast(ink, rng, strength):
    """Multiply the ink by a uniform factor of 1 ± `strength`; black stays the limit. In place."""
    ink *= rng.uniform(1 - strength, 1 + strength, (len(ink), 1, 1)).astype(numpy.float32)
    return numpy.minimum(ink, 1, out=ink)


def _with_margin(ink):
    around = numpy.zeros((len(ink), _WIDTH, _WIDTH), numpy.float32)
    around[:, 1:-1, 1:-1] = ink
    return around


def sample(ink, y, x, which=None):
    """Read `ink` at the points (y, x), float32 `(n, height, width)`, bilinearly; overwrites them.

    `which`, `(n, height, width)`, says in which of the inks each point is; the n-th by default.
    Beyond a picture is paper.
    """
    flat = _with_margin(ink).ravel()
    for points in (y, x):
        points += 1
        # Just inside: a point on the far edge has its neighbour within the margin too.
        numpy.clip(points, 0, _WIDTH - 1.001, out=points)
    row, column = numpy.floor(y), numpy.floor(x)
    y -= row
    x -= column
    row *= _WIDTH
    row += column
    index = row.astype(numpy.intp)
    index += (numpy.arange(len(ink))[:, None, None] if which is None else which) * _WIDTH**2
    # mode="clip" only because "raise" would go through a copy.
    top_left = flat.take(index, mode="clip")
    index += 1
    top_right = flat.take(index, mode="clip", out=row)
    index += _WIDTH
    bottom_right = flat.take(index, mode="clip", out=column)
    index -= 1
    bottom_left = flat.take(index, mode="clip")
    top_right -= top_left
    top_right *= x
    top_left += top_right
    bottom_right -= bottom_left
    bottom_right *= x
    bottom_left += bottom_right
    bottom_left -= top_left
    bottom_left *= y
    top_left += bottom_left
    return top_left
