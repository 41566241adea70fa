"""Which letters there are, what their folders say, and in which order they come."""

import pytest

from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN, in_order, letter_of
from pipeline.errors import PipelineError

UKRAINIAN = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"

NAMES = {
    "А": "А",
    "ә": "Ә",
    # As macOS writes names: a letter and its marks apart.
    "и\u0306": "Й",
    "Е\u0308": "Ё",
    "дж": "Дж",
    "ДЖ": "Дж",
    # No capital that leads back, or none at all.
    "ß": "ß",
    "ς": "ς",
    "ა": "ა",
    "あ": "あ",
    "7": "7",
    # Two signs of Unicode, of which no single one is made.
    "а\u0304": "А\u0304",
    "new folder": None,
    "letters": None,
    "\u00ad": None,
    "": None,
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_folder_names_a_letter_in_either_case(name):
    assert letter_of(name) == NAMES[name]


@pytest.mark.parametrize("letters", [RUSSIAN, UKRAINIAN, "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "AÄBCÉZ"])
def test_letters_come_in_the_order_of_unicodes_collation(letters):
    assert in_order(sorted(letters, reverse=True)) == [*letters]


@pytest.mark.parametrize("count", [1, 201])
def test_of_too_few_letters_or_too_many_there_is_no_alphabet(count):
    with pytest.raises(PipelineError, match=f"{count} letters in them .*, expected 2 to 200"):
        in_order(chr(0x4E00 + number) for number in range(count))


def test_an_alphabet_is_kept_beside_the_letters(workplace):
    alphabet.write(workplace, ["А", "Дж"])
    assert alphabet.read(workplace) == ["А", "Дж"]
    with pytest.raises(PipelineError, match=r"alphabet\.json: not found"):
        alphabet.read(workplace / "nowhere")
