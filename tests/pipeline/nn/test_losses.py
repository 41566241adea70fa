import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nn.losses import mean_squared_error, softmax, softmax_cross_entropy


@pytest.mark.parametrize("classes", [1, 2, 33])
def test_equal_logits_cost_the_logarithm_of_the_number_of_classes(classes):
    loss, _ = softmax_cross_entropy(numpy.full((5, classes), 7.0), numpy.zeros(5, int))
    assert loss == pytest.approx(math.log(classes), abs=1e-12)


def test_cross_entropy_by_hand():
    # Odds of 1 to 3: the true class has probability 3/4 in the first row, 1/4 in the second.
    logits = numpy.array([[0.0, math.log(3)], [0.0, math.log(3)]])
    loss, gradient = softmax_cross_entropy(logits, numpy.array([1, 0]))
    assert loss == pytest.approx((math.log(4 / 3) + math.log(4)) / 2)
    numpy.testing.assert_allclose(gradient, [[1 / 8, -1 / 8], [-3 / 8, 3 / 8]])


def test_cross_entropy_of_huge_logits():
    logits = numpy.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], numpy.float32)
    loss, gradient = softmax_cross_entropy(logits, numpy.array([0, 1]))
    assert loss == 1e4
    assert gradient.dtype == numpy.float32
    numpy.testing.assert_array_equal(gradient, [[0, 0, 0], [0.5, -0.5, 0]])


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40), st.data())
def test_cross_entropy_is_finite_and_its_gradient_sums_to_zero(row, data):
    label = data.draw(st.integers(0, len(row) - 1))
    loss, gradient = softmax_cross_entropy(numpy.array([row], numpy.float32), numpy.array([label]))
    assert 0 <= loss < math.inf
    assert gradient.sum() == pytest.approx(0, abs=1e-5)
    assert gradient[0, label] <= 0


def test_softmax():
    probabilities = softmax(numpy.array([[1e4, 1e4], [-1e4, 1e4]], numpy.float32))
    numpy.testing.assert_array_equal(probabilities, [[0.5, 0.5], [0, 1]])


def test_mean_squared_error_by_hand():
    outputs = numpy.array([[1.0, 0.0], [0.5, 0.5]])
    loss, gradient = mean_squared_error(outputs, numpy.array([0, 1]))
    assert loss == (0 + 0 + 0.25 + 0.25) / 4
    numpy.testing.assert_array_equal(gradient, [[0, 0], [0.25, -0.25]])
    numpy.testing.assert_array_equal(outputs, [[1, 0], [0.5, 0.5]])
