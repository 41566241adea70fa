"""Pieces of ink are put into the lines that they stand in."""

import pytest

from edge.preparation import PictureError
from edge.preparation.pieces import Piece, pieces
from edge.reading.lines import MOST_LETTERS, lines
from tests.edge.preparation.written import Sheet
from tests.edge.reading import sheets


def stood(sheet):
    """Return the boxes of every line, left, top, right and bottom, of its pieces."""
    found = lines(pieces(sheet.ink, sheet.width))
    return [sorted((p.left, p.top, p.right, p.bottom) for p in line.pieces) for line in found]


@pytest.mark.parametrize("slope", [-0.15, 0, 0.15])
def test_a_row_may_climb_or_fall(slope):
    sheet = Sheet(1100, 600)
    for baseline in (250, 340, 430):
        sheets.write(sheet, "НАШМАНПИЛТНАШМАНПИ", 20, baseline + 500 * slope, 40, slope=slope)
    found = lines(pieces(sheet.ink, sheet.width))
    assert [len(line.pieces) for line in found] == [18, 18, 18]
    assert all(abs(line.height - 43) < 4 for line in found)


@pytest.mark.parametrize("text, parts", [("ЁЛКА", 6), ("МОЙ", 4), ("ЫЮЁЙ", 9)])
def test_dots_breves_and_bars_stand_in_the_line_of_their_letter(text, parts):
    sheet = Sheet(400, 300)
    sheets.write(sheet, text, 20, 120, 50)
    sheets.write(sheet, "НАШ", 20, 220, 50)
    found = stood(sheet)
    assert [len(line) for line in found] == [len(pieces(sheet.ink, 400)) - 3, 3]
    assert len(found[0]) <= parts


def test_a_rule_under_a_line_and_dirt_are_left_out():
    sheet = Sheet(400, 200)
    sheets.write(sheet, "НАШ", 20, 90, 50)
    clean = stood(sheet)
    for x in range(10, 390):
        sheet.dot(x, 110, 3)
    sheet.dot(300, 40, 1)
    assert stood(sheet) == clean


def test_nothing_is_no_line_and_more_letters_than_a_page_has_are_refused():
    assert lines([]) == []
    many = [Piece(900, 0, 10, 20 * n, 20 * n + 9, []) for n in range(MOST_LETTERS + 1)]
    with pytest.raises(PictureError, match="1001 letters, or what looks so; expected at most 1000"):
        lines(many)
    assert [len(line.pieces) for line in lines(many[1:])] == [1000]
