"""What a description may say in short, and what it must not say by mistake."""

import json

import numpy
import pytest

from edge.layers import parameter_shapes
from pipeline.nn.folding import folded
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.training import fit
from tests.pipeline.nn.networks import bytes_of, dense, described, entry, network_of

SHORT = [
    entry("convolution", filters=3, kernel=3, padding="same", activation="relu", name="first"),
    entry("depthwise_convolution", kernel=3, padding=1, name="second")
    | {"activation": {"type": "elu", "alpha": 0.5}},
    entry("add", inputs=["first", "second"]),
    *(dense(4, activation=None), dense(2, activation="identity")),
]
LONG = [
    entry("convolution", filters=3, kernel=3, padding="same"),
    entry("relu", name="first"),
    entry("depthwise_convolution", kernel=3, padding=1),
    entry("elu", alpha=0.5, name="second"),
    entry("add", inputs=["first", "second"]),
    *(dense(4), dense(2), entry("identity")),
]


def test_an_activation_is_a_layer_after_the_layer():
    network = network_of([5, 4], *SHORT)
    assert network.description() == described([5, 4], *LONG)
    assert bytes_of(network.parameters) == bytes_of(network_of([5, 4], *LONG).parameters)
    assert SHORT[0]["activation"] == "relu"


def test_both_learn_the_same():
    pictures = numpy.random.default_rng(0).random((20, 5, 4), numpy.float32)
    found = []
    for layers in (SHORT, LONG):
        network = network_of([5, 4], *layers)
        recipe = {"epochs": 2, "batch_size": 4, "rng": numpy.random.default_rng(1)}
        fit(network, pictures, numpy.arange(20) % 2, optimizer=SGD(0.1), **recipe)
        found.append(bytes_of(network.parameters))
    assert found[0] == found[1]


def test_the_device_and_a_file_see_layers_that_they_know(tmp_path):
    layers = [entry("convolution", filters=3, kernel=3, activation="relu"), "flatten", dense(2)]
    layers[2] |= {"kernel_initializer": "he", "bias_initializer": "glorot"}
    network = network_of([5, 4], *layers)
    network.save(tmp_path / "network.safetensors")
    loaded = Network.load(tmp_path / "network.safetensors")
    assert loaded.description() == network.description()
    assert bytes_of(loaded.parameters) == bytes_of(network.parameters)
    plain = folded(network).description()
    assert plain == described(
        [5, 4], entry("convolution", filters=3, kernel=3), "relu", "flatten", dense(2)
    )
    assert set(parameter_shapes(plain)) == set(network.parameters)
    assert json.loads(json.dumps(network.description())) == network.description()


def test_only_what_has_weights_has_an_activation():
    with pytest.raises(ValueError, match=r"layer 1 \(flatten\): found option 'activation', expec"):
        network_of([2], entry("flatten", activation="relu"))


def test_an_error_counts_layers_as_they_were_described():
    with pytest.raises(ValueError, match=r"layer 2 \(dense\): units: found 0"):
        network_of([2], dense(2, activation="relu"), dense(0))
    with pytest.raises(ValueError, match=r"layer 2 \(elu\): alpha: found -1"):
        network_of([2], dense(2, activation="relu"), dense(1, activation=entry("elu", alpha=-1)))
    with pytest.raises(ValueError, match=r"layer 2 \(max_pooling\): inputs: found shape \(2,\)"):
        network_of([2], dense(2, activation="relu"), entry("max_pooling", size=2))


def test_an_initializer_of_a_layer_goes_before_the_network_s():
    layers = dense(3, kernel_initializer="zeros"), dense(3, bias_initializer="random_uniform")
    network = network_of([4], *layers)
    zero = {name for name, array in network.parameters.items() if not array.any()}
    assert zero == {"dense_1/weights", "dense_1/bias"}
    assert numpy.abs(network.parameters["dense_2/bias"]).max() < 0.05


def test_a_layer_without_a_bias_has_no_initializer_for_it():
    message = r"layer 1 \(dense\): bias_initializer: found one, but the layer has no bias"
    with pytest.raises(ValueError, match=message):
        network_of([4], dense(3, bias=False, bias_initializer="zeros"))


PICTURES = [
    entry("convolution", filters=2, kernel=1),
    entry("depthwise_convolution", kernel=1),
    entry("max_pooling", size=1),
    entry("average_pooling", size=1),
    entry("global_average_pooling"),
    entry("upsample", factor=2),
]


@pytest.mark.parametrize("layer", PICTURES, ids=lambda layer: layer["type"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_whose_channels_come_last_are_refused(layer, channels):
    message = (
        rf"input_shape: found \[28, 28, {channels}\] for layer 1 \({layer['type']}\), expected"
        rf" channels first, \[{channels}, 28, 28\]"
    )
    with pytest.raises(ValueError, match=message):
        network_of([28, 28, channels], layer)


@pytest.mark.parametrize("shape", [[28, 28, 2], [28, 27, 3], [3, 28, 28], [4, 4, 4], [4, 4, 1]])
def test_other_pictures_are_not(shape):
    network_of(shape, PICTURES[0])


def test_channels_that_come_last_are_as_good_as_any_to_what_takes_no_pictures():
    assert network_of([28, 28, 3], dense(2)).output_shape == (2,)


@pytest.mark.parametrize("shape", [(2, 3, 4, 3), (2, 4, 3, 3), (2, 6, 6), (2, 9, 4)], ids=str)
def test_inputs_in_another_order_are_refused(shape):
    network = network_of([3, 3, 4], entry("convolution", filters=2, kernel=1))
    message = r"inputs: found float32 of shape .*, expected float32 of shape \('n', 3, 3, 4\)"
    with pytest.raises(ValueError, match=message):
        network.logits(numpy.zeros(shape, numpy.float32))


def test_inputs_with_axes_of_1_flat_or_in_lists_are_the_same():
    network = network_of([1, 3, 4], entry("convolution", filters=2, kernel=2), dense(3))
    pictures = numpy.random.default_rng(0).random((2, 1, 3, 4), numpy.float32)
    expected = network.logits(pictures)
    for form in ((2, 3, 4), (2, 3, 4, 1), (2, 12)):
        numpy.testing.assert_array_equal(network.logits(pictures.reshape(form)), expected)
    numpy.testing.assert_array_equal(network.logits(pictures.tolist()), expected)
    numpy.testing.assert_array_equal(network.predict([*pictures]), expected.argmax(axis=1))


def test_inputs_of_another_dtype_are_refused_with_what_to_do():
    message = r"expected float32 of shape \('n', 2\); \.astype\('float32'\) gives that"
    with pytest.raises(ValueError, match=message):
        network_of([2], dense(2)).predict(numpy.zeros((3, 2)))
