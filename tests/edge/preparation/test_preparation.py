"""Whatever the picture, the letter comes out in one form: 28x28, dark, centred, of one size."""

import random

import pytest

from edge import preparation
from edge.decode.png import Planes
from edge.picture import SIZE
from tests.edge.drawings import drawing

EXTENT = preparation.EXTENT


def gray(width, height, plane, alpha=None):
    return Planes(width, height, plane, plane, plane, alpha)


def box_of(picture):
    rows = [y for y in range(SIZE) if min(picture[y * SIZE : (y + 1) * SIZE]) < 128]
    columns = [x for x in range(SIZE) if min(picture[x::SIZE]) < 128]
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def differ(one, other):
    return max(abs(a - b) for a, b in zip(one, other))


CLEAN = preparation.letter(gray(100, 100, drawing(100, 100, (20, 20, 80, 80))))


def test_the_letter_fills_the_extent_in_the_middle_of_white():
    assert len(CLEAN) == SIZE * SIZE
    assert box_of(CLEAN) == (2, 2, 26, 26)
    assert min(CLEAN) == 0
    assert CLEAN.count(255) > SIZE * SIZE / 2


@pytest.mark.parametrize("box", [(0, 0, 60, 60), (40, 0, 100, 60), (5, 35, 65, 95)])
def test_it_may_stand_anywhere(box):
    assert preparation.letter(gray(100, 100, drawing(100, 100, box))) == CLEAN


@pytest.mark.parametrize("ink, paper", [(0, 200), (60, 255), (255, 0), (255, 30), (120, 20)])
def test_polarity_and_contrast_do_not_matter(ink, paper):
    plane = drawing(100, 100, (20, 20, 80, 80), ink, paper)
    assert differ(preparation.letter(gray(100, 100, plane)), CLEAN) <= 1


@pytest.mark.parametrize("side, first, last", [(9, 1, 8), (200, 40, 160), (1200, 240, 960)])
def test_its_size_does_not_matter(side, first, last):
    plane = drawing(side, side, (first, first, last, last))
    assert box_of(preparation.letter(gray(side, side, plane))) == box_of(CLEAN)


def test_a_tall_or_flat_letter_keeps_its_proportions():
    tall = gray(100, 100, drawing(100, 100, (40, 10, 60, 90)))
    left, top, right, bottom = box_of(preparation.letter(tall))
    assert bottom - top == EXTENT
    assert abs((right - left) - EXTENT / 4) <= 1
    stroke = b"\xff" * 300 + b"\0" * 100 + b"\xff" * 300
    assert box_of(preparation.letter(gray(100, 7, stroke))) == (2, 13, 26, 14)


def test_colour_is_weighed_as_the_eye_does():
    ink = drawing(100, 100, (20, 20, 80, 80))
    white = b"\xff" * len(ink)
    for planes in [(ink, ink, white), (white, ink, ink), (ink, white, ink)]:
        assert differ(preparation.letter(Planes(100, 100, *planes, None)), CLEAN) <= 1


@pytest.mark.parametrize("ink, paper", [(0, 0), (90, 90), (255, 255), (0, 255), (255, 0)])
def test_ink_on_transparent_paper_of_the_same_or_another_colour_is_read(ink, paper):
    alpha = drawing(100, 100, (20, 20, 80, 80)).translate(bytes(range(255, -1, -1)))
    plane = drawing(100, 100, (20, 20, 80, 80), ink, paper)
    assert preparation.letter(gray(100, 100, plane, alpha)) == CLEAN


@pytest.mark.parametrize("side", [28, 60, 278])
def test_preparing_a_prepared_picture_again_hardly_moves_it(side):
    box = tuple(round(side * share) for share in (0.2, 0.1, 0.7, 0.9))
    once = preparation.letter(gray(side, side, drawing(side, side, box)))
    again = preparation.letter(gray(SIZE, SIZE, once))
    assert box_of(again) == box_of(once)
    # What is fainter than an eighth of the ink becomes paper.
    assert differ(again, once) <= 255 * preparation.FAINT


@pytest.mark.parametrize(
    "box, ink, paper",
    [((0, 0, 10, 10), 0, 255), ((0, 0, 18, 18), 0, 255), ((4, 3, 24, 26), 20, 170)],
)
def test_a_picture_of_that_size_is_prepared_too(box, ink, paper):
    picture = preparation.letter(gray(28, 28, drawing(28, 28, box, ink, paper)))
    left, top, right, bottom = box_of(picture)
    assert max(right - left, bottom - top) == EXTENT
    assert abs(left + right - SIZE) <= 1
    assert abs(top + bottom - SIZE) <= 1


def test_faint_noise_of_the_scanner_is_paper():
    plane = bytearray(drawing(100, 100, (20, 20, 80, 80)))
    plane[::7] = bytes(max(0, value - 12) for value in plane[::7])
    assert box_of(preparation.letter(gray(100, 100, bytes(plane)))) == box_of(CLEAN)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_blank_picture_has_no_letter(shade):
    plane = bytes([shade]) * 2000
    for blank in (gray(50, 40, plane), gray(50, 40, plane, bytes(2000)), gray(1, 1, plane[:1])):
        with pytest.raises(preparation.PictureError, match="no letter found"):
            preparation.letter(blank)


def test_any_tiny_picture_is_read_or_refused_but_never_crashes():
    hypothesis = pytest.importorskip("hypothesis")
    strategies = pytest.importorskip("hypothesis.strategies")

    @hypothesis.given(strategies.data())
    @hypothesis.settings(max_examples=300, deadline=None)
    def check(data):
        width, height = (data.draw(strategies.integers(1, 12)) for _ in "wh")
        plane = strategies.binary(min_size=width * height, max_size=width * height)
        red, green, blue = (data.draw(plane) for _ in "rgb")
        alpha = data.draw(strategies.none() | plane)
        try:
            picture = preparation.letter(Planes(width, height, red, green, blue, alpha))
        except preparation.PictureError:
            return
        assert len(picture) == SIZE * SIZE
        assert min(picture) == 0

    check()


# Photographs: a letter of 100 pixels, its picture changed by what cameras and paper add.
SIDE = 200
BOX = (50, 50, 150, 150)


def dotted(dots, bar=b""):
    """Draw a cross with `dots`, or a stroke as long as `bar`, above it."""
    plane = bytearray(drawing(SIDE, SIDE, BOX))
    for y in range(30, 30 + 7):
        for left in dots:
            plane[y * SIDE + left : y * SIDE + left + max(7, len(bar))] = bar or bytes(7)
    return bytes(plane)


CROSS = drawing(SIDE, SIDE, BOX)
DOTS = dotted((80, 115))
BREVE = dotted((85,), bytes(40))


def with_noise(plane, deviation, paper=255):
    generator = random.Random(1)
    return bytes(
        min(255, max(0, round(value * paper / 255 + generator.gauss(0, deviation))))
        for value in plane
    )


def with_specks(plane, share):
    generator = random.Random(2)
    plane = bytearray(plane)
    for place in generator.sample(range(len(plane)), round(share * len(plane))):
        plane[place] = generator.choice((0, 255))
    return bytes(plane)


def under_light(plane, lost, towards):
    """Let the light fall off by the share `lost` in a direction (x, y) of -1, 0 and 1."""
    x_way, y_way = towards
    reach = SIDE * (abs(x_way) + abs(y_way)) / 2
    lit = []
    for place, value in enumerate(plane):
        x, y = place % SIDE - SIDE / 2, place // SIDE - SIDE / 2
        lit.append(round(value * (1 - lost * (1 + (x * x_way + y * y_way) / reach) / 2)))
    return bytes(lit)


def unlikeness(plane, clean):
    """Return by how much two prepared pictures differ, a share of the ink of the second."""
    one, other = (preparation.letter(gray(SIDE, SIDE, picture)) for picture in (plane, clean))
    ink = sum(255 - value for value in other)
    return sum(abs(a - b) for a, b in zip(one, other)) / ink


@pytest.mark.parametrize("clean", [CROSS, DOTS, BREVE], ids=["cross", "dots", "breve"])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.02])
def test_specks_do_not_move_a_letter_nor_take_its_dots(clean, share):
    assert unlikeness(with_specks(clean, share), clean) < 0.15


@pytest.mark.parametrize("clean", [CROSS, DOTS, BREVE], ids=["cross", "dots", "breve"])
@pytest.mark.parametrize("paper", [255, 200])
@pytest.mark.parametrize("deviation", [13, 26])
def test_noise_does_not_move_a_letter_nor_take_its_dots(clean, paper, deviation):
    assert unlikeness(with_noise(clean, deviation, paper), clean) < 0.15


@pytest.mark.parametrize("towards", [(1, 0), (0, -1), (-1, 1), (1, 1)])
@pytest.mark.parametrize("lost", [0.3, 0.6])
def test_light_may_fall_off_across_the_paper(lost, towards):
    lit = under_light(DOTS, lost, towards)
    assert unlikeness(lit, DOTS) < 0.05
    assert unlikeness(with_noise(lit, 8), DOTS) < 0.15


def test_light_ink_is_read_on_dark_paper_that_is_unevenly_lit_and_noisy():
    # Paper of 60 and ink of 220 in full light.
    plane = DOTS.translate(bytes(220 - value * 160 // 255 for value in range(256)))
    assert unlikeness(with_noise(under_light(plane, 0.3, (1, 0)), 8), DOTS) < 0.15


def test_a_single_lone_dot_belongs_to_the_letter():
    plane = bytearray(drawing(28, 28, (4, 8, 24, 24)))
    plane[2 * 28 + 13] = 0
    picture = preparation.letter(gray(28, 28, bytes(plane)))
    assert box_of(picture)[1] == box_of(CLEAN)[1]
    assert min(picture[: SIZE * 4]) < 128
