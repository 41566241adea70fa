"""Rows of boxes are found, seen from wherever, and empty ones told."""

import pytest

numpy = pytest.importorskip("numpy")

import edge  # noqa: E402
from edge.decode.png import joined  # noqa: E402
from edge.reading import boxes, forms  # noqa: E402
from tests.edge.reading import rows  # noqa: E402

TILTS = [0, 0.03, 0.08]


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("gray", [60, 150, 210])
def test_the_corners_of_every_box_are_found_within_two_pixels(tilt, gray):
    picture, corners = rows.seen(*rows.form("МОСКВА  ", "ИВАН", gray=gray), tilt)
    found = boxes.rows(picture)
    assert [len(row) for row in found] == [8, 4]
    for row, expected in zip(found, corners):
        assert abs(row - expected).max() < 2


def test_a_box_whose_frame_is_broken_is_found_by_its_row():
    pixels, corners = rows.form("МОСКВА")
    # The frame between the third and the fourth one has a hole.
    left = int(corners[0][3, 0, 0])
    pixels[rows.TOP + 20 : rows.TOP + 32, left - 2 * rows.STEP // 12 : left] = 255
    (row,) = boxes.rows(pixels)
    assert abs(row - corners[0]).max() < 2


@pytest.mark.parametrize("tilt", TILTS)
def test_a_form_is_read_box_for_box_and_empty_ones_are_told(tilt):
    texts = "МОСКВА  ", "  ИВАН И"
    picture, corners = rows.seen(*rows.form(*texts), tilt)
    for asked in (None, True):
        text = edge.load().read_text(picture, language=False, boxes=asked)
        assert [line.text for line in text.lines] == ["МОСКВА", "ИВАН И"]
        for line, shown, expected in zip(text.lines, texts, corners):
            assert [letter.letter or " " for letter in line.letters] == list(shown)
            for letter, four in zip(line.letters, expected):
                where = numpy.concatenate([four.min(axis=0), four.max(axis=0)])
                assert abs(where - letter.box).max() <= 2
                assert (letter.letter is None) == (letter.probability is None)
                assert (letter.letter is None) == (letter.top == [])


def squared():
    paper = numpy.full((400, 400, 3), 240, numpy.uint8)
    paper[::40] = paper[:, ::40] = 150
    return paper


def test_squared_paper_is_no_form_unless_one_says_so():
    reader = edge.load()
    with pytest.raises(ValueError, match="no letter found"):
        reader.read_text(squared())
    with pytest.raises(ValueError, match="no row of three boxes or more found, or nothing in it"):
        reader.read_text(squared(), boxes=True)


def test_rows_that_go_on_above_or_below_are_squares_unless_one_says_so():
    assert boxes.rows(squared()) == []
    assert len(boxes.rows(squared(), certainly=True)) > 1


def test_ink_that_goes_on_from_box_to_box_is_written_on_squares_unless_one_says_so():
    pixels = numpy.full((180, 480, 3), 255, numpy.uint8)
    # Six boxes that share their sides, and a stroke across each side.
    pixels[58:122, 58:422] = 120
    for left in range(60, 420, 60):
        pixels[60:120, left : left + 58] = 255
    for side in range(119, 420, 60):
        pixels[80:100, side - 14 : side + 14] = 0
    planes = joined(480, 180, [pixels[:, :, 0].tobytes()])
    assert len(boxes.rows(pixels)) == 1
    assert forms.rows(planes, certainly=False) == []
    assert [len(row.candidates) for row in forms.rows(planes, certainly=True)] == [6]


def test_more_boxes_than_a_form_has_are_not_looked_into():
    paper = numpy.full((700, 700, 3), 240, numpy.uint8)
    paper[::16] = paper[:, ::16] = 150
    assert boxes.rows(paper) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (40, 40)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_there_is_no_row_in_a_blank_picture_of_any_size(shape, level):
    assert boxes.rows(numpy.full((*shape, 3), level, numpy.uint8)) == []
