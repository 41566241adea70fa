"""Changes of a letter's picture in steps, such as other hands, pens and cameras make.

A picture is uint8 `(height, width)`, dark ink on white. A change takes a picture, its steps and a
random generator, and yields one picture a step.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy
from PIL import Image
from scipy.ndimage import distance_transform_edt
from skimage.morphology import skeletonize
from skimage.util import img_as_ubyte, random_noise

from edge.preparation import FAINT

WHITE = 255


def rotated(picture: numpy.ndarray, degrees: tuple, rng) -> Iterator[numpy.ndarray]:
    """Turn the picture anticlockwise, in a frame that grows with it."""
    for angle in degrees:
        image = Image.fromarray(picture)
        turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)
        yield numpy.asarray(turned)


def scaled(picture: numpy.ndarray, shares: tuple, rng) -> Iterator[numpy.ndarray]:
    """Draw the letter in the middle of its frame, its extent that share of the frame."""
    rows, columns = _box(picture)
    frame = max(picture.shape)
    for share in shares:
        factor = share * frame / _extent(picture)
        letter = _resized(picture, factor)
        # Where the letter's middle is in the resized picture.
        middle = [factor * (side.start + side.stop) / 2 for side in (columns, rows)]
        page = Image.new("L", (frame, frame), WHITE)
        page.paste(Image.fromarray(letter), tuple(round(frame / 2 - place) for place in middle))
        yield numpy.asarray(page)


def redrawn(picture: numpy.ndarray, shares: tuple, rng) -> Iterator[numpy.ndarray]:
    """Draw the letter's middle line anew with a round pen, that share of the new letter's extent.

    A pen of width w on a line of extent s makes a letter of extent s + w, so w = share * (s + w).
    """
    line = skeletonize(picture < WHITE / 2)
    line = line[_range(line.any(axis=1)), _range(line.any(axis=0))]
    pens = [share / (1 - share) * (max(line.shape) - 1) for share in shares]
    # Room for all of the widest pen, and paper around it.
    distance = distance_transform_edt(~numpy.pad(line, round(max(pens)) + 2))
    for pen in pens:
        yield img_as_ubyte(1 - numpy.clip(pen / 2 + 0.5 - distance, 0, 1))


def noisy(picture: numpy.ndarray, deviations: tuple, rng) -> Iterator[numpy.ndarray]:
    """Add Gaussian noise to every pixel; deviations are shares of the contrast black to white."""
    for deviation in deviations:
        yield img_as_ubyte(random_noise(picture, "gaussian", rng=rng, var=deviation**2))


def specked(picture: numpy.ndarray, shares: tuple, rng) -> Iterator[numpy.ndarray]:
    """Make that share of the pixels, chosen at random, black or white."""
    for share in shares:
        yield img_as_ubyte(random_noise(picture, "s&p", rng=rng, amount=share))


def shaded(picture: numpy.ndarray, shares: tuple, rng) -> Iterator[numpy.ndarray]:
    """Let the light fall off across the picture in a random direction, by that share at its end."""
    angle = rng.uniform(0, 2 * numpy.pi)
    row, column = numpy.indices(picture.shape)
    way = row * numpy.sin(angle) + column * numpy.cos(angle)
    way = (way - way.min()) / numpy.ptp(way)
    for share in shares:
        yield img_as_ubyte(picture / WHITE * (1 - share * way))


def coarsened(picture: numpy.ndarray, extents: tuple, rng) -> Iterator[numpy.ndarray]:
    """Resample the picture so that the letter's extent is at most that many pixels."""
    for extent in extents:
        yield _resized(picture, min(1, extent / _extent(picture)))


class Curve(NamedTuple):
    """A change, its steps, and what to call them."""

    change: Callable[[numpy.ndarray, tuple, numpy.random.Generator], Iterator[numpy.ndarray]]
    title: str
    label: str  # Writes a step, as in `str.format`.
    values: tuple
    shown: tuple  # The values that stand in tables and pictures.
    small: tuple | None = None  # The values that pictures of 28x28 can show; None if all.
    logarithmic: bool = False  # Whether the steps are drawn on a logarithmic axis.


CURVES = {
    "pen": Curve(
        redrawn,
        "pen's width, share of the letter's extent",
        "{:.0%}",
        (0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.16, 0.2),
        (0.03, 0.07, 0.11, 0.13, 0.2),
        # Too few pixels to find the middle of the line.
        small=(),
    ),
    "rotation": Curve(
        rotated,
        "rotation",
        "{:.0f}°",
        (-45, -30, -20, -10, -5, 0, 5, 10, 20, 30, 45),
        (-45, -20, 0, 20, 45),
    ),
    "scale": Curve(
        scaled,
        "letter's extent, share of the picture",
        "{:.0%}",
        (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.95),
        (0.2, 0.4, 0.6, 0.8, 0.95),
    ),
    "resolution": Curve(
        coarsened,
        "letter's extent, pixels",
        "{:.0f}",
        (6, 8, 10, 12, 16, 24, 32, 64),
        (6, 8, 12, 16, 64),
        small=(6, 8, 10, 12, 16),
        logarithmic=True,
    ),
    "lighting": Curve(
        shaded,
        "light lost across the paper",
        "{:.0%}",
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        (0, 0.1, 0.2, 0.4, 0.6),
    ),
    "noise": Curve(
        noisy,
        "noise, share of the contrast",
        "{:.0%}",
        (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.4),
        (0, 0.05, 0.1, 0.2, 0.4),
    ),
    "specks": Curve(
        specked,
        "specks, share of the pixels",
        "{:.1%}",
        (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
        (0, 0.005, 0.01, 0.02, 0.05),
    ),
}


def _box(picture: numpy.ndarray) -> tuple[slice, slice]:
    """Return the rows and the columns in which there is more ink than `edge` calls faint."""
    ink = WHITE - picture
    ink = ink > ink.max() * FAINT
    return _range(ink.any(axis=1)), _range(ink.any(axis=0))


def _range(marked: numpy.ndarray) -> slice:
    """Return the slice from the first to the last that is marked in bool (n,)."""
    places = numpy.flatnonzero(marked)
    return slice(places[0], places[-1] + 1)


def _extent(picture: numpy.ndarray) -> int:
    return max(side.stop - side.start for side in _box(picture))


def _resized(picture: numpy.ndarray, factor: float) -> numpy.ndarray:
    height, width = (max(1, round(side * factor)) for side in picture.shape)
    return numpy.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))
