"""NumPy's forward pass computes of any graph what the layers' definitions say."""

import pytest

from edge import pack
from tests.edge import packs
from tests.edge.packs import FLATTEN, RELU, convolution

numpy = pytest.importorskip("numpy")
network = pytest.importorskip("edge.network")


def named(name, layer=RELU):
    return {**layer, "name": name}


def joined(kind, *inputs):
    return {"type": kind, "inputs": list(inputs)}


def of(*layers, shape=(2, 4, 6)):
    return {"input_shape": list(shape), "layers": list(layers)}


GRAPHS = {
    "all together": packs.GRAPH,
    "a dilated kernel": of(convolution(2, [3, 2], dilation=[2, 3], stride=[1, 2], padding=[3, 1])),
    "the same size": of(convolution(3, [3, 5], padding="same", dilation=[2, 1])),
    "a larger picture": of({"type": "upsample", "factor": 3}),
    "beside the input": of(convolution(1, 3, padding="same"), joined("concatenate", "input")),
    "three side by side": of(
        named("a", convolution(1, 1)), named("b"), joined("concatenate", "b", "input", "b", "a")
    ),
    "the means of channels, doubled": of(
        convolution(3, 2), named("means", packs.POOLING), joined("add", "means", "means"), RELU
    ),
    "a sum of three": of(named("a"), named("b", RELU), joined("add", "a", "input", "b")),
    "a sum of one": of(joined("add", "input"), RELU),
    "a residual": of(
        named("before", convolution(2, 1)),
        RELU,
        named("after", convolution(2, 3, padding="same")),
        joined("add", "after", "before"),
        RELU,
    ),
    "what a ReLU must not overwrite": of(
        named("a", convolution(2, 1)), named("b"), joined("add", "a", "b")
    ),
    "what a flat ReLU must not overwrite": of(
        named("a", convolution(2, 1)), FLATTEN, RELU, joined("add", "a")
    ),
    "an input that a ReLU must not overwrite": of(FLATTEN, RELU, joined("add", "input")),
    "flat after wide": of(
        named("wide", {"type": "dense", "units": 5}),
        named("flat", {**FLATTEN, "inputs": "wide"}),
        named("other", {"type": "dense", "units": 5, "inputs": "input"}),
        joined("add", "flat", "other"),
    ),
}


def parameters(description):
    generator = numpy.random.default_rng(1)
    shapes = pack.parameter_shapes(description)
    return {
        name: generator.normal(size=shape).astype(numpy.float32) for name, shape in shapes.items()
    } or {"unused": numpy.zeros(1, numpy.float32)}


def convolved(picture, layer, weights, bias):
    """Sum over every window of a picture `(channels, height, width)`, number by number."""
    outputs = numpy.zeros(layer.output_shape)
    for output, *place in numpy.ndindex(outputs.shape):
        total = bias[output]
        for channel, *tap in numpy.ndindex(weights.shape[:3]):
            y, x = (
                place[axis] * layer.stride[axis]
                + tap[axis] * layer.dilation[axis]
                - layer.padding[axis]
                for axis in (0, 1)
            )
            if 0 <= y < picture.shape[1] and 0 <= x < picture.shape[2]:
                total += picture[channel, y, x] * weights[(channel, *tap, output)]
        outputs[(output, *place)] = total
    return outputs


def enlarged(picture, factor):
    outputs = numpy.zeros((len(picture), picture.shape[1] * factor, picture.shape[2] * factor))
    for channel, y, x in numpy.ndindex(outputs.shape):
        outputs[channel, y, x] = picture[channel, y // factor, x // factor]
    return outputs


def computed(layer, taken, arrays):
    """Compute one layer of the values that it takes as its definition says."""
    if layer.type in ("convolution", "dense"):
        weights, bias = (arrays[f"{layer.name}/{name}"] for name in ("weights", "bias"))
        if layer.type == "convolution":
            return convolved(taken[0], layer, weights, bias)
        return taken[0].ravel() @ weights + bias
    if layer.type == "add":
        return sum(taken)
    if layer.type == "concatenate":
        return numpy.concatenate(taken)
    if layer.type == "global_average_pooling":
        return numpy.array([channel.mean() for channel in taken[0]])
    if layer.type == "upsample":
        return enlarged(taken[0], layer.factor)
    return taken[0].clip(0) if layer.type == "relu" else taken[0].ravel()


def expected(description, arrays, inputs):
    layers = pack.layers(description)
    known = [inputs.astype(float).reshape(layers[0].input_shape)]
    for layer in layers:
        known.append(computed(layer, [known[place] for place in layer.inputs], arrays))
    return known[-1].ravel()


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_what_its_definition_says_one_by_one_and_in_batches(name):
    description = GRAPHS[name]
    arrays = parameters(description)
    loaded = network.Network(description, arrays, largest=5.0)
    size = numpy.prod(description["input_shape"])
    inputs = numpy.random.default_rng(2).normal(size=(3, size)).astype(numpy.float32)
    wanted = [expected(description, arrays, each) for each in inputs]
    # In another order and again: what one batch leaves behind must not come into the next.
    for chosen in ([0, 1, 2], [2], [1, 0], [0], [2, 1, 0]):
        outputs = loaded.outputs(inputs[chosen])
        assert outputs.dtype == numpy.float32
        numpy.testing.assert_allclose(outputs, numpy.array(wanted)[chosen], rtol=1e-4, atol=1e-5)


def test_the_inputs_are_left_as_they_are():
    description = of(RELU, convolution(2, 1))
    inputs = -numpy.ones((2, 48), numpy.float32)
    network.Network(description, parameters(description)).outputs(inputs)
    assert (inputs == -1).all()


def test_a_pack_of_two_networks_gives_each_its_own_parameters():
    opened = pack.parse(packs.with_ink(packs.GRAPH, "F32"))
    found = network.parameters(opened, prefix="ink/")
    shapes = {name: array.shape for name, array in found.items()}
    assert shapes == pack.parameter_shapes(packs.GRAPH)
    tensor = opened.tensors["ink/convolution_2/bias"]
    stored = numpy.frombuffer(opened.data, "<f4", 5, tensor.offset)
    assert (found["convolution_2/bias"] == stored).all()


HUGE = {"convolution_1/weights": numpy.full((2, 1, 1, 2), 1e37, numpy.float32)}
HUGE["convolution_1/bias"] = numpy.zeros(2, numpy.float32)


@pytest.mark.parametrize(
    "layers, largest",
    [
        ([convolution(2, 1)], 20.0),
        ([named("a", convolution(2, 1)), joined("add", *"aaaaaaaaaa")], 1.0),
        ([named("a", convolution(2, 1)), joined("add", *"aaaaa"), joined("concatenate", "a")], 2.0),
    ],
)
def test_sums_that_may_overflow_are_refused(layers, largest):
    with pytest.raises(pack.PackError, match="weights so large"):
        network.Network(of(*layers), HUGE, largest=largest)
    small = {name: array / 1e3 for name, array in HUGE.items()}
    outputs = network.Network(of(*layers), small, largest=largest).outputs(
        numpy.full((1, 48), largest, numpy.float32)
    )
    assert numpy.isfinite(outputs).all()


@pytest.mark.parametrize("number", [numpy.inf, -numpy.inf, numpy.nan])
def test_weights_that_are_no_finite_numbers_are_refused(number):
    for name in HUGE:
        arrays = {other: array / 1e37 for other, array in HUGE.items()}
        arrays[name].flat[1] = number
        with pytest.raises(pack.PackError, match="weights so large, or no numbers"):
            network.Network(of(convolution(2, 1)), arrays)
