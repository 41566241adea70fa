"""Quantized weights differ from the trained ones by no more than their precision says."""

import numpy
import pytest

from pipeline.stages.quantize import int8


@pytest.mark.parametrize("shape", [(784, 33), (16, 3, 3, 28)])
def test_int8_is_within_half_a_step_of_every_output(shape):
    rng = numpy.random.default_rng(1)
    # Outputs of very different size, one of them nothing but zeros.
    weights = (rng.normal(size=shape) * rng.lognormal(sigma=3, size=shape[-1])).astype("float32")
    weights[..., 5] = 0
    stored, restored = int8({"dense_1/weights": weights})
    steps = abs(weights).max(axis=tuple(range(weights.ndim - 1))) / 127
    assert stored["dense_1/weights"].dtype == numpy.int8
    assert restored["dense_1/weights"].dtype == numpy.float32
    error = abs(restored["dense_1/weights"] - weights)
    assert (error <= steps * 0.501).all()
    # The largest weight of every output is stored in full.
    assert (
        abs(stored["dense_1/weights"]).max(axis=tuple(range(weights.ndim - 1)))[:5] == 127
    ).all()


def test_biases_stay_at_fp16():
    bias = numpy.array([0.1, -2.5, 0], numpy.float32)
    stored, restored = int8({"dense_1/bias": bias})
    assert stored["dense_1/bias"].dtype == numpy.float16
    numpy.testing.assert_array_equal(restored["dense_1/bias"], bias.astype(numpy.float16))
