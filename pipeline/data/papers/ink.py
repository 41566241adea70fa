"""Letters of 28x28 pixels laid out on a canvas: one, several, or parts of a neighbour's."""

from typing import NamedTuple

import numpy
from numpy import ndarray

from edge.augmentation import sample
from edge.picture import SIZE
from pipeline.data.papers.canvas import SIDE, X, Y, column

# Fainter ink does not count for a letter's box.
FAINT = 0.3


class Boxes(NamedTuple):
    """Where letters stand, in pixels, all `(n,)`."""

    top: ndarray
    bottom: ndarray
    left: ndarray
    right: ndarray

    @property
    def height(self) -> ndarray:
        """The sides down."""
        return self.bottom - self.top

    @property
    def width(self) -> ndarray:
        """The sides across."""
        return self.right - self.left

    def take(self, rows: ndarray) -> "Boxes":
        """Return the boxes in `rows`."""
        return Boxes(*(side[rows] for side in self))


def boxes_of(inks: ndarray) -> Boxes:
    """Return the box of each ink, `(n, height, width)`; all of the picture if it holds none."""
    marked = inks > FAINT
    sides = []
    for axis, length in ((2, inks.shape[1]), (1, inks.shape[2])):
        some = marked.any(axis=axis)
        sides += [some.argmax(axis=1), length - some[:, ::-1].argmax(axis=1)]
    return Boxes(*(numpy.array(side, numpy.float32) for side in sides))


def placed(inks: ndarray, where: Boxes, threshold: ndarray, softness: float = 1.2) -> ndarray:
    """Return the coverage of letters, float32 `(n, 28, 28)`, each scaled to its box in `where`.

    Ink above the `threshold`, `(n,)`, becomes a stroke whose edge is `softness` pixels wide: the
    lower it is, the wider the pen.
    """
    own = boxes_of(inks)
    down, across = where.height / own.height, where.width / own.width
    y = (Y - column(where.top)) / column(down) + column(own.top) - 0.5
    x = (X - column(where.left)) / column(across) + column(own.left) - 0.5
    shape = (len(inks), SIDE, SIDE)
    ink = sample(inks, *(numpy.array(numpy.broadcast_to(points, shape)) for points in (y, x)))
    ink -= column(threshold)
    # Paper stays paper, and black black, however small the letter.
    least = 0.5 / numpy.minimum(threshold, 1 - threshold)
    ink *= column(numpy.maximum(numpy.sqrt(down * across) / softness, least))
    ink += 0.5
    return numpy.clip(ink, 0, 1, out=ink)


def thin(coverage: ndarray) -> ndarray:
    """Return strokes as a fine pen draws them: the middle lines of the coverage, a pixel wide.

    The skeleton by openings: Lantuejoul, Skeletonization in quantitative metallography (1980).
    """
    marked, lines = coverage > 0.5, numpy.zeros(coverage.shape, bool)
    while marked.any():
        around = numpy.pad(marked, ((0, 0), (1, 1), (1, 1)))
        up, down = around[:, :-2, 1:-1], around[:, 2:, 1:-1]
        eroded = marked & up & down & around[:, 1:-1, :-2] & around[:, 1:-1, 2:]
        around = numpy.pad(eroded, ((0, 0), (1, 1), (1, 1)))
        opened = eroded | around[:, :-2, 1:-1] | around[:, 2:, 1:-1]
        opened |= around[:, 1:-1, :-2] | around[:, 1:-1, 2:]
        lines |= marked & ~opened
        marked = eroded
    around = numpy.pad(lines, ((0, 0), (1, 1), (1, 1))).astype(numpy.float32)
    columns = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    return numpy.minimum((columns[:, :, :-2] + 2 * columns[:, :, 1:-1] + columns[:, :, 2:]) / 6, 1)


def spread(
    rng: numpy.random.Generator,
    inks: ndarray,
    extent: ndarray,
    stretch: ndarray,
    centred: ndarray,
    cut: ndarray,
) -> Boxes:
    """Draw a place for each letter whose longer side is `extent` pixels, `(n,)`.

    `stretch` `(n,)` widens the letter; one that is `centred`, bool `(n,)`, stands near the middle;
    one that is `cut` out, bool `(n,)`, fills the picture from side to side.
    """
    own = boxes_of(inks)
    height, width = own.height, own.width * stretch
    scale = extent / numpy.maximum(height, width)
    height, width = height * scale, width * scale
    sides = []
    for length in (height, width):
        room = numpy.maximum(SIDE - length, 0)
        near = room / 2 + rng.normal(0, 0.05, len(inks)) * SIDE
        start = numpy.where(centred, numpy.clip(near, 0, room), rng.uniform(0, 1, len(inks)) * room)
        sides += [numpy.where(cut, 0, start), numpy.where(cut, SIDE, start + length)]
    return Boxes(*(numpy.asarray(side, numpy.float32) for side in sides))


def several(rng: numpy.random.Generator, inks: ndarray, threshold: ndarray) -> ndarray:
    """Return the coverage of two to five letters a picture: a row, or two rows of two."""
    count = len(inks)
    number = rng.integers(2, 6, count)
    two_rows = rng.uniform(0, 1, count) < 0.25
    columns = numpy.where(two_rows, 2, number)
    gap = rng.uniform(0.05, 0.5, count)
    own = boxes_of(inks)
    others = [(numpy.arange(count) + step) % count for step in range(5)]
    # In units of a letter's height.
    widths = [numpy.clip(own.width[rows] / own.height[rows], 0.2, 1.6) for rows in others]
    length = sum(numpy.where(step < columns, widths[step] + gap, 0) for step in range(5))
    height = (
        rng.uniform(0.55, 0.97, count)
        * SIDE
        / numpy.maximum(length, numpy.where(two_rows, 2.5, 1.2))
    )
    top = rng.uniform(0, 1, count) * (SIDE - height * numpy.where(two_rows, 2 + gap, 1))
    start = rng.uniform(0, 1, count) * (SIDE - height * (length - gap))
    coverage = numpy.zeros((count, SIDE, SIDE), numpy.float32)
    left = start.copy()
    for step, (rows, width) in enumerate(zip(others, widths, strict=True)):
        below = two_rows & (step >= 2)
        left = numpy.where(two_rows & (step == 2), start, left)
        first = top + numpy.where(below, height * (1 + gap), 0)
        where = Boxes(first, first + height, left, left + width * height)
        shown = numpy.where(two_rows, step < 4, step < number)
        letters = placed(inks[rows], Boxes(*map(numpy.float32, where)), threshold)
        letters *= column(shown)
        numpy.maximum(coverage, letters, out=coverage)
        left = left + numpy.where(shown, (width + gap) * height, 0)
    return coverage


def neighbours(
    rng: numpy.random.Generator, inks: ndarray, where: Boxes, threshold: ndarray
) -> ndarray:
    """Return the coverage of strokes of other letters that reach into the picture from a side.

    They stay clear of the letters in `where` and show less than a third of themselves.
    """
    count = len(inks)
    other = numpy.roll(inks, 1, axis=0)
    own = boxes_of(other)
    height = where.height * rng.uniform(0.7, 1.4, count)
    width = height * numpy.clip(own.width / own.height, 0.3, 1.5)
    side = rng.integers(0, 4, count)
    upright = side < 2
    room = numpy.select(
        [side == 0, side == 1, side == 2],
        [where.left, SIDE - where.right, where.top],
        SIDE - where.bottom,
    )
    length = numpy.where(upright, width, height)
    shown = numpy.minimum(room - 0.04 * SIDE, length * rng.uniform(0.05, 0.33, count))
    first = side % 2 == 0
    start = numpy.where(first, shown - length, SIDE - shown)
    along = rng.uniform(-0.2, 0.9, count) * SIDE
    top = numpy.where(upright, along, start)
    left = numpy.where(upright, start, along)
    coverage = placed(
        other, Boxes(*map(numpy.float32, (top, top + height, left, left + width))), threshold
    )
    coverage *= column(shown > 1)
    return coverage


def print_beside(
    rng: numpy.random.Generator, inks: ndarray, where: Boxes, threshold: ndarray
) -> ndarray:
    """Return the coverage of one to three lines of small letters above or below `where`."""
    count = len(inks)
    size = numpy.clip(where.height * rng.uniform(0.12, 0.35, count), 5, 16)
    above = where.top > SIDE - where.bottom
    number = rng.integers(1, 4, count)
    gap = rng.uniform(1.3, 1.8, count) * size
    first = where.top - size * 0.7 - number * gap
    start = numpy.where(above, first, where.bottom + size * 0.7)
    place = (Y - column(start)) / column(gap)
    line = numpy.floor(place)
    across = (X + column(rng.uniform(0, 9, count))) / column(size * 0.9)
    letter = numpy.floor(across)
    y = (place - line) * column(gap / size) * SIZE
    x = (across - letter) * SIZE
    which = numpy.arange(count)[:, None, None] + 7 * line + 3 * letter
    # A space between words now and then.
    blank = (which.astype(int) * 2654435761 >> 7) % 6 == 0
    shape = (count, SIDE, SIDE)
    y, x, which = (numpy.array(numpy.broadcast_to(part, shape)) for part in (y, x, which))
    ink = sample(inks, y, x, which.astype(numpy.intp) % count)
    ink = numpy.clip((ink - column(threshold)) * 2 + 0.5, 0, 1)
    room = numpy.where(above, where.top, SIDE - where.bottom) > size * 1.7
    ink *= (line >= 0) & (line < column(number)) & (y < SIZE) & ~blank & column(room).astype(bool)
    return ink
