"""Where everything is on a form, and the squares that say which page of which letters it is."""

import itertools

import pytest

from edge.form import drawing, layout

RUSSIAN = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
ALPHABETS = [RUSSIAN, "ABC", ["Ә", "Дж", "ა"], [chr(0x4E00 + place) for place in range(200)]]


@pytest.mark.parametrize("letters", ALPHABETS)
def test_every_letter_has_three_boxes_for_each_of_its_cases(letters):
    pages = layout.pages(letters)
    boxes = [box.letter for page in pages for box in page.boxes]
    labels = [label.text for page in pages for label in page.labels]
    assert labels == [*letters, *(each.lower() for each in letters if each.lower() != each)]
    for letter in letters:
        assert boxes.count(letter) == 3 * sum(each.lower() == letter.lower() for each in labels)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert {page.count for page in pages} == {len(pages)}


def test_russian_capitals_are_one_page_and_small_letters_another():
    capitals, small = layout.pages(RUSSIAN)
    assert "".join(label.text for label in capitals.labels) == RUSSIAN
    assert "".join(label.text for label in small.labels) == RUSSIAN.lower()


@pytest.mark.parametrize("letters", ALPHABETS)
def test_nothing_on_a_page_is_drawn_over_anything_else(letters):
    for page in layout.pages(letters):
        parts = [part for part in drawing.of(page) if not isinstance(part, drawing.Text)]
        # But for the hole in the first mark.
        areas = [
            (part.left, part.top, part.left + part.side, part.top + part.side)
            for part in parts
            if getattr(part, "gray", 0) == 0
        ]
        lines = [part for part in drawing.of(page) if isinstance(part, drawing.Text)]
        areas += [(t.left, t.baseline - t.height, t.left + 5, t.baseline) for t in lines]
        for left, top, right, bottom in areas:
            assert min(left, top) >= 5
            assert right <= layout.WIDTH - 5
            assert bottom <= layout.HEIGHT - 5
        for one, other in itertools.combinations(areas, 2):
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
            assert apart or other[3] <= one[1]


def test_the_code_says_page_and_letters_and_any_wrong_square_is_noticed():
    letters = layout.checksum(RUSSIAN)
    for page in (1, 2, 63):
        code = layout.code(page, letters)
        assert len(code) == len(layout.CODE)
        assert layout.decoded(code) == (page, letters)
        for place in range(len(code)):
            wrong = [black != (at == place) for at, black in enumerate(code)]
            assert layout.decoded(wrong) is None


def test_blank_paper_and_a_black_bar_are_no_code():
    assert layout.decoded([True] * layout.BITS) is None
    assert layout.decoded([False] * layout.BITS) is None


def test_other_letters_or_another_order_are_another_form():
    alphabets = ["АБВ", "АВБ", "АБ", "АБВГ", ["АБ", "В"]]
    assert len({layout.checksum(letters) for letters in alphabets}) == len(alphabets)


def test_more_letters_than_pages_can_be_counted_are_refused():
    with pytest.raises(ValueError, match="3000 letters, more than a form has room for"):
        layout.pages([chr(0x4E00 + place) for place in range(3000)])
