"""Whatever the picture, the letter comes out in one form: 28x28, dark, centred, of one size."""

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


def test_a_single_lone_dot_belongs_to_the_letter():
    plane = bytearray(drawing(28, 28, (4, 8, 24, 24)))
    plane[2 * 28 + 13] = 0
    picture = preparation.letter(gray(28, 28, bytes(plane)))
    assert box_of(picture)[1] == box_of(CLEAN)[1]
    assert min(picture[: SIZE * 4]) < 128
