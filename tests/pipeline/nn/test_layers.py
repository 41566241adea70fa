"""What the layers compute, and how they treat the arrays that pass through them."""

import copy
import itertools
import math
import pickle
import tracemalloc

import numpy
import pytest

from pipeline.nn.initializers import normal
from pipeline.nn.layers import LAYERS
from pipeline.nn.network import Network
from tests.pipeline.nn.networks import assert_same, copies, dense, described, entry, network_of

SHAPE = (2, 4, 5)
# Those that cannot do without; windows that overlap and go beyond the edge.
OPTIONS = {
    "dense": {"units": 3},
    "convolution": {"filters": 3, "kernel": 2, "padding": 1},
    "depthwise_convolution": {"kernel": 3, "padding": 1},
    "max_pooling": {"size": 3, "stride": 1},
    "average_pooling": {"size": 3, "stride": 1},
    "dropout": {"rate": 0.4},
    "activity_regularization": {"l1": 0.1, "l2": 0.2},
    "upsample": {"factor": 3},
}
# Those that take several inputs are in test_graphs.
every_layer = pytest.mark.parametrize(
    "kind", [kind for kind, layer in LAYERS.items() if not layer.several]
)


def built(kind, shape=SHAPE, dtype=numpy.float64, **options):
    """Build a layer with its `OPTIONS`, or those that differ."""
    options = OPTIONS.get(kind, {}) | options
    network = network_of(shape, entry(kind, **options), bias_initializer=normal, dtype=dtype)
    return network.layers[0]


def examples(count, shape=SHAPE, dtype=numpy.float64, seed=1):
    return numpy.random.default_rng(seed).standard_normal((count, *shape)).astype(dtype)


def examples_last_in_memory(array):
    return numpy.moveaxis(numpy.ascontiguousarray(numpy.moveaxis(array, 0, -1)), -1, 0)


def step(layer, inputs, gradient=None):
    """Return copies of all results of a forward and a backward pass."""
    outputs = layer.forward(inputs, training=True).copy()
    gradient = numpy.cos(outputs) if gradient is None else gradient.copy(order="K")
    return {
        "outputs": outputs,
        "input gradient": layer.backward(gradient).copy(),
        **copies(layer.gradients),
    }


# What every layer has in common.


@every_layer
def test_inference_does_not_disturb_a_training_step(kind):
    inputs = examples(4)
    results = []
    for disturbances in ([], [4, 7]):
        layer = built(kind)
        outputs = layer.forward(inputs, training=True)
        for size in disturbances:
            layer.forward(examples(size, seed=2), training=False)
        result = {"outputs": outputs.copy(), "penalty": layer.penalty()}
        input_gradient = layer.backward(numpy.cos(outputs))
        layer.regularize(input_gradient)
        result["input gradient"] = input_gradient
        results.append(result | layer.gradients | layer.parameters)
    assert_same(*results)


@every_layer
def test_inference_returns_a_new_array(kind):
    layer = built(kind)
    inputs = examples(4)
    first = layer.forward(inputs, training=False)
    expected = first.copy()
    layer.forward(examples(4, seed=2), training=False)
    layer.forward(examples(4, seed=2), training=True)
    numpy.testing.assert_array_equal(first, expected)


@every_layer
def test_the_order_in_memory_changes_nothing(kind):
    inputs = examples(4)
    gradient = numpy.cos(built(kind).forward(inputs, training=True))
    results, inferences = [], []
    for order in (numpy.ascontiguousarray, examples_last_in_memory, numpy.asfortranarray):
        layer = built(kind)
        inferences.append(layer.forward(order(inputs), training=False))
        results.append(step(layer, order(inputs), order(gradient)))
    for result, inference in zip(results[1:], inferences[1:], strict=True):
        assert_same(results[0], result, 1e-12)
        numpy.testing.assert_allclose(inferences[0], inference, 1e-12, 1e-12)


@every_layer
def test_layers_leave_their_inputs_unchanged(kind):
    layer = built(kind)
    inputs = examples(4)
    outputs = layer.forward(inputs, training=True)
    layer.regularize(layer.backward(numpy.ones_like(outputs)))
    layer.forward(inputs, training=False)
    numpy.testing.assert_array_equal(inputs, examples(4))


@every_layer
def test_single_precision_stays(kind):
    layer = built(kind, dtype=numpy.float32)
    inputs = examples(4, dtype=numpy.float32)
    outputs = layer.forward(inputs, training=True)
    results = {
        "outputs": outputs,
        "inference": layer.forward(inputs, training=False),
        "input gradient": layer.backward(numpy.ones_like(outputs)),
    }
    for name, array in (results | layer.parameters | layer.gradients).items():
        assert array.dtype == numpy.float32, name


@every_layer
def test_a_smaller_batch_in_between_changes_nothing(kind):
    inputs = examples(4)
    results = []
    for sizes in ([4], [4, 2, 4]):
        layer = built(kind)
        state = layer.generator and layer.generator.bit_generator.state
        for size in sizes:
            if state:
                layer.generator.bit_generator.state = state
            result = step(layer, inputs[:size])
        results.append(result)
    assert_same(*results)


@pytest.mark.parametrize(
    "kind", ["batch_normalization", "global_average_pooling", "relu", "prelu", "sigmoid", *OPTIONS]
)
def test_a_training_step_allocates_nothing_large_while_the_batch_keeps_its_size(kind):
    shape = (4, 20, 20)
    layer = built(kind, shape)
    inputs = examples_last_in_memory(examples(100, shape))
    gradient = numpy.ones_like(layer.forward(inputs, training=True))
    layer.backward(gradient)
    tracemalloc.start()
    layer.forward(inputs, training=True)
    layer.backward(gradient)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < inputs.nbytes / 4


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))],
    ids=["copy", "pickle"],
)
@every_layer
def test_a_copy_made_after_a_training_step_takes_the_same_next_step(kind, copied):
    layer = built(kind)
    step(layer, examples(4))
    other = copied(layer)
    assert_same(step(other, examples(4, seed=2)), step(layer, examples(4, seed=2)))
    assert_same(other.parameters, layer.parameters)


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "convolution",
            "depthwise_convolution",
            "max_pooling",
            "average_pooling",
            "global_average_pooling",
        ),
        "upsample",
    ],
)
def test_a_picture_without_an_axis_for_channels_is_one_channel(kind):
    flat, deep = built(kind, (4, 5)), built(kind, (1, 4, 5))
    inputs = examples(3, (4, 5))
    found, expected = step(flat, inputs), step(deep, inputs[:, None])
    assert found["input gradient"].shape == inputs.shape
    found["input gradient"] = found["input gradient"][:, None]
    assert_same(found, expected)


# Dense and convolution.


def test_dense_by_hand():
    layer = built("dense", (2,), units=2)
    layer.parameters["weights"][...] = [[1, 2], [3, 4]]
    layer.parameters["bias"][...] = [10, 20]
    numpy.testing.assert_array_equal(layer.forward(numpy.array([[1.0, -1]]), False), [[8, 18]])


def test_convolution_by_hand():
    layer = built("convolution", (3, 3), filters=1, kernel=2, padding=0)
    layer.parameters["weights"][...] = numpy.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
    layer.parameters["bias"][...] = 100
    picture = numpy.arange(9.0).reshape(1, 3, 3)
    # Top left: 1*0 + 2*1 + 3*3 + 4*4 = 27; one pixel on adds 1+2+3+4, one row on three times that.
    found = layer.forward(picture, training=False)
    numpy.testing.assert_array_equal(found, [[[[127, 137], [157, 167]]]])


def convolved(pictures, weights, bias, stride, padding, dilation=(1, 1)):
    """Compute the definition, one number at a time."""
    m, _, height, width = pictures.shape
    _, kernel_height, kernel_width, filters = weights.shape
    extent = dilation[0] * (kernel_height - 1) + 1, dilation[1] * (kernel_width - 1) + 1
    out_height = (height + 2 * padding[0] - extent[0]) // stride[0] + 1
    out_width = (width + 2 * padding[1] - extent[1]) // stride[1] + 1
    outputs = numpy.empty((m, filters, out_height, out_width))
    for example, unit, top, left in numpy.ndindex(outputs.shape):
        total = bias[unit]
        for channel, y, x in numpy.ndindex(weights.shape[:3]):
            row = top * stride[0] + y * dilation[0] - padding[0]
            column = left * stride[1] + x * dilation[1] - padding[1]
            if 0 <= row < height and 0 <= column < width:
                total += weights[channel, y, x, unit] * pictures[example, channel, row, column]
        outputs[example, unit, top, left] = total
    return outputs


@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 0)], ids=str)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 3)], ids=str)
@pytest.mark.parametrize("kernel", [(1, 1), (3, 2), (4, 5)], ids=str)
def test_convolution_is_its_definition(kernel, stride, padding):
    layer = built("convolution", kernel=list(kernel), stride=list(stride), padding=list(padding))
    inputs = examples(2)
    weights, bias = layer.parameters["weights"], layer.parameters["bias"]
    expected = convolved(inputs, weights, bias, stride, padding)
    outputs = layer.forward(inputs, training=True)
    numpy.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bands", [1, 1 << 20])
@pytest.mark.parametrize("dilation", [(2, 2), (3, 1), (1, 2), (4, 2)], ids=str)
@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 5)], ids=str)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (4, 3)], ids=str)
@pytest.mark.parametrize("kernel", [(1, 1), (3, 2), (2, 3)], ids=str)
def test_a_dilated_convolution_is_its_definition(
    monkeypatch, kernel, stride, padding, dilation, bands
):
    monkeypatch.setattr("pipeline.nn.bands.LARGEST_BANDS", bands)
    options = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    layer = built("convolution", (2, 9, 8), **options)
    inputs = examples(2, (2, 9, 8))
    weights, bias = layer.parameters["weights"], layer.parameters["bias"]
    expected = convolved(inputs, weights, bias, stride, padding, dilation)
    outputs = layer.forward(inputs, training=True)
    numpy.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 3, [5, 1]], ids=str)
@pytest.mark.parametrize("dilation", [1, 2, [1, 3]], ids=str)
def test_with_padding_the_outputs_may_be_as_large_as_the_inputs(kernel, dilation):
    options = {"kernel": kernel, "dilation": dilation}
    same = built("convolution", padding="same", **options)
    apart = numpy.broadcast_to(dilation, 2) * (numpy.broadcast_to(kernel, 2) - 1)
    padded = built("convolution", padding=(apart // 2).tolist(), **options)
    assert same.forward(examples(3), training=False).shape == (3, 3, *SHAPE[1:])
    assert_same(step(same, examples(3)), step(padded, examples(3)))


@pytest.mark.parametrize("shape", [SHAPE, (1, 7, 6), (3, 4, 9)], ids=str)
@pytest.mark.parametrize("padding", [0, 1, [2, 0], 4], ids=str)
@pytest.mark.parametrize("stride", [1, 2, [1, 3]], ids=str)
@pytest.mark.parametrize("kernel", [1, 3, [4, 2]], ids=str)
@pytest.mark.parametrize("filters", [1, 3])
def test_large_windows_give_what_small_ones_do(
    monkeypatch, filters, kernel, stride, padding, shape
):
    """The ways in which a convolution is computed, twice, because buffers stay."""
    results = []
    options = {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding}
    for limit, bands in ((0, 1), (0, 150), (0, 1 << 20), (1 << 20, 1)):
        monkeypatch.setattr("pipeline.nn.convolution.LARGEST_WINDOWS", limit)
        monkeypatch.setattr("pipeline.nn.bands.LARGEST_BANDS", bands)
        layer = built("convolution", shape, **options)
        step(layer, examples(4, shape, seed=2))
        results.append(step(layer, examples(4, shape)))
        results[-1]["inference"] = layer.forward(examples(4, shape), training=False)
    for result in results[:-1]:
        assert_same(result, results[-1], rtol=1e-11)


def test_products_in_pieces_are_those_of_whole_rows(monkeypatch):
    results = []
    for limit in (1, 20_000, 1_000_000):
        monkeypatch.setattr("pipeline.nn.bands.SMALL_PRODUCT", limit)
        layer = built("convolution", (6, 12, 12), padding="same", kernel=3, dilation=2)
        results.append(step(layer, examples(16, (6, 12, 12))))
    for result in results[1:]:
        assert_same(result, results[0], rtol=1e-11)


def test_a_kernel_of_the_whole_picture_is_a_dense_layer():
    convolution = built("convolution", filters=6, kernel=[4, 5], padding=0)
    dense = built("dense", units=6)
    for name, array in convolution.parameters.items():
        dense.parameters[name][...] = array.reshape(dense.parameters[name].shape)
    inputs, gradient = examples(3), examples(3, (6,), seed=2)
    found = step(convolution, inputs, gradient[:, :, None, None])
    expected = step(dense, inputs, gradient)
    found = {name: array.reshape(expected[name].shape) for name, array in found.items()}
    assert_same(found, expected, 1e-12)


def test_padding_adds_zeros():
    padded = built("convolution", kernel=3, padding=[1, 2])
    plain = built("convolution", (2, 6, 9), kernel=3, padding=0)
    inputs = examples(3)
    margins = numpy.pad(inputs, ((0, 0), (0, 0), (1, 1), (2, 2)))
    found, expected = step(padded, inputs), step(plain, margins)
    expected["input gradient"] = expected["input gradient"][:, :, 1:-1, 2:-2]
    assert_same(found, expected, 1e-12)


@pytest.mark.parametrize("padding", [0, 1, [2, 5]], ids=str)
@pytest.mark.parametrize("stride", [1, 2, [4, 3]], ids=str)
@pytest.mark.parametrize("kernel", [1, [3, 2], [4, 5]], ids=str)
def test_a_depthwise_convolution_convolves_each_channel_alone(kernel, stride, padding):
    options = {"kernel": kernel, "stride": stride, "padding": padding}
    layer, inputs = built("depthwise_convolution", **options), examples(3)
    outputs = layer.forward(inputs, training=False)
    for channel in range(2):
        alone = built("convolution", (1, 4, 5), filters=1, **options)
        for name, array in alone.parameters.items():
            array[...] = layer.parameters[name][..., channel : channel + 1]
        expected = alone.forward(inputs[:, [channel]], training=False)
        numpy.testing.assert_allclose(outputs[:, [channel]], expected, rtol=1e-12, atol=1e-12)


# Pooling.


@pytest.mark.parametrize(
    ("kind", "function"), [("max_pooling", numpy.max), ("average_pooling", numpy.mean)]
)
@pytest.mark.parametrize(
    ("size", "stride"), [((1, 1), None), ((2, 2), None), ((3, 2), (1, 3)), ((4, 5), None)], ids=str
)
def test_pooling_is_its_definition(kind, function, size, stride):
    """Of 4 x 5 pixels some windows leave a column out."""
    layer = built(kind, size=list(size), stride=stride and list(stride))
    stride = stride or size
    inputs = examples(2)
    rows = range(0, 4 - size[0] + 1, stride[0])
    columns = range(0, 5 - size[1] + 1, stride[1])
    outputs = layer.forward(inputs, training=False)
    assert outputs.shape == (2, 2, len(rows), len(columns))
    for (i, y), (j, x) in itertools.product(enumerate(rows), enumerate(columns)):
        expected = function(inputs[:, :, y : y + size[0], x : x + size[1]], axis=(2, 3))
        numpy.testing.assert_allclose(outputs[:, :, i, j], expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("kind", "function"), [("max_pooling", numpy.max), ("average_pooling", numpy.mean)]
)
@pytest.mark.parametrize(
    ("size", "stride", "begins"),
    [
        # Of 5 columns, two windows of 2 leave one out: a third goes one beyond the end.
        ((2, 2), None, ((0, 2), (0, 2, 4))),
        ((3, 3), (1, 1), ((-1, 0, 1, 2), (-1, 0, 1, 2, 3))),
        ((3, 4), (2, 2), ((0, 2), (-1, 1, 3))),
        ((1, 2), (3, 3), ((0, 3), (0, 3))),
        ((7, 1), (4, 2), ((-1,), (0, 2, 4))),
    ],
    ids=str,
)
def test_windows_of_padding_same_go_beyond_the_edges(kind, function, size, stride, begins):
    layer = built(kind, size=list(size), stride=stride and list(stride), padding="same")
    inputs = examples(2)
    outputs = layer.forward(inputs, training=False)
    assert outputs.shape == (2, 2, *map(len, begins))
    for (i, y), (j, x) in itertools.product(*map(enumerate, begins)):
        rows, columns = slice(max(y, 0), y + size[0]), slice(max(x, 0), x + size[1])
        expected = function(inputs[:, :, rows, columns], axis=(2, 3))
        numpy.testing.assert_allclose(outputs[:, :, i, j], expected, rtol=1e-14, atol=1e-15)


def test_what_is_beyond_the_edge_is_neither_the_largest_nor_part_of_the_mean():
    inputs = numpy.array([[[-4.0, -6, -8]]])
    for kind, expected in (("max_pooling", [-4, -8]), ("average_pooling", [-5, -8])):
        layer = built(kind, (1, 3), size=2, stride=2, padding="same")
        numpy.testing.assert_array_equal(layer.forward(inputs, training=True), [[[expected]]])


def test_global_average_pooling_by_hand():
    layer = built("global_average_pooling", (2, 2, 2))
    outputs = layer.forward(numpy.arange(8.0).reshape(1, 2, 2, 2), training=True)
    numpy.testing.assert_array_equal(outputs, [[1.5, 5.5]])
    found = layer.backward(numpy.array([[4.0, 8]]))
    numpy.testing.assert_array_equal(found, [[[[1, 1], [1, 1]], [[2, 2], [2, 2]]]])


@pytest.mark.parametrize("kind", ["max_pooling", "average_pooling"])
def test_pixels_left_out_at_the_edge_have_no_gradient(kind):
    layer = built(kind, size=2, stride=2)
    layer.forward(examples(1), training=True)
    gradient = layer.backward(numpy.ones((1, 2, 2, 2)))
    assert not gradient[..., 4].any()
    numpy.testing.assert_array_equal(gradient.sum(axis=(2, 3)), [[4, 4]])


def test_of_several_largest_the_first_gets_the_gradient():
    layer = built("max_pooling", (2, 4), size=2, stride=2)
    layer.forward(numpy.array([[[5.0, 5, 1, 2], [5, 5, 2, 2]]]), training=True)
    found = layer.backward(numpy.array([[[[7.0, 8]]]]))
    numpy.testing.assert_array_equal(found, [[[7, 0, 0, 8], [0, 0, 0, 0]]])


def test_a_pixel_that_is_the_largest_of_several_windows_gets_the_gradient_of_each():
    layer = built("max_pooling", (1, 3), size=[1, 2], stride=1)
    layer.forward(numpy.array([[[1.0, 9, 1]]]), training=True)
    numpy.testing.assert_array_equal(layer.backward(numpy.array([[[[3.0, 4]]]])), [[[0, 7, 0]]])


# Upsampling.


def test_upsampling_by_hand():
    layer = built("upsample", (1, 2), factor=2)
    outputs = layer.forward(numpy.array([[[3.0, 4]]]), training=True)
    numpy.testing.assert_array_equal(outputs, [[[[3, 3, 4, 4], [3, 3, 4, 4]]]])
    gradient = numpy.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8]]]])
    numpy.testing.assert_array_equal(layer.backward(gradient), [[[14, 22]]])


# Dropout.


@pytest.mark.parametrize("rate", [0, 0.2, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    layer = built("dropout", (100,), numpy.float32, rate=rate)
    outputs = layer.forward(numpy.ones((1000, 100), numpy.float32), training=True)
    assert numpy.mean(outputs == 0) == pytest.approx(rate, abs=0.005)
    assert outputs.mean() == pytest.approx(1, abs=0.02)
    numpy.testing.assert_allclose(outputs[outputs != 0], 1 / (1 - rate), rtol=1e-6)


def test_dropout_passes_back_the_gradient_of_what_it_kept():
    layer = built("dropout", rate=0.5)
    outputs = layer.forward(numpy.ones((4, *SHAPE)), training=True).copy()
    assert set(numpy.unique(outputs)) == {0, 2}
    numpy.testing.assert_array_equal(layer.backward(numpy.ones((4, *SHAPE))), outputs)


@pytest.mark.parametrize("noise_shape", [[2, 1, 1], [1, 4, 1], [1, 1, 1]])
def test_numbers_that_share_a_draw_of_the_noise_shape_are_dropped_together(noise_shape):
    layer = built("dropout", rate=0.5, noise_shape=noise_shape)
    outputs = layer.forward(numpy.ones((50, *SHAPE)), training=True)
    drawn = outputs[:, : noise_shape[0], : noise_shape[1], : noise_shape[2]]
    numpy.testing.assert_array_equal(outputs, numpy.broadcast_to(drawn, outputs.shape))
    assert drawn.mean() == pytest.approx(1, abs=0.3)
    assert not (drawn[:25] == drawn[25:]).all()


def test_the_same_state_of_the_generator_drops_the_same():
    layer, again = built("dropout", rate=0.5), built("dropout", rate=0.5)
    inputs = examples(4)
    first, second = (layer.forward(inputs, training=True).copy() for _ in range(2))
    numpy.testing.assert_array_equal(again.forward(inputs, training=True), first)
    assert (first != second).any()


def test_a_dropout_does_not_change_what_others_draw():
    dropout = entry("dropout", rate=0.5)
    rng, dropping_rng = numpy.random.default_rng(0), numpy.random.default_rng(0)
    plain = Network(described([4], dense(3), dense(3)), rng, normal, normal)
    layers = [dropout, dense(3), dropout, dense(3)]
    dropping = Network(described([4], *layers), dropping_rng, normal, normal)
    assert_same(plain.parameters, dropping.parameters)
    first, second = (generator.random() for generator in dropping.generators)
    assert first != second
    assert rng.random() == dropping_rng.random()


def test_dropout_without_a_generator_is_the_identity_in_inference_and_cannot_train():
    network = Network(described([4], entry("dropout", rate=0.9)), None)
    inputs = numpy.ones((2, 4), numpy.float32)
    numpy.testing.assert_array_equal(network.forward(inputs), inputs)
    with pytest.raises(ValueError, match="dropout: no generator; give the network one"):
        network.forward(inputs, training=True)


# Batch normalization.

EVERY_CHANNEL = [((5,), (0,)), (SHAPE, (0, 2, 3))]


@pytest.mark.parametrize(("shape", "axes"), EVERY_CHANNEL, ids=str)
def test_batch_normalization_gives_each_channel_mean_0_and_variance_1(shape, axes):
    layer = built("batch_normalization", shape)
    outputs = layer.forward(3 + 2 * examples(20, shape), training=True)
    numpy.testing.assert_allclose(outputs.mean(axis=axes), 0, atol=1e-12)
    numpy.testing.assert_allclose(outputs.var(axis=axes), 1, rtol=1e-5)
    layer.parameters["scale"][...], layer.parameters["shift"][...] = 3, 7
    outputs = layer.forward(3 + 2 * examples(20, shape), training=True)
    numpy.testing.assert_allclose(outputs.mean(axis=axes), 7, rtol=1e-12)
    numpy.testing.assert_allclose(outputs.std(axis=axes), 3, rtol=1e-5)


@pytest.mark.parametrize(("shape", "axes"), EVERY_CHANNEL, ids=str)
def test_the_running_estimates_follow_the_batches(shape, axes):
    layer = built("batch_normalization", shape, momentum=0.25)
    mean, variance = numpy.zeros(shape[0]), numpy.ones(shape[0])
    for seed in range(3):
        inputs = 3 + 2 * examples(20, shape, seed=seed)
        layer.forward(inputs, training=True)
        mean = 0.75 * mean + 0.25 * inputs.mean(axis=axes)
        variance = 0.75 * variance + 0.25 * inputs.var(axis=axes, ddof=1)
    numpy.testing.assert_allclose(layer.parameters["mean"], mean, rtol=1e-12)
    numpy.testing.assert_allclose(layer.parameters["variance"], variance, rtol=1e-12)


def test_inference_normalizes_by_the_running_estimates():
    layer = built("batch_normalization", (1,), epsilon=0)
    for name, value in {"mean": 5, "variance": 4, "scale": 10, "shift": 1}.items():
        layer.parameters[name][...] = value
    inputs = numpy.array([[5.0], [9], [1]])
    numpy.testing.assert_array_equal(layer.forward(inputs, False), [[1], [21], [-19]])
    assert (layer.parameters["mean"], layer.parameters["variance"]) == (5, 4)


def test_one_number_a_channel_is_normalized_to_the_shift():
    layer = built("batch_normalization", (3,))
    outputs = layer.forward(examples(1, (3,)), training=True)
    numpy.testing.assert_array_equal(outputs, [[0, 0, 0]])
    numpy.testing.assert_allclose(layer.parameters["variance"], 0.9)


# Activations.

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
CLOSED_FORMS = {
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "relu": lambda x: max(0, x),
    "leaky_relu": lambda x: max(0.01 * x, x),
    "prelu": lambda x: max(0.25 * x, x),
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * (math.exp(x) - 1)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "exponential": math.exp,
}
LIMITS = {
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, 1e4),
    "leaky_relu": (-100, 1e4),
    "prelu": (-2500, 1e4),
    "elu": (-1, 1e4),
    "selu": (-SELU_SCALE * SELU_ALPHA, SELU_SCALE * 1e4),
    "softplus": (0, 1e4),
    "softsign": (-1e4 / 10001, 1e4 / 10001),
    "softmax": (0, 1),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", CLOSED_FORMS)
def test_activation_is_its_closed_form(kind, training):
    points = [-5, -1, -0.25, 0, 0.25, 1, 5]
    outputs = built(kind, (7,)).forward(numpy.array([points], float), training)
    expected = [CLOSED_FORMS[kind](point) for point in points]
    numpy.testing.assert_allclose(outputs, [expected], rtol=1e-14, atol=1e-16)


def test_activations_take_their_options():
    inputs = numpy.array([[-1.0, 2]])
    leaky = built("leaky_relu", (2,), slope=0.5).forward(inputs, False)
    numpy.testing.assert_array_equal(leaky, [[-0.5, 2]])
    exponential = built("elu", (2,), alpha=2).forward(inputs, False)
    numpy.testing.assert_allclose(exponential, [[2 * (math.exp(-1) - 1), 2]], rtol=1e-15)


def test_prelu_has_one_slope_a_channel():
    layer = built("prelu")
    layer.parameters["slopes"][...] = [0, 0.5]
    outputs = layer.forward(numpy.full((1, *SHAPE), -4.0), training=False)
    numpy.testing.assert_array_equal(outputs, numpy.broadcast_to([[[[0]], [[-2]]]], (1, *SHAPE)))


def test_softmax_is_over_the_first_axis_of_an_example():
    inputs = examples(3)
    outputs = built("softmax").forward(inputs, training=False)
    exponentials = numpy.exp(inputs)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    numpy.testing.assert_allclose(outputs, expected, rtol=1e-14)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", LIMITS)
def test_extreme_inputs_go_to_the_limits_without_a_warning(kind):
    layer = built(kind, (2,), numpy.float32)
    outputs = layer.forward(numpy.array([[-1e4, 1e4]], numpy.float32), training=True)
    numpy.testing.assert_allclose(outputs, [LIMITS[kind]], rtol=1e-6)
    assert numpy.isfinite(layer.backward(numpy.ones((1, 2), numpy.float32))).all()
