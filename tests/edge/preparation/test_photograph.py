"""A letter on a photograph of paper comes out as from a clean picture."""

import math
import random

import pytest

from edge import preparation
from edge.decode.png import Planes
from edge.preparation import photograph

WIDTH, HEIGHT = 320, 240
PAPER, INK = 210, 40
STROKES = [((120, 60), (120, 180)), ((120, 120), (190, 60)), ((120, 120), (190, 180))]


def ink(x, y, strokes=STROKES, pen=9):
    """Return how much of a pixel is ink: a К drawn with a round pen."""
    nearest = pen
    for (ax, ay), (bx, by) in strokes:
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = min(1, max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length))
        nearest = min(nearest, math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    return min(1, max(0, pen / 2 + 0.5 - nearest))


LETTER = [ink(x, y) for y in range(HEIGHT) for x in range(WIDTH)]


def line(distance, thickness=2.0):
    """Return how much of a pixel a line covers."""
    return min(1, max(0, thickness / 2 + 0.5 - abs(distance)))


def rule(place, spacing):
    return line((place + spacing / 2) % spacing - spacing / 2)


PAPERS = {
    "ruled": lambda x, y: 1 - 0.3 * rule(y + 3, 24),
    "ruled askew": lambda x, y: 1 - 0.3 * rule(y + 0.035 * x, 24),
    "ruled as dark as ink": lambda x, y: 1 - 0.75 * rule(y + 3, 24),
    "squared": lambda x, y: 1 - 0.3 * max(rule(y + 3, 15), rule(x + 5, 15)),
}
LIGHTS = {
    "from the side": lambda x, y: 1 - 0.5 * x / WIDTH,
    "from a lamp": lambda x, y: 1 / (1 + 1.2 * math.hypot(x - 60, y - 40) ** 2 / WIDTH**2),
    "with a shadow": lambda x, y: 1 - 0.35 / (1 + math.exp((x + y - 250) / 8)),
}
SEEN = {
    **PAPERS,
    **LIGHTS,
    "a dark edge": lambda x, y: 0.1 if x < 20 else 1,
    "ruled, from the side": lambda x, y: PAPERS["ruled"](x, y) * LIGHTS["from the side"](x, y),
}


def photographed(seen, paper=PAPER, drawn=INK, noise=2):
    generator = random.Random(1)
    return bytes(
        min(255, max(0, round(
            (paper + (drawn - paper) * share) * seen(place % WIDTH, place // WIDTH)
            + generator.gauss(0, noise)
        )))
        for place, share in enumerate(LETTER)
    )  # fmt: skip


def gray(plane):
    return Planes(WIDTH, HEIGHT, plane, plane, plane, None)


CLEAN = preparation.letter(gray(photographed(lambda x, y: 1, noise=0)))


def unlikeness(plane):
    """Return by how much the prepared letter differs from the clean one, a share of its ink."""
    letter = preparation.letter(plane if isinstance(plane, Planes) else gray(plane))
    differences = sum(abs(a - b) for a, b in zip(letter, CLEAN))
    return differences / sum(255 - value for value in CLEAN)


@pytest.mark.parametrize("name", SEEN)
def test_what_paper_and_light_add_is_taken_away(name):
    plane = photographed(SEEN[name])
    assert photograph.is_photograph(plane, WIDTH)
    assert unlikeness(plane) < 0.25


@pytest.mark.parametrize("name", LIGHTS)
def test_chalk_is_read_on_a_blackboard(name):
    assert unlikeness(photographed(LIGHTS[name], paper=60, drawn=220)) < 0.25


def test_a_large_photograph_is_read_through_a_smaller_one():
    plane = photographed(SEEN["from a lamp"])
    wide = bytes(value for value in plane for _ in range(5))
    starts = range(0, len(wide), 5 * WIDTH)
    large = b"".join(5 * wide[start : start + 5 * WIDTH] for start in starts)
    assert unlikeness(Planes(5 * WIDTH, 5 * HEIGHT, large, large, large, None)) < 0.25


def test_ink_as_bright_as_the_paper_is_seen_by_its_colour():
    blue = photographed(lambda x, y: 1, noise=0)
    bright = bytes([PAPER]) * (WIDTH * HEIGHT)
    assert unlikeness(Planes(WIDTH, HEIGHT, bright, bright, blue, None)) < 0.05


def test_even_paper_is_no_photograph():
    assert not photograph.is_photograph(photographed(lambda x, y: 1), WIDTH)
    assert not photograph.is_photograph(photographed(lambda x, y: 1, noise=40), WIDTH)
    # Strokes that reach all four sides of the picture.
    touching = bytes(
        0 if abs(y - 100) < 10 or abs(x - 160) < 10 else 255 for y in range(240) for x in range(320)
    )
    assert not photograph.is_photograph(touching, WIDTH)


def drawn(*boxes):
    plane = bytearray(b"\xff" * (WIDTH * HEIGHT))
    for left, top, right, bottom in boxes:
        for y in range(top, bottom):
            plane[y * WIDTH + left : y * WIDTH + right] = bytes(right - left)
    return gray(bytes(plane))


def test_letters_that_stand_apart_are_cut_from_left_to_right():
    boxes = [(20, 60, 80, 160), (110, 60, 170, 160), (200, 100, 260, 160)]
    together = preparation.letters(drawn(*boxes))
    assert together == [preparation.letter(drawn(box)) for box in boxes]


@pytest.mark.parametrize(
    "boxes",
    [
        [(20, 60, 80, 160), (110, 60, 122, 160)],  # Ы
        [(20, 60, 32, 160), (60, 60, 120, 160)],  # Ю
        [(20, 60, 80, 160), (30, 30, 40, 40), (60, 30, 70, 40)],  # Ё
        [(20, 60, 80, 160), (90, 60, 150, 160)],  # strokes that miss each other
    ],
)
def test_parts_of_one_letter_stay_together(boxes):
    assert preparation.letters(drawn(*boxes)) == [preparation.letter(drawn(*boxes))]
