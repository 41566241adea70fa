"""Every backward pass against central differences, in float64."""

import numpy
import pytest

from pipeline.nn.initializers import normal
from pipeline.nn.layers import LAYERS, Dense
from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network

STEP = 1e-6
SHAPES = [(1, 1), (1, 5), (4, 1), (3, 7)]


def numerical_gradient(function, array):
    """The gradient of a scalar function by every number of `array`, which is left as it was."""
    gradient = numpy.empty_like(array)
    for index in numpy.ndindex(array.shape):
        value = array[index]
        array[index] = value + STEP
        above = function()
        array[index] = value - STEP
        below = function()
        array[index] = value
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def check_layer(layer, inputs):
    rng = numpy.random.default_rng(1)
    layer.build(inputs.shape[1:], normal, normal, rng, numpy.dtype(numpy.float64))
    weighting = rng.standard_normal(layer.forward(inputs, training=False).shape)

    def weighted_sum():
        return float((layer.forward(inputs, training=False) * weighting).sum())

    numpy.testing.assert_array_equal(
        layer.forward(inputs, training=True), layer.forward(inputs, training=False)
    )
    input_gradient = layer.backward(weighting.copy())
    numpy.testing.assert_allclose(
        input_gradient, numerical_gradient(weighted_sum, inputs), rtol=1e-6, atol=1e-8
    )
    assert list(layer.gradients) == list(layer.parameters)
    for name, parameter in layer.parameters.items():
        numpy.testing.assert_allclose(
            layer.gradients[name],
            numerical_gradient(weighted_sum, parameter),
            rtol=1e-6,
            atol=1e-8,
        )


@pytest.mark.parametrize("shape", [*SHAPES, (2, 3, 4)])
@pytest.mark.parametrize("kind", sorted(set(LAYERS) - {"dense"}))
def test_layer_without_options(kind, shape):
    check_layer(LAYERS[kind](), numpy.random.default_rng(0).standard_normal(shape))


@pytest.mark.parametrize("units", [1, 4])
@pytest.mark.parametrize("shape", [*SHAPES, (2, 3, 4)])
def test_dense(shape, units):
    check_layer(Dense(units), numpy.random.default_rng(0).standard_normal(shape))


def test_dense_computes_no_input_gradient_that_nobody_wants():
    layer = Dense(2)
    layer.build((3,), normal, normal, numpy.random.default_rng(0), numpy.dtype(numpy.float64))
    layer.forward(numpy.ones((4, 3)), training=True)
    assert layer.backward(numpy.ones((4, 2)), wants_input_gradient=False) is None
    numpy.testing.assert_array_equal(layer.gradients["bias"], [4, 4])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, shape):
    rng = numpy.random.default_rng(2)
    outputs, labels = rng.standard_normal(shape), rng.integers(0, shape[1], shape[0])
    gradient = LOSSES[name](outputs, labels)[1]
    numerical = numerical_gradient(lambda: LOSSES[name](outputs, labels)[0], outputs)
    numpy.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch", [1, 5])
def test_whole_network(batch, loss):
    description = {
        "input_shape": [2, 3],
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 5},
            {"type": "relu"},
            {"type": "dense", "units": 1},
            {"type": "tanh"},
            {"type": "dense", "units": 4},
            {"type": "sigmoid"},
            {"type": "dense", "units": 3},
        ],
    }
    rng = numpy.random.default_rng(3)
    network = Network(description, rng, bias_initializer=normal, dtype=numpy.float64)
    inputs, labels = rng.standard_normal((batch, 2, 3)), rng.integers(0, 3, batch)
    network.backward(LOSSES[loss](network.forward(inputs, training=True), labels)[1])
    for name, parameter in network.parameters.items():
        numerical = numerical_gradient(
            lambda: LOSSES[loss](network.forward(inputs), labels)[0], parameter
        )
        numpy.testing.assert_allclose(network.gradients[name], numerical, rtol=1e-5, atol=1e-8)
