"""The trigrams are those of the words, smoothed as published, and stored in bytes."""

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language import trigrams

# Numbers of the symbols of the alphabet АБ.
A, B, BOUNDARY = 0, 1, 2


def test_every_letter_and_the_end_are_counted_after_the_two_before_them():
    counted = trigrams.counts({"АБА": 2.0, "Б": 0.5}, "АБ")
    expected = numpy.zeros((3, 3, 3))
    expected[BOUNDARY, BOUNDARY, A] = expected[BOUNDARY, A, B] = 2.0
    expected[A, B, A] = expected[B, A, BOUNDARY] = 2.0
    expected[BOUNDARY, BOUNDARY, B] = expected[BOUNDARY, B, BOUNDARY] = 0.5
    numpy.testing.assert_array_equal(counted, expected)


def test_probabilities_are_those_of_the_published_formula_by_hand():
    """Of АБ, twice, and А: seen + ways * shorter, divided by all seen + ways."""
    found = trigrams.probabilities(trigrams.counts({"АБ": 2.0, "А": 1.0}, "АБ"))
    # 8 symbols, of three kinds: А 3, Б 2, boundary 3.
    a, b, boundary = ((count + 3 * (1 / 3)) / (8 + 3) for count in (3, 2, 3))
    # After А, 3 times, two kinds: Б 2, boundary 1.
    a_after_a, b_after_a, end_after_a = (
        (count + 2 * shorter) / (3 + 2) for count, shorter in ((0, a), (2, b), (1, boundary))
    )
    assert found[BOUNDARY, A, A] == pytest.approx((0 + 2 * a_after_a) / 5)
    assert found[BOUNDARY, A, B] == pytest.approx((2 + 2 * b_after_a) / 5)
    assert found[BOUNDARY, A, BOUNDARY] == pytest.approx((1 + 2 * end_after_a) / 5)
    # What was never seen before: the shorter context alone.
    assert found[B, A, B] == pytest.approx(b_after_a)
    # The first letter: always А, one kind, in the shorter context as well.
    a_first = (3 + a) / 4
    for before in (A, B, BOUNDARY):
        assert found[before, BOUNDARY, A] == pytest.approx((3 + a_first) / 4)


WORDS = st.dictionaries(st.text("АБВГ", min_size=1), st.floats(1e-3, 1e6), min_size=1, max_size=30)


@given(WORDS)
def test_nothing_is_impossible_and_all_together_is_certain(some):
    found = trigrams.probabilities(trigrams.counts(some, "АБВГ"))
    assert found.min() > 0
    numpy.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-12)
    numpy.testing.assert_array_equal(found[:, -1], found[:1, -1].repeat(5, axis=0))


@given(WORDS)
def test_a_stored_cost_is_half_a_step_from_what_was_computed_at_most(some):
    found = trigrams.probabilities(trigrams.counts(some, "АБВГ"))
    stored = trigrams.costs(found)
    assert stored.dtype == numpy.uint8
    step = trigrams.STEP
    nats = numpy.minimum(-numpy.log(found), 255 * step)
    assert abs(stored * step - nats).max() <= step / 2 + 1e-9
    sums = numpy.exp(-step * stored).sum(axis=-1)
    assert abs(numpy.log(sums)).max() <= step / 2 + 5 * math.exp(-255 * step)


def test_perplexity_is_among_how_many_equals_one_would_choose():
    counted = trigrams.counts({"АБ": 3.0, "БА": 1.0}, "АБ")
    even = numpy.full((3, 3, 3), math.log(3))
    assert trigrams.perplexity(even, counted) == pytest.approx(3)
    # Costs of a symbol alone, whatever stands before it.
    alone = numpy.array([math.log(2), math.log(4), math.log(4)])
    assert trigrams.perplexity(alone, counted) == pytest.approx(2 ** (5 / 3))
