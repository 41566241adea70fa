"""What a picture shows beside the letter: paper, lines, frames, specks, desks, light, shadows."""

import numpy
from numpy import ndarray

from pipeline.data.papers.canvas import (
    GRIDS,
    SIDE,
    X,
    Y,
    box,
    column,
    filled,
    half_plane,
    lines,
    paint,
    shade,
    smooth_noise,
)
from pipeline.data.papers.ink import Boxes, boxes_of

Generator = numpy.random.Generator

# Ink differs from its paper by at least this much in one of the colours, of 1.
LEAST_CONTRAST = 0.1


def boxes_around(letters: ndarray, where: Boxes, rows: ndarray) -> Boxes:
    """Return `where` with the boxes of `rows` replaced by those of what stands there."""
    replaced = Boxes(*(side.copy() for side in where))
    for side, new in zip(replaced, boxes_of(letters[rows]), strict=True):
        side[rows] = new
    return replaced


def paper_colours(rng: Generator, count: int) -> ndarray:
    """Return colours of paper, `(n, 3)`: gray or nearly so, now and then coloured."""
    brightness = 1 - rng.beta(1, 2.2, count) * 0.75
    tint = rng.normal(0, 0.03, (count, 3))
    strong = rng.uniform(0, 1, count) < 0.12
    tint[strong] = rng.uniform(-0.5, 0, (strong.sum(), 3))
    white = rng.uniform(0, 1, count) < 0.2
    colours = numpy.clip(brightness[:, None] * (1 + tint), 0.05, 1)
    colours[white] = 1
    return colours.astype(numpy.float32)


def ink_colours(rng: Generator, paper: ndarray) -> ndarray:
    """Return colours of ink, `(n, 3)`: dark, or any that differs from the paper."""
    count = len(paper)
    dark = rng.uniform(0, 0.35, (count, 1)) + rng.uniform(-0.1, 0.2, (count, 3))
    hue = rng.uniform(0, 1, (count, 1))
    vivid = numpy.clip(abs((hue * 6 + numpy.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    vivid = 1 - rng.uniform(0.3, 1, (count, 1)) * (1 - vivid)
    # A felt pen lets the paper through.
    vivid = vivid * paper * rng.uniform(0.5, 1, (count, 1))
    colour = numpy.where(rng.uniform(0, 1, (count, 1)) < 0.5, dark, vivid)
    # Pale ink is a thin mixture with the paper.
    strength = 1 - rng.beta(1, 2.5, (count, 1)) * 0.85
    colour = paper + strength * (numpy.clip(colour, 0, 1) - paper)
    difference = colour - paper
    most = abs(difference).max(axis=1, keepdims=True)
    faint = most < LEAST_CONTRAST
    difference = numpy.where(faint, -LEAST_CONTRAST * paper.max(axis=1, keepdims=True), difference)
    return numpy.clip(paper + difference, 0, 1).astype(numpy.float32)


def mixed(rng: Generator, paper: ndarray, colour: ndarray) -> ndarray:
    """Return colours of print, `(n, 3)`: gray, blue or red on the paper, or as dark as the ink."""
    count = len(paper)
    hues = numpy.array([[0, 0, 0], [0.2, 0.4, 0.9], [0.9, 0.2, 0.25], [0.4, 0.7, 0.4]])
    printed = hues[rng.choice(4, count, p=[0.45, 0.35, 0.1, 0.1])]
    printed = paper + rng.uniform(0.15, 1, (count, 1)) * (printed * paper - paper)
    like_ink = rng.uniform(0, 1, (count, 1)) < 0.35
    return numpy.where(like_ink, colour, printed).astype(numpy.float32)


def grain(rng: Generator, pictures: ndarray, rows: ndarray) -> None:
    """Give the paper a grain: fine, or blotches."""
    count = len(rows)
    coarse = 1 + smooth_noise(rng, count, GRIDS[3]) * column(rng.uniform(0, 0.04, count))
    coarse += smooth_noise(rng, count, GRIDS[1]) * column(rng.uniform(0, 0.03, count))
    shade(pictures, rows, coarse[:, None])


def creases(rng: Generator, pictures: ndarray, rows: ndarray) -> None:
    """Fold the paper: a line, lighter on one side and darker on the other."""
    distance = half_plane(rng, len(rows))
    width = column(rng.uniform(0.7, 6, len(rows)))
    profile = distance / width * numpy.exp(-0.5 * (distance / width) ** 2)
    shade(pictures, rows, (1 + column(rng.uniform(-0.25, 0.25, len(rows))) * profile)[:, None])


def rules(
    rng: Generator, pictures: ndarray, rows: ndarray, paper: ndarray, colour: ndarray
) -> None:
    """Print lines on the paper: level ones, upright ones, or squares of any pitch."""
    count = len(rows)
    kind = rng.choice(4, count, p=[0.25, 0.1, 0.5, 0.15])  # level, upright, squares, both unequal
    pitch = numpy.exp(rng.uniform(*numpy.log([5, 70]), count))
    # One or two lines alone are lines far apart.
    pitch = numpy.where((kind != 2) & (rng.uniform(0, 1, count) < 0.3), 130.0, pitch)
    width = numpy.clip(pitch * rng.uniform(0.04, 0.18, count), 0.5, 4)
    width = numpy.where(rng.uniform(0, 1, count) < 0.5, numpy.minimum(width, 1.6), width)
    other = numpy.where(kind == 3, numpy.exp(rng.uniform(*numpy.log([8, 130]), count)), pitch)
    level = lines(rng, count, pitch, width, upright=False) * column(kind != 1)
    upright = lines(rng, count, other, width, upright=True) * column(kind != 0)
    paint(pictures, rows, numpy.maximum(level, upright), mixed(rng, paper[rows], colour[rows]))


def frames(
    rng: Generator,
    pictures: ndarray,
    rows: ndarray,
    paper: ndarray,
    colour: ndarray,
    where: Boxes,
) -> None:
    """Print a frame around the letters, at the border of the picture, or a row of boxes."""
    count = len(rows)
    around = where.take(rows)
    gap = [rng.uniform(0.5, 14, count) for _ in range(4)]
    even = rng.uniform(0, 1, count) < 0.5
    gap = [numpy.where(even, gap[0], part) for part in gap]
    outer = rng.uniform(0, 1, count) < 0.3
    edge = rng.uniform(0, 8, count) * (rng.uniform(0, 1, count) < 0.6)
    top, left = (
        numpy.where(outer, edge, side - part)
        for side, part in zip((around.top, around.left), gap[:2], strict=True)
    )
    bottom, right = (
        numpy.where(outer, SIDE - edge, side + part)
        for side, part in zip((around.bottom, around.right), gap[2:], strict=True)
    )
    corner = rng.uniform(0, 10, count) * (rng.uniform(0, 1, count) < 0.25)
    width = numpy.exp(rng.uniform(*numpy.log([0.7, 5]), count))
    shape = filled(abs(box(top, bottom, left, right, corner)) - column(width / 2))
    # The neighbouring boxes of a row share their sides.
    rowed = ~outer & (rng.uniform(0, 1, count) < 0.4)
    place = (X - column(left)) / column(right - left)
    place = abs(place - numpy.rint(place)) * column(right - left)
    sides = filled(place - column(width / 2))
    down = abs(Y - column((top + bottom) / 2)) - column((bottom - top) / 2)
    sides *= down < 0
    levels = filled(abs(down) - column(width / 2))
    boxes = numpy.maximum(sides, levels)
    cover = numpy.where(column(rowed).astype(bool), boxes, shape)
    paint(pictures, rows, cover, mixed(rng, paper[rows], colour[rows]))


def specks(
    rng: Generator,
    pictures: ndarray,
    rows: ndarray,
    paper: ndarray,
    colour: ndarray,
    where: Boxes,
) -> None:
    """Drop specks anywhere, or one full stop after the letter."""
    count = len(rows)
    around = where.take(rows)
    tint = mixed(rng, paper[rows], colour[rows])
    stop = rng.uniform(0, 1, count) < 0.3
    for number in range(4):
        y, x = rng.uniform(0, SIDE, (2, count))
        radius = numpy.exp(rng.uniform(*numpy.log([0.5, 2.2]), count))
        shown = rng.uniform(0, 1, count) < 0.6
        if number == 0:
            y = numpy.where(stop, around.bottom, y)
            x = numpy.where(stop, around.right + 0.15 * around.height, x)
            radius = numpy.where(stop, around.height * rng.uniform(0.03, 0.07, count), radius)
            shown |= stop
        elif number == 1:
            # Later ones are specks beside the full stop.
            tint = numpy.where(stop[:, None], mixed(rng, paper[rows], colour[rows]), tint)
        distance = numpy.hypot(Y - column(y), X - column(x)) - column(radius)
        painted = colour[rows] if number == 0 else tint
        colours = numpy.where(stop[:, None], painted, tint)
        paint(pictures, rows, filled(distance) * column(shown), colours)


def hairs(
    rng: Generator, pictures: ndarray, rows: ndarray, paper: ndarray, colour: ndarray
) -> None:
    """Lay a hair or a thread on the paper: a thin arc."""
    count = len(rows)
    radius = rng.uniform(8, 120, count)
    angle = rng.uniform(0, 2 * numpy.pi, count)
    y, x = rng.uniform(0, SIDE, (2, count))
    centre_y, centre_x = y - radius * numpy.sin(angle), x - radius * numpy.cos(angle)
    ring = abs(numpy.hypot(Y - column(centre_y), X - column(centre_x)) - column(radius))
    near = numpy.hypot(Y - column(y), X - column(x)) < column(rng.uniform(5, 40, count))
    cover = filled(ring - column(rng.uniform(0.2, 0.7, count))) * near
    paint(pictures, rows, cover, mixed(rng, paper[rows], colour[rows]))


def desks(rng: Generator, pictures: ndarray, rows: ndarray, paper: ndarray, where: Boxes) -> None:
    """Show what the sheet, or a sticker with round corners, lies on: on some sides or all."""
    count = len(rows)
    around = where.take(rows)
    margins = []
    for room in (around.top, SIDE - around.bottom, around.left, SIDE - around.right):
        margin = rng.uniform(0.1, 0.85, count) * room
        margins.append(numpy.where(rng.uniform(0, 1, count) < 0.6, margin, -40))
    top, bottom, left, right = margins
    corner = rng.uniform(0, 16, count) * (rng.uniform(0, 1, count) < 0.4)
    distance = box(top, SIDE - bottom, left, SIDE - right, corner)
    slope = column(rng.normal(0, 0.02, count))
    distance += slope * (Y - SIDE / 2) * numpy.sign(X - SIDE / 2)
    colours = numpy.clip(rng.uniform(0, 1, (2, count, 1)) + rng.normal(0, 0.1, (2, count, 3)), 0, 1)
    near = abs(colours - paper[rows]).max(axis=2, keepdims=True) < 0.15
    colours = numpy.where(near, (paper[rows] + 0.5) % 1, colours)
    outside = 1 - filled(distance.copy(), 1.2)
    fallen = numpy.exp(-numpy.maximum(distance, 0) / column(rng.uniform(1, 8, count)))
    texture = 1 + smooth_noise(rng, count, GRIDS[3]) * column(rng.uniform(0, 0.08, count))
    texture -= fallen * column(rng.uniform(0, 0.7, count) * (rng.uniform(0, 1, count) < 0.5))
    second = filled(half_plane(rng, count)) * column(rng.uniform(0, 1, count) < 0.2)
    first, other = colours[:, :, :, None, None]
    desk = (first + second[:, None] * (other - first)) * texture[:, None]
    pictures[rows] += outside[:, None] * (desk - pictures[rows])


def light(rng: Generator, pictures: ndarray, falling: ndarray, lamp: ndarray) -> None:
    """Let light fall off as a plane, and from the middle of a lamp's."""
    slopes = rng.uniform(-0.5, 0.5, (2, len(falling)))
    plane = 1 + column(slopes[0]) * (Y / SIDE - 0.5) + column(slopes[1]) * (X / SIDE - 0.5)
    shade(pictures, falling, plane[:, None])
    y, x = rng.uniform(-0.2, 1.2, (2, len(lamp))) * SIDE
    distance = ((Y - column(y)) ** 2 + (X - column(x)) ** 2) / SIDE**2
    fall = 1 / (1 + column(rng.uniform(0.3, 2, len(lamp))) * distance)
    # The lamp has a colour of its own.
    cast = rng.uniform(0.8, 1.1, (len(lamp), 3, 1, 1)).astype(numpy.float32)
    shade(pictures, lamp, fall[:, None] * cast)


def shadows(rng: Generator, pictures: ndarray, rows: ndarray) -> None:
    """Let shadows fall across, with edges from sharp to soft; a second edge makes it a band."""
    count = len(rows)
    softness = numpy.exp(rng.uniform(*numpy.log([0.7, 40]), count))
    dark = filled(half_plane(rng, count), column(softness))
    band = filled(half_plane(rng, count), column(softness))
    dark = numpy.where(column(rng.uniform(0, 1, count) < 0.25).astype(bool), dark * band, dark)
    shade(pictures, rows, (1 - column(rng.uniform(0.15, 0.65, count)) * dark)[:, None])
