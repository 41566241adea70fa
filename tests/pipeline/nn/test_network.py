import copy
import json
import math
import pickle
import re

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nn import network as network_module
from pipeline.nn.initializers import normal, zeros
from pipeline.nn.layers import LAYERS
from pipeline.nn.network import Network
from tests.pipeline.nn.networks import (
    assert_same,
    bytes_of,
    copies,
    dense,
    described,
    entry,
    network_of,
)

SMALL = described([2, 3], dense(4), "relu", dense(2))
CONVOLUTIONAL = described(
    [5, 6],
    entry("convolution", filters=2, kernel=3, padding=1),
    "batch_normalization",
    "prelu",
    entry("max_pooling", size=2),
    entry("convolution", filters=4, kernel=[1, 2], bias=False),
    "flatten",
    entry("dropout", rate=0.5),
    dense(100),
)


def small(seed=0, **options):
    return Network(SMALL, numpy.random.default_rng(seed), **options)


def test_parameters_have_the_names_and_shapes_of_the_pack():
    parameters = small().parameters
    assert {name: array.shape for name, array in parameters.items()} == {
        "dense_1/weights": (6, 4),
        "dense_1/bias": (4,),
        "dense_2/weights": (4, 2),
        "dense_2/bias": (2,),
    }
    assert list(parameters) == sorted(parameters, key=lambda name: (name[:7], "bias" in name))
    assert all(array.dtype == numpy.float32 for array in parameters.values())
    assert small().decayed == {"dense_1/weights", "dense_2/weights"}


def test_forward_by_hand():
    network = Network.from_parameters(
        described([2], dense(1), "relu"),
        {"dense_1/weights": numpy.array([[2.0], [-1.0]]), "dense_1/bias": numpy.array([0.5])},
    )
    inputs = numpy.array([[1, 1], [0, 3]], numpy.float32)
    numpy.testing.assert_array_equal(network.forward(inputs), [[1.5], [0]])
    numpy.testing.assert_array_equal(network.forward(inputs, training=True), [[1.5], [0]])


def test_flat_and_shaped_inputs_are_the_same():
    inputs = numpy.random.default_rng(1).random((5, 2, 3), numpy.float32)
    network = small()
    numpy.testing.assert_array_equal(network.logits(inputs), network.logits(inputs.reshape(5, 6)))


def test_same_seed_same_bytes():
    first, second, other = (bytes_of(small(seed).parameters) for seed in (1, 1, 2))
    assert first == second
    assert first["dense_1/weights"] != other["dense_1/weights"]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 20])
def test_inference_goes_in_batches(monkeypatch, count):
    monkeypatch.setattr(network_module, "INFERENCE_BATCH", 4)
    network = small()
    inputs = numpy.random.default_rng(1).random((count, 6), numpy.float32)
    logits = network.logits(inputs)
    assert logits.shape == (count, 2)
    numpy.testing.assert_allclose(logits, network.forward(inputs), rtol=1e-6)
    numpy.testing.assert_array_equal(network.predict(inputs), logits.argmax(axis=1))


def test_inference_takes_fewer_examples_at_a_time_of_large_layers(monkeypatch):
    sizes = []
    monkeypatch.setattr(network_module, "INFERENCE_VALUES", 100)
    network = small()  # its largest layer has 6 inputs and 4 outputs
    forward = network.forward
    monkeypatch.setattr(network, "forward", lambda each: sizes.append(len(each)) or forward(each))
    network.logits(numpy.zeros((25, 6), numpy.float32))
    monkeypatch.setattr(network_module, "INFERENCE_VALUES", 1)
    network.logits(numpy.zeros((2, 6), numpy.float32))
    assert sizes == [10, 10, 5, 1, 1]


def test_inference_does_not_disturb_a_training_step():
    network = small(dtype=numpy.float64)
    inputs = numpy.random.default_rng(1).standard_normal((3, 6))
    gradients = []
    for disturbance in (False, True):
        outputs = network.forward(inputs, training=True)
        if disturbance:
            network.forward(numpy.ones((3, 6)))
        network.backward(outputs.copy())
        gradients.append(copies(network.gradients))
    assert_same(*gradients)


def test_set_parameters_copies():
    network, source = small(0), small(1)
    weights = network.parameters["dense_1/weights"]
    network.set_parameters(source.parameters)
    assert network.parameters["dense_1/weights"] is weights
    numpy.testing.assert_array_equal(weights, source.parameters["dense_1/weights"])
    source.parameters["dense_1/weights"][:] = 9
    assert not (weights == 9).any()


@pytest.mark.parametrize(
    "change",
    [
        lambda parameters: parameters.pop("dense_2/bias"),
        lambda parameters: parameters.update(extra=numpy.zeros(1)),
        lambda parameters: parameters.update({"dense_2/bias": numpy.zeros(3)}),
    ],
)
def test_set_parameters_refuses_what_does_not_fit(change):
    parameters = dict(small().parameters)
    change(parameters)
    with pytest.raises(ValueError, match=r"parameters: found .* expected .*'dense_2/bias': \(2,\)"):
        small().set_parameters(parameters)


def test_inputs_of_another_size():
    message = r"found float32 of shape \(3, 5\), expected float32 of shape \('n', 2, 3\)"
    with pytest.raises(ValueError, match=message):
        small().forward(numpy.zeros((3, 5), numpy.float32))


def test_repr():
    assert repr(small()) == "Network(2x3 -> dense 4 -> relu -> dense 2: 38 parameters)"


def test_summary_counts_by_hand():
    # Convolutions: 1*3*3*2 weights at 5*6 places; 2*1*2*4 at 2*2. Dense: 16 * 100.
    assert Network(CONVOLUTIONAL, numpy.random.default_rng(0)).summary() == (
        "layer                                   output  parameters  multiply-accumulates\n"
        "convolution 2 kernel=3 padding=1        2x5x6           20                   540\n"
        "batch_normalization                     2x5x6            8                     0\n"
        "prelu                                   2x5x6            2                     0\n"
        "max_pooling 2                           2x2x3            0                     0\n"
        "convolution 4 kernel=[1, 2] bias=False  4x2x2           16                    64\n"
        "flatten                                 16               0                     0\n"
        "dropout 0.5                             16               0                     0\n"
        "dense 100                               100          1,700                 1,600\n"
        "total                                                1,746                 2,204"
    )


def test_names_count_the_layers_of_one_type():
    network = Network(CONVOLUTIONAL, numpy.random.default_rng(0))
    assert {name: array.shape for name, array in network.parameters.items()} == {
        "convolution_1/weights": (1, 3, 3, 2),
        "convolution_1/bias": (2,),
        "batch_normalization_1/scale": (2,),
        "batch_normalization_1/shift": (2,),
        "batch_normalization_1/mean": (2,),
        "batch_normalization_1/variance": (2,),
        "prelu_1/slopes": (2,),
        "convolution_2/weights": (2, 1, 2, 4),
        "dense_1/weights": (16, 100),
        "dense_1/bias": (100,),
    }
    follows = {"batch_normalization_1/mean", "batch_normalization_1/variance"}
    assert set(network.parameters) - set(network.gradients) == follows
    assert network.decayed == {"convolution_1/weights", "convolution_2/weights", "dense_1/weights"}


def test_gradients_are_live():
    network = Network(CONVOLUTIONAL, numpy.random.default_rng(0))
    arrays = dict(network.gradients)
    outputs = network.forward(numpy.ones((3, 5, 6), numpy.float32), training=True)
    network.backward(numpy.ones_like(outputs))
    for name, array in network.gradients.items():
        assert array is arrays[name]
        assert array.shape == network.parameters[name].shape
    numpy.testing.assert_array_equal(arrays["dense_1/bias"], numpy.full(100, 3))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))]
)
def test_a_copied_network_has_parameters_and_gradients_of_its_own(copied):
    network = Network(CONVOLUTIONAL, numpy.random.default_rng(0))
    inputs = numpy.random.default_rng(1).random((3, 5, 6), numpy.float32)
    outputs = network.forward(inputs, training=True).copy()
    other = copied(network)
    for array in other.parameters.values():
        array[...] = 0
    assert not other.forward(inputs, training=True).any()
    other.backward(numpy.ones_like(outputs))
    numpy.testing.assert_array_equal(other.gradients["dense_1/bias"], numpy.full(100, 3))
    assert not network.gradients["dense_1/bias"].any()
    assert network.parameters["dense_1/weights"].any()


def test_the_gradient_by_the_inputs_of_the_first_trained_layer_is_not_computed():
    network = network_of([4], "relu", dense(3), dense(2))
    computed = {}
    for index, part in enumerate(network.layers):

        def backward(*arguments, index=index, original=part.backward):
            gradient = original(*arguments)
            computed[index] = gradient is not None
            return gradient

        part.backward = backward
    network.forward(numpy.ones((5, 4), numpy.float32), training=True)
    network.backward(numpy.ones((5, 2), numpy.float32))
    assert computed == {2: True, 1: False}


def test_every_layer_that_draws_has_a_generator():
    dropout = entry("dropout", rate=0.5)
    description = described([3], dropout, "relu", dropout)
    assert len(Network(description, numpy.random.default_rng(0)).generators) == 2
    assert Network(description, None).generators == []
    assert small().generators == []


factors = st.floats(0, 1)
regularizers = st.none() | st.fixed_dictionaries({}, optional={"l1": factors, "l2": factors})
constraints = st.none() | st.fixed_dictionaries(
    {}, optional={"min_norm": factors, "max_norm": st.floats(1, 2), "non_negative": st.booleans()}
)
with_kernel = {"kernel_regularizer": regularizers, "kernel_constraint": constraints}
with_bias = {"bias_regularizer": regularizers, "bias_constraint": constraints}
with_bias |= {"bias": st.just(True)}
ends = st.one_of(
    st.fixed_dictionaries({"bias": st.just(False)}, optional=with_kernel),
    st.fixed_dictionaries({}, optional=with_kernel | with_bias),
)


def one_or_two(numbers):
    return numbers | st.lists(numbers, min_size=2, max_size=2)


def options_of(kind, shape):
    """Draw the options of a layer for inputs of `shape`."""
    window = one_or_two(st.integers(1, min(2, *shape[-2:]))) if len(shape) > 1 else st.nothing()
    stride = one_or_two(st.integers(1, 3))
    pooling = {"stride": st.none() | stride, "padding": st.sampled_from([0, "same"])}
    noise = st.tuples(*(st.sampled_from([1, size]) for size in shape)).map(list)
    required, optional = {
        "dense": ({"units": st.integers(1, 5)}, {}),
        "convolution": (
            {"filters": st.integers(1, 3), "kernel": window},
            {"stride": stride, "padding": one_or_two(st.integers(0, 2))},
        ),
        "depthwise_convolution": (
            {"kernel": window},
            {"stride": stride, "padding": one_or_two(st.integers(0, 2))},
        ),
        "upsample": ({"factor": st.integers(1, 2)}, {}),
        "max_pooling": ({"size": window}, pooling),
        "average_pooling": ({"size": window}, pooling),
        "dropout": ({"rate": st.floats(0, 0.9)}, {"noise_shape": st.none() | noise}),
        "batch_normalization": ({}, {"momentum": st.floats(0, 0.9), "epsilon": st.floats(0.1, 1)}),
        "activity_regularization": ({}, {"l1": factors, "l2": factors}),
        "leaky_relu": ({}, {"slope": factors}),
        "elu": ({}, {"alpha": factors}),
    }.get(kind, ({}, {}))
    options = st.fixed_dictionaries(required, optional=optional)
    if kind in ("dense", "convolution", "depthwise_convolution"):
        return st.builds(lambda first, second: first | second, options, ends)
    return options


@st.composite
def descriptions(draw):
    """Draw networks of all layers, each of which fits its inputs."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    description = {"input_shape": shape, "layers": []}
    for _ in range(draw(st.integers(1, 6))):
        pictures = {"convolution", "depthwise_convolution", "upsample"}
        pictures |= {kind for kind in LAYERS if "pooling" in kind}
        unfit = {"add", "concatenate"} | (pictures if len(shape) == 1 else set())
        kind = draw(st.sampled_from(sorted(LAYERS.keys() - unfit)))
        description["layers"].append({"type": kind, **draw(options_of(kind, shape))})
        shape = Network(description, None, zeros).output_shape
    return description


@given(descriptions())
def test_description_round_trip_and_inputs_that_stay(description):
    rng = numpy.random.default_rng(0)
    network = Network(description, rng, bias_initializer=normal)
    assert network.description() == description
    inputs = rng.standard_normal((3, *description["input_shape"])).astype(numpy.float32)
    given_inputs = inputs.copy()
    # Exponentials of exponentials overflow.
    with numpy.errstate(all="ignore"):
        network.backward(numpy.ones_like(network.forward(inputs, training=True)))
        plain = json.loads(json.dumps(network.description()))
        again = Network.from_parameters(plain, network.parameters)
        outputs = network.forward(inputs)
        assert outputs.shape == (3, *network.output_shape)
        numpy.testing.assert_array_equal(outputs, again.forward(inputs))
    assert again.description() == description
    assert again.summary() == network.summary()
    numpy.testing.assert_array_equal(inputs, given_inputs)


def test_a_description_is_copied_on_its_way_in_and_out():
    description = described([2, 3], entry("dropout", rate=0.5, noise_shape=[1, 3]))
    expected = copy.deepcopy(description)
    network = Network(description, numpy.random.default_rng(0))
    for leak in (description, network.description()):
        leak["input_shape"][0] = 9
        leak["layers"][0]["noise_shape"][0] = 9
        leak["layers"].append({"type": "relu"})
    assert network.description() == expected
    assert network.forward(numpy.ones((1, 2, 3), numpy.float32), training=True).shape == (1, 2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": None}, "input_shape: found None, expected a list of whole numbers"),
        ({"input_shape": []}, r"input_shape: found \[\]"),
        ({"input_shape": [28, 0]}, r"input_shape: found \[28, 0\]"),
        ({"input_shape": [True]}, r"input_shape: found \[True\]"),
        ({"layers": []}, r"layers: found \[\], expected a list of at least one layer"),
        (
            {"layers": [entry("relu"), entry("magic")]},
            r"layer 2: found type 'magic', expected one of .* dense, .* sigmoid",
        ),
        ({"layers": ["relu"]}, "layer 1: expected .*'type'.*, found 'relu'"),
        ({"layers": [{"units": 3}]}, "layer 1: found type None"),
        ({"layers": [{"type": ["dense"]}]}, r"layer 1: found type \['dense'\]"),
        ({"layers": [entry("dense")]}, r"\(dense\): found no option 'units', expected one"),
        (
            {"layers": [entry("relu", units=3)]},
            r"layer 1 \(relu\): found option 'units', expected none$",
        ),
        (
            {"layers": [entry("convolution", filters=2)]},
            r"layer 1 \(convolution\): found no option 'kernel', expected one",
        ),
        (
            {"layers": [dense(0)]},
            r"\(dense\): units: found 0, expected a whole number of at least 1",
        ),
        ({"layers": [dense(2.5)]}, "units: found 2.5"),
        ({"layers": [dense(True)]}, "units: found True"),
    ],
)
def test_impossible_descriptions(changes, message):
    with pytest.raises(ValueError, match=message):
        Network(SMALL | changes, numpy.random.default_rng(0))


# Those that a layer cannot do without.
NEEDED = {
    "dense": {"units": 2},
    "convolution": {"filters": 2, "kernel": 1},
    "depthwise_convolution": {"kernel": 1},
    "dropout": {"rate": 0.5},
    "upsample": {"factor": 2},
}
WHOLE = "expected a whole number of at least 1"
FINITE = "expected a finite number from 0 on"
SHARE = "expected a number from 0 to less than 1"
FACTORS = "expected {'l1': ..., 'l2': ...}"
FITTING = "expected at most the size of the padded picture"


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("dense", {"bias": "yes"}, "bias: found 'yes', expected true or false"),
        ("dense", {"bias": 1}, "bias: found 1, expected true or false"),
        (
            "dense",
            {"bias": False, "bias_regularizer": {"l1": 1}},
            "bias_regularizer: found one, but the layer has no bias",
        ),
        ("dense", {"kernel_regularizer": 0.1}, f"kernel_regularizer: found 0.1, {FACTORS}"),
        (
            "dense",
            {"kernel_regularizer": {"l3": 1}},
            f"kernel_regularizer: found {{'l3': 1}}, {FACTORS}",
        ),
        ("dense", {"bias_regularizer": {"l1": -1}}, f"bias_regularizer: l1: found -1, {FINITE}"),
        (
            "convolution",
            {"bias": False, "bias_constraint": {"max_norm": 1}},
            "bias_constraint: found one, but the layer has no bias",
        ),
        ("dense", {"kernel_constraint": {"max_norm": 0}}, "kernel_constraint: max_norm: found 0"),
        ("convolution", {"filters": 0}, f"filters: found 0, {WHOLE}"),
        ("convolution", {"kernel": [2, 6]}, f"kernel: found (2, 6), {FITTING}, (4, 5)"),
        (
            "convolution",
            {"kernel": 8, "padding": [2, 1]},
            f"kernel: found (8, 8), {FITTING}, (8, 7)",
        ),
        (
            "convolution",
            {"kernel": [1, 2, 3]},
            "kernel: found [1, 2, 3], expected one whole number or a list of two",
        ),
        ("convolution", {"kernel": 1.5}, f"kernel: found 1.5, {WHOLE}"),
        ("convolution", {"stride": 0}, f"stride: found 0, {WHOLE}"),
        (
            "convolution",
            {"padding": [0, -1]},
            "padding: found -1, expected a whole number of at least 0",
        ),
        ("convolution", {"dilation": 0}, f"dilation: found 0, {WHOLE}"),
        (
            "convolution",
            {"kernel": [2, 3], "dilation": [4, 1]},
            f"extent of the dilated kernel: found (5, 3), {FITTING}, (4, 5)",
        ),
        (
            "convolution",
            {"kernel": [3, 2], "padding": "same"},
            "padding: found 'same' with stride (1, 1) and kernel (3, 2), expected a stride of 1",
        ),
        (
            "convolution",
            {"kernel": 3, "padding": "same", "stride": 2},
            "padding: found 'same' with stride (2, 2) and kernel (3, 3), expected a stride of 1",
        ),
        ("convolution", {"padding": "full"}, "padding: found 'full', expected a whole number"),
        (
            "depthwise_convolution",
            {"filters": 2},
            "found option 'filters', expected one of activation",
        ),
        ("depthwise_convolution", {"kernel": 6}, f"kernel: found (6, 6), {FITTING}, (4, 5)"),
        ("upsample", {"factor": 0}, f"factor: found 0, {WHOLE}"),
        ("convolution", {"bias": None}, "bias: found None, expected true or false"),
        ("max_pooling", {"size": 0}, f"size: found 0, {WHOLE}"),
        ("max_pooling", {"size": [2]}, "size: found [2], expected one whole number or a"),
        ("max_pooling", {"size": 5}, "size: found (5, 5), expected at most the size of the"),
        ("average_pooling", {"size": 2, "stride": 0}, f"stride: found 0, {WHOLE}"),
        ("average_pooling", {"size": 2, "padding": 1}, "padding: found 1, expected 0 or 'same'"),
        ("flatten", {"axis": 1}, "found option 'axis', expected none"),
        ("dropout", {"rate": 1}, f"rate: found 1, {SHARE}"),
        ("dropout", {"rate": -0.1}, "rate: found -0.1"),
        ("dropout", {"rate": "half"}, "rate: found 'half'"),
        ("dropout", {"seed": 1}, "found option 'seed', expected one of noise_shape, rate"),
        (
            "dropout",
            {"noise_shape": [1, 2, 5]},
            "noise_shape: found [1, 2, 5], expected the sizes of (1, 4, 5) or 1",
        ),
        ("dropout", {"noise_shape": [4, 5]}, "noise_shape: found [4, 5]"),
        ("dropout", {"noise_shape": [1, 0, 5]}, "noise_shape: found 0"),
        ("dropout", {"noise_shape": 4}, "noise_shape: found 4"),
        ("batch_normalization", {"momentum": 1}, f"momentum: found 1, {SHARE}"),
        ("batch_normalization", {"epsilon": -1e-05}, f"epsilon: found -1e-05, {FINITE}"),
        ("activity_regularization", {"l1": -1}, f"l1: found -1, {FINITE}"),
        ("activity_regularization", {"l2": "much"}, f"l2: found 'much', {FINITE}"),
        ("leaky_relu", {"slope": -1}, f"slope: found -1, {FINITE}"),
        ("elu", {"alpha": math.nan}, f"alpha: found nan, {FINITE}"),
        ("selu", {"alpha": 1}, "found option 'alpha', expected none"),
    ],
)
def test_impossible_options(kind, options, message):
    impossible = entry(kind, **NEEDED.get(kind, {}) | options)
    with pytest.raises(ValueError, match=re.escape(f"layer 2 ({kind}): {message}")):
        network_of([1, 4, 5], "relu", impossible)


@pytest.mark.parametrize("kind", ["convolution", "max_pooling", "average_pooling"])
@pytest.mark.parametrize("shape", [[20], [1, 1, 4, 5]])
def test_a_shape_that_is_not_a_picture(kind, shape):
    options = {"filters": 2, "kernel": 1} if kind == "convolution" else {"size": 1}
    message = r"inputs: found shape .* expected \(channels, height, wid"
    with pytest.raises(ValueError, match=message):
        network_of(shape, entry(kind, **options))
