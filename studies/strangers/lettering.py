"""A test letter enlarged as crisp ink, and placed on a page."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy
from PIL import Image, ImageFilter

# What is darker than this share of the darkest belongs to the letter; at the second share, half of
# the width of an enlarged edge is ink.
MARKED, EDGE = 0.2, 0.35


class Page(NamedTuple):
    """The size of a picture in pixels, and where its letter stands."""

    width: int
    height: int
    tall: float = 0.5  # The letter's longer side, a share of the picture's height.
    x: float = 0.5  # Of the letter's middle, a share of the width.
    y: float = 0.5
    pen: float = 0.0  # How much thicker the strokes are, a share of the letter's longer side.


def box(ink: numpy.ndarray) -> tuple[int, int, int, int]:
    """Return the top, bottom, left and right of the ink, shares (height, width)."""
    marked = ink > MARKED
    rows, columns = (numpy.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def shaped(picture: numpy.ndarray, extent: float, pen: float = 0.0) -> numpy.ndarray:
    """Return which share of every pixel is ink, (height, width), the longer side `extent`.

    `picture` is uint8 (height, width), dark on white. Strokes get `pen` of the extent thicker.
    """
    ink = 255 - picture
    top, bottom, left, right = box(ink / ink.max())
    # Soft edges go on outside of the box.
    letter = Image.fromarray(numpy.pad(ink, 2)[top : bottom + 4, left : right + 4])
    factor = float(extent / max(bottom - top, right - left))
    sides = [max(1, round(side * factor)) for side in letter.size]
    letter = letter.resize(sides, Image.Resampling.BICUBIC)
    if factor > 1:
        # A thin slanting stroke of few pixels would become a string of beads.
        letter = letter.filter(ImageFilter.GaussianBlur(0.4 * factor))
    share = numpy.asarray(letter) / numpy.max(letter)
    if factor > 1:
        # An edge would be soft over as many pixels as one pixel has become.
        share = (share - EDGE) * max(2, factor) + 0.5
    share = _thicker(share.clip(0, 1), pen * extent)
    top, bottom, left, right = box(share)
    return share[top:bottom, left:right]


def _thicker(share: numpy.ndarray, pixels: float) -> numpy.ndarray:
    """Return ink whose strokes are `pixels` thicker, with round ends."""
    if not pixels:
        return share
    ink = Image.fromarray(numpy.pad((255 * share).astype(numpy.uint8), round(pixels)))
    # A straight edge's blur has fallen to 16% one deviation away.
    blurred = numpy.asarray(ink.filter(ImageFilter.GaussianBlur(pixels / 2))) / 255
    return ((blurred - 0.16) * pixels + 0.5).clip(0, 1)


def placed(inks: Sequence[numpy.ndarray], corners: Sequence[tuple[int, int]], page: Page):
    """Return pieces of ink on a page, (page.height, page.width); corners are (top, left)."""
    whole = numpy.zeros((page.height, page.width), numpy.float32)
    for ink, (top, left) in zip(inks, corners, strict=True):
        part = whole[top : top + ink.shape[0], left : left + ink.shape[1]]
        numpy.maximum(part, ink[: part.shape[0], : part.shape[1]], out=part)
    return whole


def written(picture: numpy.ndarray, page: Page) -> numpy.ndarray:
    """Return the letter of a picture, uint8 (height, width), written on a page as shares of ink."""
    ink = shaped(picture, page.tall * page.height, page.pen)
    middle = page.y * page.height, page.x * page.width
    # It stays on the page.
    corner = [
        int(max(0, min(round(place - side / 2), whole - side)))
        for place, side, whole in zip(middle, ink.shape, (page.height, page.width), strict=True)
    ]
    return placed([ink], [tuple(corner)], page)
