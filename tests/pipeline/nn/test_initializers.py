import math

import numpy
import pytest

from pipeline.nn.initializers import INITIALIZERS

# By the numbers of inputs and outputs.
DEVIATIONS = {
    "standard_normal": lambda n_in, n_out: 1,
    "normal": lambda n_in, n_out: 1 / math.sqrt(n_in),
    "he": lambda n_in, n_out: math.sqrt(2 / n_in),
    "glorot": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),
    "random_uniform": lambda n_in, n_out: 0.05 / math.sqrt(3),
    "random_normal": lambda n_in, n_out: 0.05,
    "zeros": lambda n_in, n_out: 0,
}
LIMITS = {
    "glorot": lambda n_in, n_out: math.sqrt(6 / (n_in + n_out)),
    "random_uniform": lambda n_in, n_out: 0.05,
}
# A dense layer's weights, a convolution's, a bias.
SHAPES = [
    ((400, 300), 400, 300),
    ((64, 5, 3, 128), 64 * 5 * 3, 5 * 3 * 128),
    ((100_000,), 1, 100_000),
]
every_shape = pytest.mark.parametrize(("shape", "n_in", "n_out"), SHAPES, ids=str)


@every_shape
@pytest.mark.parametrize("name", INITIALIZERS)
def test_standard_deviation(name, shape, n_in, n_out):
    weights = INITIALIZERS[name](shape, numpy.random.default_rng(0))
    deviation = DEVIATIONS[name](n_in, n_out)
    assert weights.shape == shape
    assert weights.dtype == numpy.float64
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weights.mean()) <= 0.01 * deviation


@every_shape
@pytest.mark.parametrize("name", LIMITS)
def test_uniform_ones_fill_their_limits(name, shape, n_in, n_out):
    weights = INITIALIZERS[name](shape, numpy.random.default_rng(0))
    limit = LIMITS[name](n_in, n_out)
    assert 0.999 * limit <= numpy.abs(weights).max() <= limit


@pytest.mark.parametrize("name", INITIALIZERS)
def test_same_seed_same_weights(name):
    first, second = (INITIALIZERS[name]((3, 4), numpy.random.default_rng(9)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_only_zeros_draw_nothing(name):
    rng, untouched = numpy.random.default_rng(9), numpy.random.default_rng(9)
    INITIALIZERS[name]((3, 4), rng)
    assert (rng.random() == untouched.random()) == (name == "zeros")
