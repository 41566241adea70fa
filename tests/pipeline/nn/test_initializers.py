import math

import numpy
import pytest

from pipeline.nn.initializers import INITIALIZERS


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("normal", 1 / math.sqrt(400)),
        ("he", math.sqrt(2 / 400)),
        ("glorot", math.sqrt(2 / (400 + 300))),
        ("zeros", 0),
    ],
)
def test_standard_deviation(name, deviation):
    weights = INITIALIZERS[name]((400, 300), numpy.random.default_rng(0))
    assert weights.shape == (400, 300)
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weights.mean()) <= 0.01 * deviation


def test_glorot_stays_within_its_limit():
    weights = INITIALIZERS["glorot"]((10, 5), numpy.random.default_rng(0))
    assert numpy.abs(weights).max() <= math.sqrt(6 / 15)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_same_seed_same_weights(name):
    first, second = (INITIALIZERS[name]((3, 4), numpy.random.default_rng(9)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
