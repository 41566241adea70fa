"""The likeliest of a list of words, and what a list may look like."""

from itertools import product
from math import exp

import pytest
from hypothesis import given, settings

from edge.reading import Line, lattice, words
from tests.edge.packs import LETTERS
from tests.edge.reading.test_lattice import lines, ways


@settings(max_examples=60, deadline=None)
@given(lines())
def test_the_likeliest_word_is_the_one_whose_cheapest_way_is(drawn):
    found, _ = drawn
    way = lattice.best(found)
    known = {word: word for count in (1, 2, 3, 4) for word in product((0, 1), repeat=count)}
    costs = {}
    for each in ways(found):
        word = tuple(letter for _, letter, _ in each)
        own = sum(found.candidates[n].cost + found.costs[n][letter] for n, letter, _ in each)
        costs[word] = min(own, costs.get(word, own))
    free = sum(found.candidates[s.candidate].cost + found.costs[s.candidate][s.letter] for s in way)
    none = free + words.NONE * len(way)
    best = min(costs, key=costs.get)
    answer = words.likeliest(Line("", [], found, way), dict(sorted(known.items())))
    if costs[best] >= none:
        assert answer is None
    else:
        total = sum(exp(-value) for value in [*costs.values(), none])
        assert costs[answer[0]] == pytest.approx(costs[best])
        assert answer[1] == pytest.approx(exp(-costs[best]) / total, rel=1e-6)


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
