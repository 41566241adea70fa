"""A network described as a graph is checked as strictly as a row."""

import pytest

from edge.layers import PackError, layers, parameter_shapes
from tests.edge import packs
from tests.edge.packs import FLATTEN, RELU, convolution


def of(*described, shape=(3, 8, 8), **options):
    return layers({"input_shape": list(shape), "layers": list(described)}, **options)


def joined(kind, *inputs):
    return {"type": kind, "inputs": list(inputs)}


def named(name, **layer):
    return {**(layer or RELU), "name": name}


def test_layers_take_what_their_inputs_name():
    assert [layer.inputs for layer in layers(packs.GRAPH)] == [
        (0,), (1,), (2,), (1, 1), (4,), (5,), (6,), (5, 7, 1), (8,),
    ]  # fmt: skip
    assert [layer.output_shape for layer in layers(packs.GRAPH)] == [
        (5, 4, 4), (5, 4, 4), (5, 4, 4), (5, 4, 4), (5, 4, 4),
        (2, 2, 2), (2, 4, 4), (12, 4, 4), (4, 4, 4),
    ]  # fmt: skip


def test_only_convolutions_and_dense_layers_have_parameters():
    assert parameter_shapes(packs.GRAPH) == {
        "convolution_1/weights": (3, 4, 2, 5),
        "convolution_1/bias": (5,),
        "convolution_2/weights": (5, 3, 3, 5),
        "convolution_2/bias": (5,),
        "convolution_3/weights": (5, 2, 2, 2),
        "convolution_3/bias": (2,),
        "convolution_4/weights": (12, 1, 1, 4),
        "convolution_4/bias": (4,),
    }


def test_only_what_has_a_number_for_each_channel_has_parameters_besides():
    shapes = parameter_shapes(packs.network("batch_normalization"))
    assert [name for name in shapes if name.startswith("batch_normalization_1/")] == [
        f"batch_normalization_1/{name}" for name in ("scale", "shift", "mean", "variance")
    ]
    assert shapes["batch_normalization_1/mean"] == (3,)
    assert shapes["batch_normalization_2/mean"] == (7,)
    assert parameter_shapes(packs.network("prelu"))["prelu_1/slopes"] == (3,)


@pytest.mark.parametrize(
    "size, stride, shape, before",
    [(2, None, (4, 4), (0, 0)), (3, 2, (4, 4), (0, 0)), ([3, 5], 1, (8, 8), (1, 2))],
)
def test_a_pooling_with_padding_same_has_a_window_for_every_stride(size, stride, shape, before):
    (layer,) = of(packs.pooling("max", size, stride=stride, padding="same"))
    assert (layer.output_shape, layer.padding) == ((3, *shape), before)


def test_the_networks_input_may_be_named():
    last = of(convolution(2, 3, padding="same"), RELU, joined("concatenate", "input"))[-1]
    assert (last.inputs, last.output_shape) == ((0,), (3, 8, 8))


@pytest.mark.parametrize(
    "kernel, dilation, padding",
    [(3, 1, (1, 1)), (1, 1, (0, 0)), ([5, 3], 1, (2, 1)), (3, 2, (2, 2)), ([3, 5], [3, 1], (3, 2))],
)
def test_padding_same_keeps_the_size(kernel, dilation, padding):
    (layer,) = of(convolution(2, kernel, padding="same", dilation=dilation))
    assert (layer.padding, layer.output_shape) == (padding, (2, 8, 8))


def test_a_dilated_kernel_reaches_further():
    (layer,) = of(convolution(2, [3, 2], dilation=[2, 5], stride=[1, 2], padding=[4, 0]))
    assert layer.output_shape == (2, 12, 2)


REFUSED = {
    "a name that no layer has": ([joined("add", "nobody")], "add_1: inputs ['nobody'], expected"),
    "a name of a later layer": (
        [joined("add", "later"), named("later")],
        "add_1: inputs ['later'], expected names of layers before it",
    ),
    "its own name": ([{**joined("add", "own"), "name": "own"}], "add_1: inputs ['own']"),
    "no inputs": ([joined("add")], "add_1: inputs [], expected names of layers"),
    "a number for an input": ([joined("add", 0)], "add_1: inputs [0]"),
    "a list for an input": ([joined("add", ["input"])], "add_1: inputs [['input']]"),
    "an object for inputs": ([{"type": "relu", "inputs": {}}], "relu_1: inputs [{}]"),
    "a name twice": ([named("a"), named("a")], "relu_2: name 'a', expected a text that no other"),
    "the name of the input": ([named("input")], "relu_1: name 'input'"),
    "a number for a name": ([named(1)], "relu_1: name 1"),
    "a list for a name": ([named(["a"])], "relu_1: name ['a']"),
    "two inputs of a ReLU": (
        [{"type": "relu", "inputs": ["input", "input"]}],
        "relu_1: 2 inputs, expected one",
    ),
    "two inputs of a convolution": (
        [convolution(2, 3, inputs=["input", "input"])],
        "convolution_1: 2 inputs, expected one",
    ),
    "a sum of different channels": (
        [convolution(2, 1, name="a"), joined("add", "a", "input")],
        "add_1: inputs of shapes [(2, 8, 8), (3, 8, 8)], expected equal ones",
    ),
    "a sum of different sizes": (
        [convolution(3, 2, name="a"), joined("add", "input", "a")],
        "add_1: inputs of shapes [(3, 8, 8), (3, 7, 7)], expected equal ones",
    ),
    "pictures of different sizes side by side": (
        [convolution(3, 2, name="a"), joined("concatenate", "input", "a")],
        "concatenate_1: inputs of shapes [(3, 8, 8), (3, 7, 7)], expected pictures of one size",
    ),
    "a picture beside numbers": (
        [named("flat", **FLATTEN), joined("concatenate", "input", "flat")],
        "concatenate_1: inputs of shapes [(3, 8, 8), (192,)]",
    ),
    "numbers beside numbers": (
        [named("flat", **FLATTEN), joined("concatenate", "flat", "flat")],
        "concatenate_1: inputs of shapes [(192,), (192,)], expected pictures",
    ),
    "numbers enlarged": (
        [FLATTEN, {"type": "upsample", "factor": 2}],
        "upsample_1: inputs of shapes [(192,)], expected pictures",
    ),
    "the mean of numbers": (
        [FLATTEN, packs.POOLING],
        "global_average_pooling_1: inputs of shapes [(192,)], expected pictures",
    ),
    "an option of a mean": (
        [{**packs.POOLING, "axis": 1}],
        "global_average_pooling_1: options ['axis'], expected []",
    ),
    "no factor": ([{"type": "upsample"}], "upsample_1: options [], expected ['factor']"),
    "a factor of nothing": ([{"type": "upsample", "factor": 0}], "factor: 0, expected"),
    "a factor of two numbers": ([{"type": "upsample", "factor": [2, 2]}], "factor: [2, 2]"),
    "an option of a sum": ([{"type": "add", "axis": 1}], "add_1: options ['axis'], expected []"),
    "a dilation of nothing": ([convolution(2, 3, dilation=0)], "dilation: 0, expected"),
    "a dilation beyond the picture": (
        [convolution(2, 3, dilation=4)],
        "kernel: (9, 9), larger than the padded picture",
    ),
    "a pooling of no size": ([{"type": "max_pooling"}], "max_pooling_1: options [], expected"),
    "a pooling beyond the picture": (
        [packs.pooling("max", [2, 9], padding="same")],
        "max_pooling_1: size (2, 9), larger than the picture, (8, 8)",
    ),
    "a padding of a pooling in pixels": (
        [packs.pooling("average", 2, padding=1)],
        "average_pooling_1: padding 1, expected 0 or 'same'",
    ),
    "a pooling of numbers": (
        [FLATTEN, packs.pooling("max", 2)],
        "max_pooling_1: inputs of shapes [(192,)], expected pictures",
    ),
    "a slope below 0": (
        [{"type": "leaky_relu", "slope": -1}],
        "leaky_relu_1: slope -1, expected a number from 0 to 1e+06",
    ),
    "an alpha that is no number": ([{"type": "elu", "alpha": "1"}], "elu_1: alpha '1', expected"),
    "an epsilon beyond all": (
        [{"type": "batch_normalization", "epsilon": 1e7}],
        "batch_normalization_1: epsilon 10000000.0, expected a number",
    ),
    "an option of a SELU": ([{"type": "selu", "alpha": 1}], "selu_1: options ['alpha']"),
    "a softmax of one channel": (
        [convolution(1, 3), {"type": "softmax"}],
        "softmax_1: inputs of shape (1, 6, 6), expected several channels or numbers",
    ),
    "the same size with a stride": (
        [convolution(2, 3, padding="same", stride=2)],
        "convolution_1: padding 'same', expected with stride 1 and odd kernels only",
    ),
    "the same size with an even kernel": (
        [convolution(2, [3, 4], padding="same")],
        "convolution_1: padding 'same', expected with stride 1",
    ),
    "another text for a padding": (
        [convolution(2, 3, padding="full")],
        "padding: ('full', 'full')",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("described", "cause"), REFUSED.values(), ids=REFUSED)
def test_a_graph_that_cannot_be_computed_is_refused_with_its_cause(described, cause):
    with pytest.raises(PackError) as caught:
        of(*described)
    assert cause in str(caught.value)


def test_more_values_than_may_be_are_refused_however_they_come_about():
    larger = {"type": "upsample", "factor": 2}
    assert of(larger, most=192 + 768)
    for described in ([larger], [{"type": "upsample", "factor": 1 << 25}], [RELU] * 5):
        with pytest.raises(PackError, match="more than 959 values for one picture"):
            of(*described, most=959)
    doubled = {"type": "concatenate", "inputs": ["input"] * 100_000}
    with pytest.raises(PackError, match="concatenate_1: more than 4194304 values"):
        of(doubled)
