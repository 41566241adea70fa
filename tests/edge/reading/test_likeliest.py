"""The likeliest of all words is the one whose cheapest way is."""

from itertools import product
from math import exp

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings

from edge.reading import Line, lattice, words
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
