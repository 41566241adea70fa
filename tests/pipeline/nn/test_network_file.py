import json

import numpy
import pytest
from safetensors.numpy import save

from pipeline.nn.network import Network
from tests.pipeline.nn.networks import bytes_of, dense, entry, network_of


def trained(dtype=numpy.float32):
    """Return a network whose numbers are all random, the estimates of the normalization too."""
    network = network_of(
        *([5, 6], entry("convolution", filters=3, kernel=2, kernel_constraint={"max_norm": 2})),
        *("batch_normalization", "prelu", entry("dropout", rate=0.5, name="a"), "flatten"),
        dense(4),
        dtype=dtype,
    )
    rng = numpy.random.default_rng(1)
    for array in network.parameters.values():
        array[...] = rng.uniform(0.5, 2, array.shape)
    return network


@pytest.mark.parametrize("dtype", [numpy.float32, numpy.float64])
def test_a_network_comes_back_with_every_byte(tmp_path, dtype):
    network = trained(dtype)
    network.save(tmp_path / "network.safetensors")
    loaded = Network.load(tmp_path / "network.safetensors")
    assert bytes_of(loaded.parameters) == bytes_of(network.parameters)
    assert list(loaded.parameters) == list(network.parameters)
    assert loaded.description() == network.description()
    inputs = numpy.ones((2, 5, 6), dtype)
    numpy.testing.assert_array_equal(loaded.logits(inputs), network.logits(inputs), strict=True)


def test_a_loaded_network_trains_further(tmp_path):
    path = str(tmp_path / "a")
    trained().save(path)
    loaded = Network.load(path, numpy.random.default_rng(2))
    loaded.backward(numpy.ones_like(loaded.forward(numpy.ones((3, 5, 6), numpy.float32), True)))
    assert loaded.gradients["dense_1/bias"].all()


def test_numbers_that_are_not_finite_and_networks_without_any_come_back(tmp_path):
    network = trained()
    network.parameters["dense_1/bias"][:2] = numpy.nan, -numpy.inf
    network.save(tmp_path / "a")
    assert bytes_of(Network.load(tmp_path / "a").parameters) == bytes_of(network.parameters)
    network_of([3], "relu").save(tmp_path / "a")
    assert Network.load(tmp_path / "a").parameters == {}


def test_the_same_network_is_the_same_file(tmp_path):
    for name in "ab":
        trained().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_network_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a"
    network_of([3], "relu").save(path)
    before = path.read_bytes()

    def full(self, data):
        self.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(type(path), "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        trained().save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def saved(parameters=None, description=None, **changes):
    """Return a file like that of `trained`, with other tensors, description or metadata."""
    description = json.dumps(trained().description() if description is None else description)
    metadata = {"network": description} | changes
    return save(trained().parameters if parameters is None else parameters, metadata)


def without(name):
    return {key: array for key, array in trained().parameters.items() if key != name}


def as_dtype(dtype):
    return {name: array.astype(dtype) for name, array in trained().parameters.items()}


OTHERS = {
    "nothing": (b"", "found no network in the safetensors format (SafetensorError("),
    "text": (b"layers: [relu]\n" * 9, "found no network in the safetensors format"),
    "half a file": (saved()[:-200], "found no network in the safetensors format"),
    "more than a file": (saved() + b"more", "found no network in the safetensors format"),
    "only tensors": (save(trained().parameters), "(KeyError('network'))"),
    "a pack": (save(trained().parameters, {"pack": "{}"}), "(KeyError('network'))"),
    "no JSON": (saved(network="{"), "(JSONDecodeError("),
    "a list": (saved(description=[]), "found list and parameters of ['float32'], expected a dict"),
    "no layers": (saved(description={"input_shape": [3]}), "layers: found None, expected a list"),
    "an unknown layer": (
        saved(description={"input_shape": [3], "layers": [{"type": "magic"}]}),
        "layer 1: found type 'magic'",
    ),
    "a tensor too few": (saved(without("dense_1/bias")), "parameters: found {"),
    "half precision": (saved(as_dtype(numpy.float16)), "found dict and parameters of ['float16']"),
    "whole numbers": (saved(as_dtype(numpy.int32)), "expected a dict and all of float32 or all of"),
    "two precisions": (
        saved(trained().parameters | {"dense_1/bias": numpy.zeros(4)}),
        "parameters of ['float32', 'float64']",
    ),
}


@pytest.mark.parametrize(("data", "cause"), OTHERS.values(), ids=OTHERS)
def test_another_file_is_refused_with_its_name_and_the_cause(tmp_path, data, cause):
    path = tmp_path / "other.safetensors"
    path.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        Network.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert cause in message
    assert message.endswith("; expected a network that Network.save has written")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Network.load(tmp_path / "nowhere")
