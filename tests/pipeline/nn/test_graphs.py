"""Networks whose layers are no row: what they compute, their gradients, what is refused."""

import copy
import json
import pickle

import numpy
import pytest

from pipeline.nn import network as network_module
from pipeline.nn.folding import folded
from pipeline.nn.initializers import normal
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
from tests.pipeline.nn.test_gradients import numerical_gradient


def convolution(filters, **options):
    return entry("convolution", filters=filters, kernel=3, **{"padding": "same"} | options)


def join(kind, *inputs, **options):
    return entry(kind, inputs=list(inputs), **options)


NORMALIZED = "batch_normalization"
RESIDUAL = described(
    [2, 5, 4],
    *(convolution(3), entry("relu", name="begin")),
    *(convolution(3, bias=False), NORMALIZED, "relu"),
    *(convolution(3, bias=False), entry(NORMALIZED, name="end")),
    *(join("add", "end", "begin"), "relu", "flatten", dense(3)),
)
# An encoder and a decoder, with dilations and jumps over them.
U_NET = described(
    [3, 8, 8],
    *(convolution(4, bias=False), NORMALIZED, entry("relu", name="a")),
    *(convolution(5, stride=2, padding=1), NORMALIZED, entry("elu", name="b")),
    *(convolution(6, stride=2, padding=1), "relu", convolution(6, dilation=2), "tanh"),
    entry("upsample", factor=2, name="wide"),
    *(join("concatenate", "wide", "b"), convolution(4), "softplus"),
    entry("upsample", factor=2, name="wider"),
    *(join("concatenate", "wider", "a"), convolution(3), NORMALIZED, "elu"),
    entry("convolution", filters=1, kernel=1),
)
# Everything that shares arrays: inputs that are taken again, twice by one layer, through layers
# that return what they are given.
TANGLE = described(
    [3, 4, 4],
    entry("convolution", filters=3, kernel=1, name="a"),
    entry("identity", name="same", inputs="a"),
    join("add", "same", "a", "a", "input", name="sum"),
    entry("activity_regularization", l2=0.3, name="held"),
    entry("dropout", rate=0.3, inputs=["a"], name="dropped"),
    join("concatenate", "held", "dropped", "held", name="wide"),
    convolution(3, name="narrow"),
    join("add", "narrow", "sum"),
    entry("identity", name="last"),
    entry("flatten", inputs="last", name="flat"),
    dense(4, inputs="last", name="dense"),
    join("concatenate", "flat", "dense"),
    dense(2),
)
GRAPHS = pytest.mark.parametrize(
    "description", [RESIDUAL, U_NET, TANGLE], ids=["residual", "u-net", "tangle"]
)


def built(description, dtype=numpy.float64):
    return Network(description, numpy.random.default_rng(1), normal, normal, dtype)


def examples(network, count=3, seed=2):
    rng = numpy.random.default_rng(seed)
    return rng.standard_normal((count, *network.input_shape)).astype(network.dtype)


def trained(description, dtype=numpy.float64):
    """Return a network with random parameters, the estimates too."""
    network, rng = built(description, dtype), numpy.random.default_rng(3)
    for array in network.parameters.values():
        array[...] = rng.uniform(0.5, 1.5, array.shape)
    return network


@pytest.mark.parametrize(("windows", "bands"), [(0, 1), (0, 1 << 20), (1 << 20, 1)])
@GRAPHS
def test_gradients(monkeypatch, description, windows, bands):
    monkeypatch.setattr("pipeline.nn.convolution.LARGEST_WINDOWS", windows)
    monkeypatch.setattr("pipeline.nn.bands.LARGEST_BANDS", bands)
    network = built(description)
    inputs = examples(network)
    weighting = numpy.random.default_rng(4).standard_normal((3, *network.output_shape))
    states = [generator.bit_generator.state for generator in network.generators]

    def outputs(size=3):
        for generator, state in zip(network.generators, states, strict=True):
            generator.bit_generator.state = state
        return network.forward(inputs[:size], training=True)

    def cost():
        return float((outputs() * weighting).sum()) + network.penalty()

    for size in (3, 2, 3):
        outputs(size)
        network.backward(weighting[:size].copy())
    gradients = copies(network.gradients)
    rng = numpy.random.default_rng(5)
    for name, gradient in gradients.items():
        # Of large arrays, a few numbers.
        flat = network.parameters[name].reshape(-1)
        begin = int(rng.integers(0, max(1, flat.size - 12)))
        numerical = numerical_gradient(cost, flat[begin : begin + 12])
        found = gradient.reshape(-1)[begin : begin + 12]
        numpy.testing.assert_allclose(found, numerical, rtol=1e-5, atol=1e-7, err_msg=name)


def test_sum_and_concatenation_by_hand():
    layers = [
        entry("identity", name="same"),
        entry("softplus", inputs="input", name="soft"),
        join("add", "same", "input", "same", name="sum"),
        join("concatenate", "sum", "soft"),
    ]
    network = network_of([2], *layers)
    outputs = network.forward(numpy.array([[1, -2]], numpy.float32))
    soft = numpy.log1p(numpy.exp([1, -2]))
    numpy.testing.assert_allclose(outputs, [[3, -6, *soft]], rtol=1e-6)


def test_a_row_with_names_is_the_row_without():
    plain = described([4], dense(5), NORMALIZED, "relu", dense(3))
    named = described(
        [4],
        dense(5, name="first", inputs="input"),
        entry(NORMALIZED, inputs=["first"], name="second"),
        entry("relu", inputs="second"),
        dense(3),
    )
    networks = [built(plain, numpy.float32), built(named, numpy.float32)]
    results = []
    for network in networks:
        outputs = network.forward(examples(network), training=True)
        network.backward(numpy.cos(outputs))
        results.append((outputs.tobytes(), bytes_of(network.gradients)))
    assert results[0] == results[1]
    assert networks[1].description() == named


@GRAPHS
def test_inference_is_training_without_what_only_training_does(description):
    rest = {"batch_normalization", "dropout"}
    layers = [
        layer if layer["type"] not in rest else {**layer, "type": "identity"}
        for layer in description["layers"]
    ]
    for layer in layers:
        layer.pop("rate", None) if layer["type"] == "identity" else None
    network = built({**description, "layers": layers})
    inputs = examples(network)
    given = inputs.copy()
    found = network.forward(inputs, training=True).copy()
    numpy.testing.assert_allclose(network.forward(inputs), found, rtol=1e-12, atol=1e-14)
    numpy.testing.assert_array_equal(inputs, given)


def test_only_what_depends_on_parameters_is_differentiated():
    network = network_of(
        *([4], entry("tanh", name="free"), entry("relu", inputs="input", name="first")),
        *(dense(4, name="dense"), join("add", "free", "dense", "first"), dense(2)),
    )
    wanted = {}
    for index, layer in enumerate(network.layers):

        def backward(gradient, wants, index=index, original=layer.backward):
            wanted[index] = wants
            return original(gradient, wants)

        layer.backward = backward
    network.forward(numpy.ones((5, 4), numpy.float32), training=True)
    network.backward(numpy.ones((5, 2), numpy.float32))
    assert wanted == {4: True, 3: True, 2: False}


@GRAPHS
def test_round_trips(description):
    network = trained(description, numpy.float32)
    assert network.description() == description
    plain = json.loads(json.dumps(network.description()))
    inputs = examples(network)
    expected = network.forward(inputs)
    outputs = network.forward(inputs, training=True)
    others = [
        Network.from_parameters(plain, network.parameters),
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
    ]
    network.backward(numpy.ones_like(outputs))
    for other in others:
        other.set_parameters(network.parameters)
        assert other.description() == description
        assert other.summary() == network.summary()
    numpy.testing.assert_array_equal(others[0].forward(inputs), network.forward(inputs))
    assert others[1].parameters.keys() == network.parameters.keys()
    if not network.generators:
        for other in others[1:]:
            again = other.forward(inputs, training=True)
            other.backward(numpy.ones_like(again))
            assert bytes_of(other.gradients) == bytes_of(network.gradients)
    assert expected.shape == (3, *network.output_shape)


def test_repr_and_summary_name_what_is_taken():
    network = network_of([3], dense(3, name="a"), "relu", dense(3, name="b"), join("add", "a", "b"))
    assert repr(network) == (
        "Network(3 -> dense 3 name=a -> relu -> dense 3 name=b"
        " -> add inputs=['a', 'b']: 24 parameters)"
    )
    assert "add inputs=['a', 'b']  3                0" in network.summary()


def test_inference_in_batches_keeps_what_is_taken_later(monkeypatch):
    network = trained(U_NET)
    inputs = examples(network, 7)
    whole = network.logits(inputs)
    monkeypatch.setattr(network_module, "INFERENCE_BATCH", 3)
    numpy.testing.assert_allclose(network.logits(inputs), whole, rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            ["relu", join("add", "input", "later"), entry("relu", name="later")],
            r"layer 2 \(add\): inputs: found \['input', 'later'\], expected names of earlier lay",
        ),
        ([entry("relu", inputs="itself", name="itself")], "inputs: found 'itself', expected names"),
        ([entry("relu", inputs=3)], r"inputs: found 3, expected names .*\['input'\]"),
        ([entry("relu", inputs=[["input"]])], r"inputs: found \[\['input'\]\]"),
        ([entry("relu", inputs=[])], r"layer 1 \(relu\): inputs: found \[\], expected one"),
        (["add"], "inputs: found None, expected names"),
        ([join("add", "input")], r"\(add\): inputs: found \['input'\], expected at least two"),
        (
            [join("relu", "input", "input")],
            r"\(relu\): inputs: found \['input', 'input'\], expected one",
        ),
        (
            [entry("relu", name="a"), entry("tanh", name="a")],
            r"layer 2 \(tanh\): name: found 'a', expected a string that is not one of \['a', 'in",
        ),
        ([entry("relu", name="input")], "name: found 'input'"),
        ([entry("relu", name="")], "name: found ''"),
        ([entry("relu", name=1)], "name: found 1"),
        (
            ["relu", entry("tanh", inputs="input")],
            r"layer 1 \(relu\): found no layer that takes its outputs",
        ),
        (
            [dense(3, name="a"), join("add", "a", "input")],
            r"layer 2 \(add\): inputs: found shapes \[\(3,\), \(2, 4\)\], expected equal ones",
        ),
        (
            [
                *(entry("convolution", filters=1, kernel=2, name="a"), entry("flatten", name="b")),
                join("concatenate", "b", "a"),
            ],
            r"layer 3 \(concatenate\): inputs: found shapes .*, expected equal ones but for their",
        ),
    ],
)
def test_impossible_graphs(layers, message):
    with pytest.raises(ValueError, match=message):
        network_of([2, 4], *layers)


# Folding.


def kinds(description):
    return [layer["type"] for layer in description["layers"]]


@GRAPHS
def test_a_folded_graph_computes_the_same(description):
    network = trained(description)
    inputs = examples(network, 5)
    small = folded(network)
    numpy.testing.assert_allclose(small.logits(inputs), network.logits(inputs), rtol=1e-9)
    left_out = {"batch_normalization", "dropout", "identity", "activity_regularization"}
    assert not left_out & set(kinds(small.description()))
    assert network.description() == description


@pytest.mark.parametrize("between", [[], [entry("dropout", rate=0.5)]])
def test_a_convolution_that_others_take_keeps_its_normalization(between):
    layers = [convolution(2, name="a"), *between, entry(NORMALIZED, name="b")]
    network = trained(described([2, 4, 4], *layers, join("add", "a", "b")))
    small = folded(network)
    assert kinds(small.description()) == ["convolution", NORMALIZED, "add"]
    assert_same(small.parameters, network.parameters)
    inputs = examples(network)
    numpy.testing.assert_array_equal(small.logits(inputs), network.logits(inputs))


def test_what_is_left_out_is_bypassed():
    network = trained(
        described(
            [4],
            *(entry("identity", name="x"), dense(4, inputs="x"), entry("dropout", rate=0.5)),
            *(entry(NORMALIZED, name="y"), entry("relu", inputs="y"), entry("identity", name="z")),
            *(join("add", "x", "z", "y"), entry("dropout", rate=0.1)),
        )
    )
    inputs = examples(network)
    small = folded(network)
    numpy.testing.assert_allclose(small.logits(inputs), network.logits(inputs), rtol=1e-12)
    assert small.description() == described(
        [4],
        *(dense(4, name="y"), entry("relu", name="z")),
        join("add", "input", "z", "y"),
    )
