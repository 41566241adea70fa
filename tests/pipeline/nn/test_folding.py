"""A folded network computes what the trained one does, with fewer layers."""

import numpy
import pytest

from pipeline.nn.folding import folded
from pipeline.nn.initializers import normal
from pipeline.nn.network import Network
from tests.pipeline.nn.networks import assert_same, bytes_of, copies, dense, described, entry

EVERYTHING = described(
    [9, 8],
    entry("convolution", filters=3, kernel=3, stride=2, bias=False),
    entry("batch_normalization", epsilon=0.1),
    *("identity", "relu", entry("dropout", rate=0.5), "flatten"),
    dense(6, kernel_regularizer={"l2": 0.1}),
    *("batch_normalization", "tanh", entry("activity_regularization", l1=0.1)),
    "batch_normalization",
    dense(4, bias_regularizer={"l1": 0.1}),
)


def trained(description, dtype=numpy.float64):
    """Return a network with random parameters, the estimates too."""
    rng = numpy.random.default_rng(1)
    network = Network(description, rng, bias_initializer=normal, dtype=dtype)
    for array in network.parameters.values():
        array[...] = rng.uniform(0.5, 2, array.shape)
    return network


def test_it_computes_the_same():
    network = trained(EVERYTHING)
    inputs = numpy.random.default_rng(2).standard_normal((5, 9, 8))
    found = folded(network).logits(inputs)
    numpy.testing.assert_allclose(found, network.logits(inputs), rtol=1e-10)


def test_only_what_inference_needs_is_left():
    assert folded(trained(EVERYTHING)).description() == described(
        [9, 8],
        entry("convolution", filters=3, kernel=3, stride=2),
        *("relu", "flatten", dense(6), "tanh", "batch_normalization", dense(4)),
    )


def test_the_trained_network_is_left_as_it_is():
    network = trained(EVERYTHING)
    before = copies(network.parameters)
    folded(network)
    assert network.description() == EVERYTHING
    assert_same(network.parameters, before)


def test_a_layer_without_a_bias_gets_one_of_zeros():
    network = trained(
        described([3, 5, 5], entry("convolution", filters=2, kernel=3, bias=False), "relu")
    )
    inputs, found = numpy.random.default_rng(2).standard_normal((5, 3, 5, 5)), folded(network)
    assert found.description()["layers"][0] == entry("convolution", filters=2, kernel=3)
    assert not found.parameters["convolution_1/bias"].any()
    numpy.testing.assert_array_equal(found.logits(inputs), network.logits(inputs))


def test_a_batch_normalization_is_folded_into_a_depthwise_convolution():
    network = trained(
        described([3, 5, 5], entry("depthwise_convolution", kernel=3), "batch_normalization")
    )
    inputs, found = numpy.random.default_rng(2).standard_normal((5, 3, 5, 5)), folded(network)
    assert len(found.layers) == 1
    numpy.testing.assert_allclose(found.logits(inputs), network.logits(inputs), rtol=1e-10)


@pytest.mark.parametrize("first", [dense(5), entry("convolution", filters=2, kernel=2)])
def test_a_network_without_anything_to_fold_keeps_its_bytes(first):
    network = trained(described([3, 3], first, "relu", dense(2)), numpy.float32)
    found = folded(network).parameters
    assert all(array.dtype == numpy.float32 for array in found.values())
    assert bytes_of(found) == bytes_of(network.parameters)
