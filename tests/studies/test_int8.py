"""Weights at int8 differ from the trained ones by no more than their precision says."""

import numpy
import pytest
from safetensors.numpy import save_file

from pipeline.files import MODELS, read_json, write_json
from pipeline.nn.initializers import he
from pipeline.nn.network import Network
from pipeline.stages import split
from studies.strangers import RESULTS
from studies.strangers.int8 import int8
from tests.support.workplace import NETWORK, clean_strokes


@pytest.mark.parametrize("shape", [(784, 33), (16, 3, 3, 28)])
def test_int8_is_within_half_a_step_of_every_output(shape):
    rng = numpy.random.default_rng(1)
    # Outputs of very different size, one of them nothing but zeros.
    weights = (rng.normal(size=shape) * rng.lognormal(sigma=3, size=shape[-1])).astype("float32")
    weights[..., 5] = 0
    stored, restored = (of["dense_1/weights"] for of in int8({"dense_1/weights": weights}))
    assert (stored.dtype, restored.dtype) == (numpy.int8, numpy.float32)
    inputs = tuple(range(weights.ndim - 1))
    assert (abs(restored - weights) <= abs(weights).max(axis=inputs) / 127 * 0.501).all()
    # The largest weight of every output is stored in full.
    assert (abs(stored).max(axis=inputs)[:5] == 127).all()


def test_biases_stay_at_fp16():
    bias = numpy.array([0.1, -2.5, 0], numpy.float32)
    stored, restored = int8({"dense_1/bias": bias})
    assert stored["dense_1/bias"].dtype == numpy.float16
    numpy.testing.assert_array_equal(restored["dense_1/bias"], bias.astype(numpy.float16))


def test_the_models_of_both_splits_are_measured(studies, set_params):
    clean_strokes(20)
    chosen = set_params(split__test_per_letter=10, split__validation_share=0.2)
    for seed, method in enumerate(("random", "tail")):
        split.run(chosen, method)
        network = Network(NETWORK, numpy.random.default_rng(seed), he)
        write_json(MODELS / method / "network.json", network.description())
        save_file(network.parameters, MODELS / method / "fp32.safetensors")
    studies("int8")
    report = read_json(RESULTS / "int8.json")
    assert list(report) == ["random", "tail", "bytes"]
    # A byte a weight, a scale of four bytes an output, two bytes a bias, and the header.
    assert 784 * 33 + 33 * 6 < report["bytes"] < 784 * 33 + 33 * 6 + 500
    for method in ("random", "tail"):
        assert 0 < report[method]["strokes"] < 0.5
