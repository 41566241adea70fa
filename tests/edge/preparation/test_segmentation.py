"""Several letters are told from one, and a line is cut into its letters."""

import pathlib

import pytest

from edge import decode, preparation
from edge.preparation.segmentation import SURELY, boxed, crowd, parted
from tests.edge.preparation.written import LETTERS, mask, written

CORPORA = pathlib.Path(__file__).parents[3] / "data" / "letters"


def several(ink, width):
    """Return whether ink looks like several letters, as sure as one looks like one."""
    number, alone = crowd(boxed(ink, width))
    assert (number > 1) == (alone > 0)
    return alone == SURELY


@pytest.mark.parametrize("height", [20, 60, 150])
@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_is_one_however_many_parts_it_has(letter, height):
    sheet = written(letter, height=height)
    assert not several(sheet.ink, sheet.width)


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_is_one_in_a_mask(letter):
    assert not several(mask(written(letter)), 48)


@pytest.mark.parametrize("gap", [0.05, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("word", ["НИ", "ИВ", "ДОМ", "МАМА", "ЖМЁМ", "ВЫВОД"])
def test_a_word_is_several(word, gap):
    sheet = written(word, gap=gap, height=60)
    assert several(sheet.ink, sheet.width)


@pytest.mark.parametrize("gap", [0.2, 0.3, 0.5])
@pytest.mark.parametrize("word", ["НИ", "ИВ", "ДОМ", "МАМА", "ЖМЁМ", "ВЫВОД"])
def test_a_word_is_several_in_a_mask(word, gap):
    assert several(mask(written(word, gap=gap)), 48)


def test_a_word_of_letters_that_touch_is_several_by_its_shape():
    sheet = written("МАМА", gap=-0.06)
    assert len(parted(boxed(sheet.ink, sheet.width))) == 1
    assert several(sheet.ink, sheet.width)


@pytest.mark.parametrize("between", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("rows", [("А", "О"), ("Ё", "Й"), ("НИ", "В"), ("ДОМ", "МАМА")])
def test_two_rows_are_several(rows, between):
    sheet = written(*rows, between=between)
    assert several(sheet.ink, sheet.width)
    assert several(mask(sheet), 48)


@pytest.mark.parametrize("width", [1, 2, 30])
def test_the_least_ink_is_one(width):
    assert not several(b"\xff" + bytes(2 * width - 1), width)


@pytest.mark.parametrize(
    "word, gap",
    [("ДОМ", 0.05), ("МАМА", 0.1), ("ЁЖИК", 0.3), ("ЙОД", 0.5), ("ВЫВОД", 0.6), ("КЮЙ", 0.3)],
)
def test_a_line_is_cut_into_its_letters(word, gap):
    sheet = written(word, gap=gap)
    parts = parted(boxed(sheet.ink, sheet.width))
    assert len(parts) == len(word)
    for letter, part in zip(word, parts):
        assert len(part[0]) == pytest.approx(100 * LETTERS[letter][0], abs=2)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora's letters are not in data/letters")
@pytest.mark.parametrize("corpus", ["comnist", "cyrillic-mnist"])
def test_of_real_letters_hardly_any_is_several(corpus):
    paths = [path for folder in range(33) for path in first(CORPORA / corpus / str(folder), 20)]
    refused = []
    for path in paths:
        planes = preparation.opaque(decode.planes(path.read_bytes()))
        try:
            ink = preparation.clean_ink(planes)
        except preparation.PictureError:
            continue
        if ink is not None and several(ink, planes.width):
            refused.append(path)
    assert len(refused) <= 0.005 * len(paths), refused


def first(folder, count):
    return sorted(folder.glob("*.png"))[:count]
