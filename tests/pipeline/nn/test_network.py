import json

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nn import network as network_module
from pipeline.nn.layers import LAYERS
from pipeline.nn.network import Network

SMALL = {
    "input_shape": [2, 3],
    "layers": [{"type": "dense", "units": 4}, {"type": "relu"}, {"type": "dense", "units": 2}],
}


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
        {"input_shape": [2], "layers": [{"type": "dense", "units": 1}, {"type": "relu"}]},
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
    first, second, other = small(1), small(1), small(2)
    for name, array in first.parameters.items():
        assert array.tobytes() == second.parameters[name].tobytes()
    assert first.parameters["dense_1/weights"].tobytes() != (
        other.parameters["dense_1/weights"].tobytes()
    )


@pytest.mark.parametrize("count", [0, 1, 7, 8, 20])
def test_inference_goes_in_batches(monkeypatch, count):
    monkeypatch.setattr(network_module, "INFERENCE_BATCH", 4)
    network = small()
    inputs = numpy.random.default_rng(1).random((count, 6), numpy.float32)
    logits = network.logits(inputs)
    assert logits.shape == (count, 2)
    numpy.testing.assert_allclose(logits, network.forward(inputs), rtol=1e-6)
    numpy.testing.assert_array_equal(network.predict(inputs), logits.argmax(axis=1))


def test_inference_does_not_disturb_a_training_step():
    network = small(dtype=numpy.float64)
    inputs = numpy.random.default_rng(1).standard_normal((3, 6))
    gradients = []
    for disturbance in (False, True):
        outputs = network.forward(inputs, training=True)
        if disturbance:
            network.forward(numpy.ones((3, 6)))
        network.backward(outputs.copy())
        gradients.append({name: array.copy() for name, array in network.gradients.items()})
    for name in gradients[0]:
        numpy.testing.assert_array_equal(gradients[0][name], gradients[1][name])


def test_forward_leaves_its_inputs_alone():
    network = Network(
        {"input_shape": [3], "layers": [{"type": kind} for kind in LAYERS if kind != "dense"]},
        numpy.random.default_rng(0),
    )
    inputs = numpy.array([[-1, 0, 2]], numpy.float32)
    network.forward(inputs, training=True)
    network.backward(numpy.ones((1, 3), numpy.float32))
    numpy.testing.assert_array_equal(inputs, [[-1, 0, 2]])


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
    with pytest.raises(ValueError, match=r"found shape \(3, 5\), expected \('m', 2, 3\)"):
        small().forward(numpy.zeros((3, 5), numpy.float32))


def test_repr():
    assert repr(small()) == "Network(2x3 -> dense 4 -> relu -> dense 2: 38 parameters)"


layers = st.one_of(
    st.builds(lambda units: {"type": "dense", "units": units}, st.integers(1, 5)),
    st.sampled_from([{"type": kind} for kind in LAYERS if kind != "dense"]),
)


@given(
    st.fixed_dictionaries(
        {
            "input_shape": st.lists(st.integers(1, 4), min_size=1, max_size=3),
            "layers": st.lists(layers, min_size=1, max_size=6),
        }
    )
)
def test_description_round_trip(description):
    network = Network(description, numpy.random.default_rng(0))
    assert network.description() == description
    again = Network.from_parameters(
        json.loads(json.dumps(network.description())), network.parameters
    )
    inputs = numpy.ones((2, *description["input_shape"]), numpy.float32)
    outputs = network.forward(inputs)
    assert outputs.shape == (2, *network.output_shape)
    numpy.testing.assert_array_equal(outputs, again.forward(inputs))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": None}, "input_shape: found None, expected a list of whole numbers"),
        ({"input_shape": []}, r"input_shape: found \[\]"),
        ({"input_shape": [28, 0]}, r"input_shape: found \[28, 0\]"),
        ({"input_shape": [True]}, r"input_shape: found \[True\]"),
        ({"layers": []}, r"layers: found \[\], expected a list of at least one layer"),
        (
            {"layers": [{"type": "relu"}, {"type": "magic"}]},
            r"layer 2: found type 'magic', expected one of \['dense', 'flatten', 'relu', ",
        ),
        ({"layers": ["relu"]}, "layer 1: expected .*'type'.*, found 'relu'"),
        ({"layers": [{"units": 3}]}, "layer 1: found type None"),
        ({"layers": [{"type": ["dense"]}]}, r"layer 1: found type \['dense'\]"),
        (
            {"layers": [{"type": "dense"}]},
            r"layer 1 \(dense\): found options \[\], expected \['units'\]",
        ),
        (
            {"layers": [{"type": "relu", "units": 3}]},
            r"layer 1 \(relu\): found options \['units'\], expected \[\]",
        ),
        (
            {"layers": [{"type": "dense", "units": 0}]},
            r"layer 1 \(dense\): units: found 0, expected a whole number of at least 1",
        ),
        ({"layers": [{"type": "dense", "units": 2.5}]}, "units: found 2.5"),
        ({"layers": [{"type": "dense", "units": True}]}, "units: found True"),
    ],
)
def test_impossible_descriptions(changes, message):
    with pytest.raises(ValueError, match=message):
        Network(SMALL | changes, numpy.random.default_rng(0))
