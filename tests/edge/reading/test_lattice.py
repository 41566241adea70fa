"""The cheapest way through a line, against all ways through small ones."""

from itertools import product

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.language import Costs
from edge.reading import lattice
from edge.reading.cuts import Candidate, Part

LETTERS = 2
COSTS = st.integers(0, 4000).map(lambda value: value / 1000)


@st.composite
def lines(draw):
    """Draw a lattice of a few parts, whose candidates are one or two of them, and a language."""
    parts = draw(st.integers(1, 4))
    spans = [(first, first + 1) for first in range(parts)]
    spans += [(first, first + 2) for first in range(parts - 1) if draw(st.booleans())]
    candidates = [Candidate(*span, 0, 1, 0, 1, draw(COSTS)) for span in spans]
    costs = [[draw(COSTS) for _ in range(LETTERS)] for _ in spans]
    spaces = [draw(COSTS) - 2 for _ in range(parts - 1)]
    symbols = LETTERS + 1
    data = draw(st.binary(min_size=symbols**3, max_size=symbols**3))
    language = draw(st.sampled_from([None, Costs(data, symbols, 0.01, 0.5, 1.0)]))
    return lattice.Lattice(candidates, costs, spaces), language


def ways(found):
    """Yield all ways through a lattice: lists of `(candidate, letter, space)`."""

    def after(place):
        if place == len(found.spaces) + 1:
            yield []
            return
        for number, candidate in enumerate(found.candidates):
            if candidate.first == place:
                spaces = [False, True] if place else [False]
                for rest in after(candidate.stop):
                    for step in product([number], range(LETTERS), spaces):
                        yield [step, *rest]

    return after(0)


def cost(found, language, way):
    """Return what a way costs, as it is defined: letter by letter."""
    total, symbols = 0, []
    for number, letter, space in way:
        candidate = found.candidates[number]
        if candidate.first:
            between = found.spaces[candidate.first - 1]
            total += max(0, between) if space else max(0, -between)
        total += candidate.cost + found.costs[number][letter]
        symbols += ["|"] * space + [letter]
    if language is None:
        return total
    for word in "".join(map(str, symbols)).split("|"):
        known = [language.boundary] * 2 + [int(sign) for sign in word] + [language.boundary]
        for three in zip(known, known[1:], known[2:]):
            total += language.weight * (language.cost(*three) - language.usual)
    return total


def plain(way):
    return [step[:3] for step in way]


@settings(max_examples=80, deadline=None)
@given(lines())
def test_the_way_is_the_cheapest_of_all(drawn):
    found, language = drawn
    way = plain(lattice.best(found, language))
    least = min(cost(found, language, each) for each in ways(found))
    assert cost(found, language, way) == pytest.approx(least)


@settings(max_examples=80, deadline=None)
@given(lines())
def test_in_its_place_a_letter_costs_more_than_another_by_what_the_way_does(drawn):
    found, language = drawn
    way = lattice.best(found, language)
    for place, (number, _, space) in enumerate(plain(way)):
        shown = lattice.in_place(found, way, place, language)
        others = [plain(way) for _ in range(LETTERS)]
        for letter, other in enumerate(others):
            other[place] = (number, letter, space)
        whole = [cost(found, language, other) for other in others]
        assert shown[1] - shown[0] == pytest.approx(whole[1] - whole[0])


def part(left, right, cut=False):
    return Part(0, 100, left, right, [], cut)


def test_a_wide_gap_is_a_space_and_one_as_wide_as_the_others_is_none():
    parts = [part(0, 50), part(60, 110), part(180, 230), part(240, 290)]
    inner, between, last = lattice.spaces(parts, 100)
    assert inner == last > 0 > between
    # Letters that stand far apart are one word all the same.
    assert min(lattice.spaces([part(0, 50), part(95, 140), part(185, 230)], 100)) > 0
    assert lattice.spaces([part(0, 50)], 100) == []
