"""Loose pieces are erased, and no part of a letter is."""

import time

import pytest

from edge.preparation.pieces import pieces, without_loose
from tests.edge.preparation.written import LETTERS, Sheet, written


def changed(sheet):
    """Return what is erased from a sheet, as the boxes of its pieces."""
    kept = without_loose(sheet.ink, sheet.width)
    lost = bytes(one - other for one, other in zip(sheet.ink, kept))
    return [(piece.left, piece.top) for piece in pieces(lost, sheet.width)] if any(lost) else []


@pytest.mark.parametrize("letter", LETTERS)
def test_all_of_a_letter_stays(letter):
    assert changed(written(letter)) == []


@pytest.mark.parametrize("letter", "ЁЙ")
def test_dots_and_breve_stay_at_the_border(letter):
    sheet = Sheet(100, 130)
    sheet.letter(letter, 15, -2, 110)
    assert changed(sheet) == []


def test_dots_of_a_light_hand_stay_in_what_a_network_has_found():
    sheet = Sheet(110, 130)
    sheet.letter("О", 25, 40, 80, pen=14)
    for left in (40, 60):
        for step in range(14):
            sheet.dot(left + step / 3, 12 + step, 3)
    assert without_loose(sheet.ink, sheet.width, found=True) == sheet.ink


@pytest.mark.parametrize("letter", "АЫЁЙМГ")
@pytest.mark.parametrize("diameter", [4, 9, 15])
def test_a_full_stop_goes(letter, diameter):
    clean, sheet = (Sheet(200, 140) for _ in "12")
    for each in (clean, sheet):
        width = each.letter(letter, 20, 20, 100)
    sheet.dot(20 + width + 15, 120 - diameter / 2, diameter)
    assert len(changed(sheet)) == 1
    assert without_loose(sheet.ink, sheet.width) == clean.ink


@pytest.mark.parametrize("place", [(5, 5), (5, 60), (105, 115), (40, 130), (50, 3)])
def test_specks_go(place):
    sheet = Sheet(120, 140)
    sheet.letter("И", 25, 20, 100)
    sheet.dot(*place, 2)
    assert len(changed(sheet)) == 1


def test_strokes_of_neighbours_go_at_the_border():
    sheet = Sheet(140, 140)
    sheet.letter("А", 25, 20, 100)
    sheet.letter("Г", 125, 40, 80)
    sheet.letter("О", 50, 130, 60)
    sheet.letter("О", -45, 30, 80)
    assert len(changed(sheet)) == 3


def test_a_letter_that_is_cut_by_the_border_stays():
    sheet = Sheet(90, 120)
    sheet.letter("Ы", 0, 0, 100)
    assert changed(sheet) == []


def test_all_letters_of_a_line_stay():
    assert changed(written("ЁЖКЮЙ", gap=0.2)) == []
    assert changed(written("ДОМ", "ЁЖ")) == []


def test_pieces_hang_together_by_corners():
    ink = bytes([9, 0, 0, 0, 0, 9, 0, 9, 0, 0, 0, 9])
    assert [piece[:5] for piece in pieces(ink, 4)] == [(18, 0, 2, 0, 2), (18, 1, 3, 3, 4)]


def test_a_texture_takes_no_longer_for_its_many_pieces():
    row = bytes([0, 255]) * 150
    ink = (row + bytes(300)) * 150
    start = time.perf_counter()
    assert without_loose(ink, 300) == ink
    # A tenth of it here; a minute if every piece were compared with all.
    assert time.perf_counter() - start < 10
