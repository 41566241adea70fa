"""A folded network computes what the trained one does, with fewer layers."""

import numpy
import pytest

from pipeline.nn.folding import folded
from pipeline.nn.initializers import normal
from pipeline.nn.network import Network

EVERYTHING = {
    "input_shape": [9, 8],
    "layers": [
        {"type": "convolution", "filters": 3, "kernel": 3, "stride": 2, "bias": False},
        {"type": "batch_normalization", "epsilon": 0.1},
        {"type": "identity"},
        {"type": "relu"},
        {"type": "dropout", "rate": 0.5},
        {"type": "flatten"},
        {"type": "dense", "units": 6, "kernel_regularizer": {"l2": 0.1}},
        {"type": "batch_normalization"},
        {"type": "tanh"},
        {"type": "activity_regularization", "l1": 0.1},
        {"type": "batch_normalization"},
        {"type": "dense", "units": 4, "bias_regularizer": {"l1": 0.1}},
    ],
}


def trained(description, dtype=numpy.float64):
    """A network whose every parameter is some number."""
    rng = numpy.random.default_rng(1)
    network = Network(description, rng, bias_initializer=normal, dtype=dtype)
    for array in network.parameters.values():
        array[...] = rng.uniform(0.5, 2, array.shape)
    return network


def test_it_computes_the_same():
    network = trained(EVERYTHING)
    inputs = numpy.random.default_rng(2).standard_normal((5, 9, 8))
    numpy.testing.assert_allclose(
        folded(network).logits(inputs), network.logits(inputs), rtol=1e-10
    )


def test_only_what_inference_needs_is_left():
    assert folded(trained(EVERYTHING)).description() == {
        "input_shape": [9, 8],
        "layers": [
            {"type": "convolution", "filters": 3, "kernel": 3, "stride": 2},
            {"type": "relu"},
            {"type": "flatten"},
            {"type": "dense", "units": 6},
            {"type": "tanh"},
            {"type": "batch_normalization"},
            {"type": "dense", "units": 4},
        ],
    }


def test_the_trained_network_is_left_as_it_is():
    network = trained(EVERYTHING)
    before = {name: array.copy() for name, array in network.parameters.items()}
    folded(network)
    assert network.description() == EVERYTHING
    for name, array in network.parameters.items():
        numpy.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("layer", ["dense", "convolution"])
def test_a_network_without_anything_to_fold_keeps_its_bytes(layer):
    first = {"type": "dense", "units": 5}
    if layer == "convolution":
        first = {"type": "convolution", "filters": 2, "kernel": 2}
    description = {
        "input_shape": [3, 3],
        "layers": [first, {"type": "relu"}, {"type": "dense", "units": 2}],
    }
    network = trained(description, numpy.float32)
    for name, array in folded(network).parameters.items():
        assert array.dtype == numpy.float32
        assert array.tobytes() == network.parameters[name].tobytes()
