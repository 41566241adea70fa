"""Every backward pass against central differences, in float64."""

import numpy
import pytest

from pipeline.nn.initializers import normal
from pipeline.nn.layer import Initialization
from pipeline.nn.layers import LAYERS
from pipeline.nn.losses import LOSSES, WeightedSum
from pipeline.nn.regularizers import Regularizer
from tests.pipeline.nn.networks import copies, dense, entry, network_of

STEP = 1e-6
ROWS = [(1, 1), (1, 5), (4, 1), (3, 7)]
# One example, one channel, one pixel, no channel axis, sides of unlike parity.
PICTURES = [(1, 1, 1, 1), (1, 1, 5, 4), (3, 2, 4, 5), (2, 4, 6)]
EVERY_SHAPE = [*ROWS, (2, 3, 4), (2, 3, 2, 1)]

WINDOWS = [
    {"kernel": 1},
    {"kernel": 3, "padding": 1},
    {"kernel": 3, "stride": 2, "padding": 1},
    {"kernel": [2, 3], "stride": [3, 1], "padding": [1, 2]},
    {"kernel": 2, "stride": 3, "padding": 3},
    {"kernel": [1, 4], "stride": 2, "padding": [0, 3], "bias": False},
]
POOLS = [
    {"size": 1},
    {"size": 2},
    {"size": [1, 2]},
    {"size": 2, "stride": 1},
    {"size": [2, 1], "stride": 3},
    {"size": [2, 3], "padding": "same"},
    {"size": [5, 2], "stride": [1, 2], "padding": "same"},
]
DILATED = [
    {"kernel": 3, "dilation": 2, "padding": "same"},
    {"kernel": [2, 3], "dilation": [3, 1], "padding": [2, 0], "stride": [1, 2]},
    {"kernel": 2, "dilation": [2, 3], "padding": 2, "stride": 2, "bias": False},
]
BOTH = {"l1": 0.3, "l2": 0.2}
LOSSES_OF_TARGETS = [name for name in LOSSES if not name.startswith("softmax")]
EVERY_LOSS = LOSSES | {"sum": WeightedSum({"mean_sigmoid_cross_entropy": 1.0, "dice": 0.3})}

CASES = [
    *(("dense", {"units": units}, shape) for units in (1, 4) for shape in [*ROWS, (2, 3, 4)]),
    ("dense", {"units": 3, "bias": False}, (2, 4)),
    ("dense", {"units": 3, "kernel_regularizer": BOTH, "bias_regularizer": {"l1": 0.1}}, (2, 4)),
    *(
        ("convolution", {"filters": filters, **options}, shape)
        for filters in (1, 3)
        for options in [*WINDOWS, *DILATED]
        for shape in PICTURES
    ),
    ("convolution", {"filters": 2, "kernel": 2, "kernel_regularizer": BOTH}, (2, 3, 4, 5)),
    *(("depthwise_convolution", options, shape) for options in WINDOWS for shape in PICTURES),
    ("depthwise_convolution", {"kernel": [1, 3], "padding": "same"}, (2, 3, 4, 5)),
    ("depthwise_convolution", {"kernel": 2, "kernel_regularizer": BOTH}, (2, 3, 4, 5)),
    *(("max_pooling", options, shape) for options in POOLS for shape in PICTURES),
    *(("average_pooling", options, shape) for options in POOLS for shape in PICTURES),
    *(("global_average_pooling", {}, shape) for shape in PICTURES),
    *(("dropout", {"rate": rate}, shape) for rate in (0, 0.4) for shape in EVERY_SHAPE),
    ("dropout", {"rate": 0.5, "noise_shape": [3, 1, 1]}, (4, 3, 2, 5)),
    *(("batch_normalization", {}, shape) for shape in EVERY_SHAPE),
    *(("activity_regularization", options, (3, 4)) for options in (BOTH, {"l1": 1}, {"l2": 2}, {})),
    *(("upsample", {"factor": factor}, shape) for factor in (1, 2, 3) for shape in PICTURES),
    ("leaky_relu", {"slope": 0.3}, (2, 5)),
    ("elu", {"alpha": 0.7}, (2, 5)),
    *(
        (kind, {}, shape)
        for kind in sorted(
            set(LAYERS)
            - {"dense", "convolution", "max_pooling", "average_pooling", "dropout"}
            - {"batch_normalization", "activity_regularization", "upsample", "add", "concatenate"}
            - {"depthwise_convolution", "global_average_pooling"}
        )
        for shape in EVERY_SHAPE
    ),
]  # fmt: skip


def numerical_gradient(function, array):
    """Return the gradient of a scalar function by all numbers of `array`, which stay the same."""
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


def fits(kind, options, shape):
    """Return whether at least one window fits the padded picture."""
    if kind not in ("convolution", "depthwise_convolution", "max_pooling", "average_pooling"):
        return True
    window, padding = options.get("kernel", options.get("size")), options.get("padding", 0)
    window = numpy.multiply(options.get("dilation", 1), numpy.subtract(window, 1)) + 1
    return padding == "same" or bool(
        (numpy.add(shape[-2:], numpy.multiply(2, padding)) >= window).all()
    )


def initialized(rng):
    return Initialization(normal, normal, rng, numpy.dtype(numpy.float64))


def test_every_layer_has_a_case():
    alone = {kind for kind, layer in LAYERS.items() if not layer.several}
    assert {kind for kind, *_ in CASES} == alone


@pytest.mark.parametrize("examples_last", [False, True])
@pytest.mark.parametrize(
    ("kind", "options", "shape"), [case for case in CASES if fits(*case)], ids=str
)
def test_layer(kind, options, shape, examples_last):
    rng = numpy.random.default_rng(1)
    inputs = rng.standard_normal(shape)
    if examples_last:
        inputs = numpy.moveaxis(numpy.ascontiguousarray(numpy.moveaxis(inputs, 0, -1)), -1, 0)
    layer = LAYERS[kind](**options)
    output_shape = layer.build(shape[1:], initialized(rng))
    weighting = rng.standard_normal((shape[0], *output_shape))
    state = layer.generator and layer.generator.bit_generator.state

    def weighted_sum(training):
        if state:
            layer.generator.bit_generator.state = state
        return float((layer.forward(inputs, training) * weighting).sum()) + (
            layer.penalty() if training else 0
        )

    if state:
        layer.generator.bit_generator.state = state
    outputs = layer.forward(inputs, training=True).copy()
    assert outputs.shape == weighting.shape
    input_gradient = layer.backward(weighting.copy())
    layer.regularize(input_gradient)
    gradients = copies(layer.gradients | {"": input_gradient})
    for name, gradient in gradients.items():
        array = layer.parameters[name] if name else inputs
        numerical = numerical_gradient(lambda: weighted_sum(True), array)
        numpy.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=2e-8, err_msg=name)

    # In inference mode: the same function, or one whose derivative is known in closed form.
    by_inputs = numerical_gradient(lambda: weighted_sum(False), inputs)
    if kind == "dropout":
        numpy.testing.assert_array_equal(layer.forward(inputs, training=False), inputs)
        numpy.testing.assert_allclose(by_inputs, weighting, rtol=1e-6, atol=1e-8)
    elif kind == "batch_normalization":
        deviation = numpy.sqrt(layer.parameters["variance"] + layer.epsilon)
        factor = layer.parameters["scale"] / deviation
        expected = weighting * factor.reshape(-1, *[1] * (len(shape) - 2))
        numpy.testing.assert_allclose(by_inputs, expected, rtol=1e-6, atol=1e-8)
    else:
        numpy.testing.assert_array_equal(layer.forward(inputs, training=False), outputs)
        if not layer.regularizers:
            numpy.testing.assert_allclose(gradients[""], by_inputs, rtol=1e-6, atol=2e-8)


@pytest.mark.parametrize(
    ("kind", "options", "gradient"),
    [
        ("dense", {"units": 2}, ("bias", [4, 4])),
        ("convolution", {"filters": 2, "kernel": 1}, ("bias", [4, 4])),
        ("depthwise_convolution", {"kernel": 1}, ("bias", [4, 4, 4])),
        ("prelu", {}, ("slopes", [0, 0, 0])),
        ("batch_normalization", {}, ("shift", [4, 4, 4])),
    ],
)
def test_an_input_gradient_that_is_not_wanted_is_not_computed(kind, options, gradient):
    layer = LAYERS[kind](**options)
    layer.build((3, 1, 1), initialized(numpy.random.default_rng(0)))
    outputs = layer.forward(numpy.ones((4, 3, 1, 1)), training=True)
    assert layer.backward(numpy.ones_like(outputs), wants_input_gradient=False) is None
    name, expected = gradient
    numpy.testing.assert_array_equal(layer.gradients[name], expected)


@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("name", EVERY_LOSS)
def test_loss_of_labels(name, shape):
    rng = numpy.random.default_rng(2)
    check_loss(name, rng.standard_normal(shape), rng.integers(0, shape[1], shape[0]))


@pytest.mark.parametrize("shape", [*ROWS, (3, 1, 4, 5), (1, 2, 3)], ids=str)
@pytest.mark.parametrize("name", [*LOSSES_OF_TARGETS, "sum"])
def test_loss_of_targets(name, shape):
    rng = numpy.random.default_rng(2)
    check_loss(name, rng.standard_normal(shape), rng.random(shape))
    check_loss(name, rng.standard_normal(shape), rng.random(shape) < 0.5)


def check_loss(name, outputs, aims):
    for weights in (None, numpy.linspace(0.5, 3, len(aims))):
        gradient = EVERY_LOSS[name](outputs, aims, weights)[1]
        numerical = numerical_gradient(
            lambda w=weights: EVERY_LOSS[name](outputs, aims, w)[0], outputs
        )
        numpy.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("factors", [{"l1": 0.3}, {"l2": 0.2}, BOTH, {}])
@pytest.mark.parametrize("shape", [(1,), (3, 4), (2, 1, 3, 1)])
def test_regularizer(factors, shape):
    array = numpy.random.default_rng(3).standard_normal(shape)
    regularizer, gradient = Regularizer(**factors), numpy.ones(shape)
    regularizer.add_gradient(array, gradient, 0.5)
    numerical = numerical_gradient(lambda: regularizer.penalty(array), array)
    numpy.testing.assert_allclose(gradient, 1 + 0.5 * numerical, rtol=1e-6, atol=1e-8)


PERCEPTRON = [
    *("flatten", dense(5), "relu", dense(1, kernel_regularizer=BOTH), "tanh"),
    *(entry("activity_regularization", l1=0.1, l2=0.2), dense(4), "batch_normalization"),
    *("sigmoid", dense(3)),
]
CONVOLUTIONAL = [
    entry("convolution", filters=3, kernel=3, padding=1, stride=2),
    *("batch_normalization", "elu", entry("convolution", filters=2, kernel=2)),
    *(entry("max_pooling", size=2, stride=1), "flatten", dense(3), "softsign"),
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch", [2, 5])
@pytest.mark.parametrize("layers", [PERCEPTRON, CONVOLUTIONAL], ids=["perceptron", "convolutional"])
def test_whole_network(layers, batch, loss):
    rng = numpy.random.default_rng(3)
    options = {"bias_initializer": normal, "dtype": numpy.float64}
    network = network_of([6, 7], *layers, rng=rng, **options)
    inputs, labels = rng.standard_normal((batch, 6, 7)), rng.integers(0, 3, batch)

    def cost():
        value = LOSSES[loss](network.forward(inputs, training=True), labels)[0]
        return value + network.penalty()

    gradient = LOSSES[loss](network.forward(inputs, training=True), labels)[1]
    network.backward(gradient)
    gradients = copies(network.gradients)
    for name, gradient in gradients.items():
        numerical = numerical_gradient(cost, network.parameters[name])
        numpy.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=4e-8, err_msg=name)


# One of every layer that keeps pictures, however small, pictures.
LINKS = [
    entry("convolution", filters=2, kernel=2, padding=1),
    entry("max_pooling", size=2, stride=1),
    entry("average_pooling", size=[1, 2], stride=1),
    entry("max_pooling", size=2, padding="same"),
    entry("average_pooling", size=3, stride=1, padding="same"),
    entry("convolution", filters=2, kernel=3, dilation=2, padding="same"),
    entry("depthwise_convolution", kernel=3, padding=1),
    entry("upsample", factor=2),
    entry("dropout", rate=0.3),
    entry("activity_regularization", l2=0.1),
    *map(
        entry, ("batch_normalization", "identity", "relu", "leaky_relu", "prelu", "elu", "softmax")
    ),
]


@pytest.mark.parametrize("second", LINKS, ids=lambda link: link["type"])
@pytest.mark.parametrize("first", LINKS, ids=lambda link: link["type"])
def test_layers_that_share_memory_do_not_disturb_each_other(first, second):
    """Any two in a row, between a convolution and a dense layer, after batches of other sizes."""
    rng = numpy.random.default_rng(4)
    layers = [LINKS[0], first, second, "flatten", dense(3)]
    network = network_of([4, 4], *layers, rng=rng, dtype=numpy.float64)
    inputs, labels = rng.standard_normal((3, 4, 4)), rng.integers(0, 3, 3)
    states = [generator.bit_generator.state for generator in network.generators]

    def outputs(size):
        for generator, state in zip(network.generators, states, strict=True):
            generator.bit_generator.state = state
        return network.forward(inputs[:size], training=True)

    def cost():
        return LOSSES["softmax_cross_entropy"](outputs(3), labels)[0] + network.penalty()

    for size in (3, 2, 3):
        gradient = LOSSES["softmax_cross_entropy"](outputs(size), labels[:size])[1]
        network.backward(gradient)
    gradients = copies(network.gradients)
    for name in ("convolution_1/bias", "dense_1/bias"):
        numerical = numerical_gradient(cost, network.parameters[name])
        numpy.testing.assert_allclose(gradients[name], numerical, rtol=1e-5, atol=1e-8)
    weights = network.parameters["convolution_1/weights"][:, :1]
    numerical = numerical_gradient(cost, weights)
    found = gradients["convolution_1/weights"][:, :1]
    numpy.testing.assert_allclose(found, numerical, rtol=1e-5, atol=1e-8)
