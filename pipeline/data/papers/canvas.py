"""A batch of pictures that scenes are painted on, and the shapes that they are painted with.

Lengths are in pixels of the canvas, `SIDE` on a side. A coverage is float32 `(n, SIDE, SIDE)`: how
much of each pixel a shape takes, from 0 to 1.
"""

import numpy
from numpy import ndarray

SIDE = 96

# Pixel centres down and across.
Y, X = (numpy.indices((SIDE, SIDE), numpy.float32) + 0.5)[:, None]

# Smooth noise is drawn on grids of these sides and interpolated in between.
GRIDS = (4, 8, 16, 32)


def column(values: ndarray) -> ndarray:
    """Return numbers `(n,)` so that they broadcast over coverages."""
    return numpy.asarray(values, numpy.float32)[:, None, None]


def filled(distance: ndarray, softness: float | ndarray = 1.0) -> ndarray:
    """Return the coverage of a shape, given each pixel's distance from its edge, negative inside.

    The edge is `softness` pixels wide. Overwrites `distance`.
    """
    distance *= -1 / softness
    distance += 0.5
    return numpy.clip(distance, 0, 1, out=distance)


def lines(
    rng: numpy.random.Generator, count: int, pitch: ndarray, width: ndarray, upright: bool
) -> ndarray:
    """Return the coverage of parallel lines, nearly level or upright, a little turned and anywhere.

    `pitch` and `width` are `(n,)`.
    """
    along, across = (Y, X) if upright else (X, Y)
    slope = rng.normal(0, 0.03, count)
    phase = rng.uniform(0, 1, count) * pitch
    place = across + column(slope) * along - column(phase)
    place /= column(pitch)
    place -= numpy.rint(place)
    numpy.abs(place, out=place)
    place *= column(pitch)
    return filled(place - column(width / 2))


def box(top: ndarray, bottom: ndarray, left: ndarray, right: ndarray, corner: ndarray) -> ndarray:
    """Return each pixel's distance from the edges of boxes with round corners, all `(n,)`."""
    down = abs(Y - column((top + bottom) / 2)) - column((bottom - top) / 2 - corner)
    across = abs(X - column((left + right) / 2)) - column((right - left) / 2 - corner)
    outside = numpy.hypot(numpy.maximum(down, 0), numpy.maximum(across, 0))
    return outside + numpy.minimum(numpy.maximum(down, across), 0) - column(corner)


def half_plane(rng: numpy.random.Generator, count: int) -> ndarray:
    """Return each pixel's distance from a straight line through the picture, any way."""
    angle = rng.uniform(0, 2 * numpy.pi, count)
    shift = rng.uniform(-0.35, 0.35, count) * SIDE
    middle = SIDE / 2
    sine, cosine = column(numpy.sin(angle)), column(numpy.cos(angle))
    return (Y - middle) * sine + (X - middle) * cosine - column(shift)


def smooth_noise(rng: numpy.random.Generator, count: int, grid: int) -> ndarray:
    """Return normally distributed noise, interpolated linearly between `grid` x `grid` points."""
    between = interpolation(grid, SIDE)
    return between @ rng.standard_normal((count, grid, grid), numpy.float32) @ between.T


def interpolation(before: int, after: int) -> ndarray:
    """Return the matrix `(after, before)` that interpolates linearly between end points."""
    place = numpy.linspace(0, before - 1, after)[:, None]
    return numpy.maximum(1 - abs(place - numpy.arange(before)), 0).astype(numpy.float32)


def paint(pictures: ndarray, rows: ndarray, coverage: ndarray, colours: ndarray) -> None:
    """Cover `rows` of `pictures`, `(n, 3, SIDE, SIDE)`, in `colours`, `(rows, 3)`, in place."""
    colours = numpy.asarray(colours, numpy.float32)[:, :, None, None]
    pictures[rows] += coverage[:, None] * (colours - pictures[rows])


def shade(pictures: ndarray, rows: ndarray, light: ndarray) -> None:
    """Multiply `rows` of `pictures` by `light`, coverages or anything that broadcasts, in place."""
    pictures[rows] *= light
