"""Which words there are, how often they are written, and which of them are held out."""

import numpy
import pytest

from pipeline.data.alphabet import RUSSIAN
from pipeline.language import words


@pytest.fixture(scope="module")
def listed():
    return words.frequencies("small")


def test_words_are_russian_letters_in_capitals_with_shares_of_a_text(listed):
    assert len(listed) > 50_000
    assert set("".join(listed)) == set(RUSSIAN)
    assert 0.8 < sum(listed.values()) < 1
    assert listed["И"] > listed["ДОМ"] > listed["БУКВА"] > 1e-7


def test_the_large_list_has_rarer_words_and_says_the_same_of_the_others(listed):
    large = words.frequencies("large")
    assert len(large) > 9 * len(listed)
    # A spelling with Ё may be too rare for the small list.
    same = [word for word in listed if "Ё" not in word and large[word] == listed[word]]
    assert len(same) > 0.97 * len(listed)


@pytest.mark.parametrize("word", ["ЕЩЁ", "РЕБЁНОК", "САМОЛЁТ"])
def test_what_is_written_with_yo_is_as_often_written_without(listed, word):
    assert listed[word] == listed[word.replace("Ё", "Е")] > 1e-6


def test_what_is_rarely_typed_with_yo_stays_as_rare():
    large = words.frequencies("large")
    # A slip of typists: ЖЕ has no other spelling.
    assert large["ЖЁ"] < 1e-4 * large["ЖЕ"]


def test_a_twentieth_is_held_out_for_each_part_of_neither_short_long_nor_common_words(listed):
    parts = {name: words.part(listed, name) for name in words.PARTS}
    assert sum(map(len, parts.values())) == len(listed)
    assert set().union(*parts.values()) == set(listed)
    fitting = [word for word in listed if 3 <= len(word) <= 12 and listed[word] <= 1e-4]
    for name in ("validation", "test"):
        assert len(parts[name]) == pytest.approx(len(fitting) / 20, rel=0.1)
        assert all(3 <= len(word) <= 12 for word in parts[name])
        assert max(parts[name].values()) <= 1e-4


def test_both_spellings_of_a_word_belong_to_one_part(listed):
    other = {word: word.replace("Ё", "Е") for word in listed if "Ё" in word}
    both = [pair for pair in other.items() if listed.get(pair[1]) == listed[pair[0]]]
    assert len(both) > 300
    for pair in both:
        assert len({words.part_of(word, listed[word]) for word in pair}) == 1


def test_words_are_drawn_as_often_as_they_are_written():
    some = {"ДОМ": 0.03, "МАМА": 0.01, "И": 0.9, "ДОСТОПРИМЕЧАТЕЛЬНОСТЬ": 0.9}
    found = words.drawn(some, 4000, numpy.random.default_rng(1))
    assert set(found) == {"ДОМ", "МАМА"}
    # Five standard deviations.
    assert found.count("ДОМ") == pytest.approx(3000, abs=5 * (4000 * 0.75 * 0.25) ** 0.5)
    assert words.drawn(some, 4000, numpy.random.default_rng(1)) == found
