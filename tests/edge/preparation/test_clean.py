"""Clean pictures are told from all others, and their ink is found, without NumPy."""

import random

import pytest

from edge import preparation
from edge.decode.png import Planes, joined
from edge.preparation import segmentation
from tests.edge.processes import python

WIDTH, HEIGHT = 160, 120

# Strokes as boxes (left, top, right, bottom), 60 pixels wide and 80 high.
STROKES = {
    "П": [(0, 0, 60, 14), (0, 0, 14, 80), (46, 0, 60, 80)],
    "Ш": [(0, 0, 10, 80), (25, 0, 35, 80), (50, 0, 60, 80), (0, 70, 60, 80)],
    "Г": [(0, 0, 60, 14), (0, 0, 14, 80)],
    "Н": [(0, 0, 14, 80), (46, 0, 60, 80), (0, 33, 60, 47)],
    "Ь": [(0, 0, 14, 80), (0, 36, 60, 50), (0, 66, 60, 80), (46, 36, 60, 80)],
    "Ц": [(0, 0, 12, 68), (36, 0, 48, 68), (0, 56, 60, 68), (48, 56, 60, 80)],
    "Ы": [(0, 0, 10, 80), (0, 36, 34, 46), (0, 70, 34, 80), (24, 36, 34, 80), (50, 0, 60, 80)],
}


def drawn(boxes, ink=0, paper=255, width=WIDTH, height=HEIGHT, at=(50, 20)):
    plane = bytearray([paper]) * (width * height)
    for left, top, right, bottom in boxes:
        for y in range(at[1] + top, at[1] + bottom):
            start = y * width + at[0]
            plane[start + left : start + right] = bytes([ink]) * (right - left)
    return bytes(plane)


LETTER = drawn(STROKES["П"])


def gray(plane, width=WIDTH):
    return joined(width, len(plane) // width, [plane])


def lit(change, plane=LETTER):
    """Change the brightness of every pixel by its place: `change(value, x, y)`."""
    return gray(
        bytes(
            min(255, max(0, round(change(value, place % WIDTH, place // WIDTH))))
            for place, value in enumerate(plane)
        )
    )


def lined(lines, plane=LETTER):
    """Draw lines on a picture: boxes (left, top, right, bottom)."""
    over = drawn(lines, at=(0, 0))
    return gray(bytes(map(min, plane, over)))


def with_noise(deviation, plane=LETTER):
    generator = random.Random(1)
    return lit(lambda value, *_: value + generator.gauss(0, deviation), plane)


def coloured(ink, paper):
    return joined(WIDTH, HEIGHT, [drawn(STROKES["П"], *pair) for pair in zip(ink, paper)])


CLEAN = {
    "white": gray(LETTER),
    "gray": gray(drawn(STROKES["П"], 60, 190)),
    "inverted": gray(drawn(STROKES["П"], 255, 0)),
    "light on gray": gray(drawn(STROKES["П"], 230, 80)),
    "blue on white": coloured((20, 40, 200), (255, 255, 255)),
    "black on yellow": coloured((0, 0, 0), (250, 240, 120)),
    "yellow on black": coloured((255, 230, 0), (0, 0, 0)),
    "yellow as bright as its paper": coloured((255, 255, 120), (240, 240, 240)),
    "a scanner's faint noise": with_noise(2),
}


@pytest.mark.parametrize("name", CLEAN)
def test_ink_on_paper_of_one_level_is_clean(name):
    ink = preparation.clean_ink(CLEAN[name])
    assert len(ink) == WIDTH * HEIGHT
    assert all((value > 0) == (drawn == 0) for value, drawn in zip(ink, LETTER))


@pytest.mark.parametrize("name", STROKES)
def test_a_letter_cut_out_exactly_to_its_ink_is_clean(name):
    whole = preparation.clean_ink(gray(drawn(STROKES[name])))
    plane = drawn(STROKES[name], width=60, height=80, at=(0, 0))
    cut = preparation.clean_ink(gray(plane, 60))
    assert segmentation.boxed(cut, 60) == segmentation.boxed(whole, WIDTH)


def test_a_letter_cut_out_to_the_soft_edge_of_its_ink_is_clean():
    plane = drawn(STROKES["Ш"], width=62, height=82, at=(1, 1))
    cut = preparation.clean_ink(gray(plane.replace(b"\xff\x00", b"\xf0\x00"), 62))
    whole = preparation.clean_ink(gray(drawn(STROKES["Ш"])))
    assert segmentation.boxed(cut, 62) == segmentation.boxed(whole, WIDTH)


def test_a_sheet_on_a_desk_is_not_taken_for_a_letter_that_is_cut_out():
    across, around = b"\x1e\x34" * 30, b"\x1e\x34" * 3
    desk = across * 6 + (around + b"\xdc" * 48 + around) * 48 + across * 6
    assert preparation.clean_ink(gray(desk, 60)) is None


def test_a_few_specks_are_clean_and_erased():
    plane = bytearray(LETTER)
    for place in (500, 3000, 9000, 17000):
        plane[place] = 0
    assert preparation.clean_ink(gray(bytes(plane))) == preparation.clean_ink(gray(LETTER))


FRAME = [(0, 0, WIDTH, 2), (0, 0, 2, HEIGHT), (158, 0, WIDTH, HEIGHT), (0, 118, WIDTH, HEIGHT)]
INSIDE = [(10, 8, 150, 10), (10, 8, 12, 112), (148, 8, 150, 112), (10, 110, 150, 112)]
SQUARES = [(x, 0, x + 1, HEIGHT) for x in range(6, WIDTH, 15)]
SQUARES += [(0, y, WIDTH, y + 1) for y in range(4, HEIGHT, 15)]
NOT_CLEAN = {
    "a frame at the border": lined(FRAME),
    "a frame inside": lined(INSIDE),
    "a frame inside in chalk": gray(lined(INSIDE).red.translate(bytes(range(255, -1, -1)))),
    "one rule below the letter": lined([(0, 104, WIDTH, 106)]),
    "one rule through the letter": lined([(0, 90, WIDTH, 92)]),
    "a margin": lined([(30, 0, 32, HEIGHT)]),
    "rules": lined([(0, y, WIDTH, y + 1) for y in range(5, HEIGHT, 20)]),
    "squares": lined(SQUARES),
    "pale squares": lit(
        lambda value, x, y: value - 25 if value and (x % 15 == 6 or y % 15 == 4) else value
    ),
    "a desk at one side": lined([(0, 0, 25, HEIGHT)]),
    "a desk around the paper": lined(
        [(0, 0, WIDTH, 12), (0, 0, 20, HEIGHT), (0, 110, WIDTH, HEIGHT)]
    ),
    "light from the side": lit(lambda value, x, y: value * (1 - 0.3 * x / WIDTH)),
    "a lamp": lit(lambda value, x, y: value * (1 - 0.00002 * ((x - 50) ** 2 + (y - 40) ** 2))),
    "a shadow": lit(lambda value, x, y: value * (0.8 if x + y > 190 else 1)),
    "a camera's noise": with_noise(9),
    "a camera's colours": joined(
        WIDTH,
        HEIGHT,
        [with_noise(2, drawn(STROKES["П"], 40, level)).red for level in (210, 205, 190)],
    ),
    "a solid area": gray(drawn([(0, 0, 60, 80)])),
    "a letter on a solid area": gray(
        bytes(255 - v if w == 0 else w for v, w in zip(LETTER, drawn([(-20, -10, 80, 90)])))
    ),
    "a solid area at the border": gray(drawn([(-50, -20, 30, 60)])),
}


@pytest.mark.parametrize("name", NOT_CLEAN)
def test_what_paper_light_and_cameras_add_is_not_clean(name):
    assert preparation.clean_ink(NOT_CLEAN[name]) is None


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_blank_paper_has_no_letter(shade):
    with pytest.raises(preparation.PictureError, match="no letter found"):
        preparation.clean_ink(gray(bytes([shade]) * (WIDTH * HEIGHT)))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 3)])
def test_the_smallest_pictures_are_read_or_refused(size):
    generator = random.Random(1)
    width, height = size
    for _ in range(200):
        planes = [generator.choices((0, 9, 128, 255), k=width * height) for _ in "rgb"]
        try:
            ink = preparation.clean_ink(Planes(width, height, *map(bytes, planes), None))
        except preparation.PictureError:
            continue
        assert ink is None or (len(ink) == width * height and max(ink) == 255)


def test_no_picture_is_told_by_importing_numpy():
    code = (
        "import sys; from tests.edge.preparation import test_clean as these; "
        "pictures = [*these.CLEAN.values(), *these.NOT_CLEAN.values()]; "
        "[these.preparation.clean_ink(these.preparation.opaque(each)) for each in pictures]; "
        "sys.exit('numpy' in sys.modules)"
    )
    assert python("-c", code).returncode == 0


def cell(side, paper=255):
    """Return a gray cell of a scan whose letter, a cross, reaches the border on two sides."""
    plane = bytearray([paper]) * (side * side)
    for place in range(2, side):
        plane[place * side + side // 2] = plane[side // 2 * side + place] = 20
    return joined(side, side, [bytes(plane)])


def test_a_letter_may_reach_the_border_of_a_small_scan():
    assert preparation.clean_ink(cell(28)) is not None
    assert preparation.clean_ink(cell(60)) is None
    # So small, but on gray paper: a photograph.
    assert preparation.clean_ink(cell(28, 180)) is None


def test_what_is_drawn_on_a_transparent_ground_may_reach_its_border():
    alpha = cell(60).red.translate(bytes(range(255, -1, -1)))
    blue = joined(60, 60, [bytes([shade]) * 3600 for shade in (10, 20, 200)], alpha)
    assert preparation.is_drawing(blue)
    shown = preparation.opaque(blue)
    assert preparation.clean_ink(shown) is None
    assert preparation.clean_ink(shown, drawn=True).count(0) == 3600 - 2 * 58 + 1
    two_colours = blue._replace(red=bytes(range(60)) * 60)
    assert not preparation.is_drawing(two_colours)
    assert not preparation.is_drawing(shown)
