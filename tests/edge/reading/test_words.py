"""What a list of words may look like."""

import pytest

from edge.reading import words
from tests.edge.packs import LETTERS


def spelled(word, letters=LETTERS):
    return tuple(letters.index(letter) for letter in word)


@pytest.fixture
def listed(tmp_path):
    def read(data, letters=LETTERS):
        path = tmp_path / "words.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return words.read(path, letters)

    return read


def test_a_list_may_have_a_bom_blank_lines_any_line_breaks_and_any_case(listed):
    expected = {spelled("ДОМ"): "дом", spelled("ЁЖ"): "Ёж"}
    for text in ("дом\nЁж\n", "\ufeffдом\r\nЁж", "\n  дом \n\n\nЁж\nДОМ\n", "дом\nЕ\u0308ж"):
        assert listed(text) == expected


def test_spaces_hyphens_and_what_is_no_letter_stand_for_nothing(listed):
    assert listed("Анна-Мария 2\nя\n!\n") == {
        spelled("АННАМАРИЯ"): "Анна-Мария 2",
        spelled("Я"): "я",
    }


def test_letters_of_several_signs_are_found_before_shorter_ones(listed):
    letters = ["Д", "Дж", "А"]
    assert listed("аджа\nда\n", letters) == {(2, 1, 2): "аджа", (0, 2): "да"}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no word of the model's letters"),
        (b"\n 12 \nabc", "no word of the model's letters"),
        ("дом".encode("cp1251"), "not UTF-8"),
        (b"\xff\xfed\x00", "not UTF-8"),
        (b"\n" * (words.MOST_BYTES + 1), "longer than"),
    ],
)
def test_what_is_no_list_of_words_is_refused(listed, data, found):
    with pytest.raises(ValueError, match=found):
        listed(data)
