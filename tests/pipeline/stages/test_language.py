"""The stage `language`, as DVC runs it."""

import json
from pathlib import Path

import numpy
import pytest

from pipeline.data.alphabet import RUSSIAN
from pipeline.files import LANGUAGE
from tests.support.workplace import remains

MEASURED = Path("metrics/language.json")


@pytest.fixture
def learned(stage, set_params):
    """A workplace in which the stage has run, and what it has printed."""
    set_params(language__words="small")
    result = stage("language")
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_it_leaves_the_costs_and_how_good_they_are(learned):
    assert remains(LANGUAGE) == ["costs.npy", "language.json"]
    costs = numpy.load(LANGUAGE / "costs.npy")
    assert (costs.dtype, costs.shape, costs.nbytes) == (numpy.uint8, (34, 34, 34), 39_304)
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert measured["words"]["training"] > 50_000
    for name in ("validation", "test"):
        perplexity = measured["perplexity"][name]
        # Russian letters are chosen among far fewer than 34.
        assert 7 < perplexity["trigrams"] < 12
        assert 18 < perplexity["letters"] < 25
        assert f"{perplexity['trigrams']:.2f}" in learned


def test_likely_words_cost_less_than_the_same_letters_in_another_order(learned):
    costs = numpy.load(LANGUAGE / "costs.npy")

    def cost(word):
        numbers = [33, 33, *map(RUSSIAN.index, word), 33]
        return sum(
            int(costs[place]) for place in zip(numbers, numbers[1:], numbers[2:], strict=False)
        )

    for word in ("МАМА", "КОРОВА", "СТРОКА", "ЁЖИК", "ОБЪЁМ"):
        for other in (word[::-1], "".join(sorted(word))):
            assert other == word or cost(word) < cost(other)


def test_the_same_words_give_the_same_bytes(learned, stage):
    before = {path.name: path.read_bytes() for path in LANGUAGE.iterdir()}
    assert stage("language").returncode == 0
    assert {path.name: path.read_bytes() for path in LANGUAGE.iterdir()} == before


def test_without_a_list_of_words_nothing_is_learned(learned, stage, set_params):
    set_params(language=None)
    assert stage("language").returncode == 0
    assert remains(LANGUAGE) == []
    assert json.loads(MEASURED.read_text(encoding="utf-8")) == {}
