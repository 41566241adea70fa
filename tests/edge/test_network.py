"""Both forward passes, with NumPy and without, compute the same."""

import math
import random
import struct

import pytest

from edge import pack, pure
from edge.classifier import Classifier
from tests.edge import packs

numpy = pytest.importorskip("numpy")
network = pytest.importorskip("edge.network")


def pictures(count):
    generator = random.Random(1)
    return [
        bytes(generator.randrange(256) if generator.random() < 0.3 else 255 for _ in range(784))
        for _ in range(count)
    ]


def images(pictures):
    return numpy.frombuffer(b"".join(pictures), numpy.uint8).reshape(-1, 28, 28)


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_numpy_and_pure_give_the_same_probabilities(dtype):
    opened = pack.parse(packs.pack(dtype))
    letters = [*pictures(20), b"\xff" * 784, b"\0" * 784]
    with_numpy = Classifier(opened, "numpy").predict(images(letters))
    alone = numpy.array([pure.probabilities(opened, letter) for letter in letters])
    assert with_numpy.dtype == numpy.float32
    assert abs(with_numpy - alone).max() < 1e-6
    assert abs(with_numpy.sum(axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("dtype", ["F16", "F32"])
@pytest.mark.parametrize("name", packs.ROWS)
def test_numpy_and_pure_compute_every_layer_alike(name, dtype):
    opened = packs.convolutional(name, dtype)
    letters = [*pictures(5), b"\xff" * 784, b"\0" * 784]
    loaded = network.Network(packs.network(name), network.parameters(opened))
    with_numpy = loaded.probabilities(images(letters))
    alone = [pure.probabilities(opened, letter) for letter in letters]
    numpy.testing.assert_allclose(with_numpy, alone, rtol=1e-4, atol=1e-6)
    one = loaded.probabilities(images(letters[:1]))
    numpy.testing.assert_allclose(one, with_numpy[:1], rtol=1e-4, atol=1e-6)
    nothing = loaded.probabilities(images([]))
    assert nothing.shape == (0, 33)
    assert nothing.dtype == numpy.float32


def test_batches_do_not_change_the_result(monkeypatch):
    letters = images(pictures(7))
    reader = Classifier(pack.parse(packs.pack("F32")), "numpy")
    whole = reader.predict(letters)
    monkeypatch.setattr(network, "BATCH_SIZE", 3)
    assert numpy.allclose(reader.predict(letters), whole, atol=1e-7)
    assert reader.predict(letters[:0]).shape == (0, 33)


def test_paper_is_exactly_zero_ink_and_black_exactly_one():
    image = numpy.full((1, 28, 28), 255, numpy.uint8)
    image[0, 0, 0] = 0
    inks = network.ink(image)
    assert inks.dtype == numpy.float32
    assert inks[0, 0] == 1
    assert not inks[0, 1:].any()


def test_predict_refuses_what_is_no_batch_of_pictures():
    reader = Classifier(pack.parse(packs.pack()))
    for pictures in (numpy.zeros((1, 28, 28)), numpy.zeros((28, 28), numpy.uint8)):
        with pytest.raises(ValueError, match=r"expected uint8 \(n, 28, 28\)"):
            reader.predict(pictures)


def test_large_numbers_stay_finite_in_every_function():
    """Weights may be so large that an exponential without a bound would be no number."""
    letter = b"\0" * 784
    for name in packs.FUNCTIONS:
        described = packs.network(name)
        shapes = pack.parameter_shapes(described)
        weights = {
            name: (300 if name == "convolution_1/weights" else 0.01)
            for name in shapes
            if not name.endswith("/variance")
        }
        data = b"".join(
            struct.pack("<f", weights.get(name, 1.0)) * math.prod(shape)
            for name, shape in shapes.items()
        )
        opened = pack.parse(packs.pack("F32", shapes, data, network=described))
        loaded = network.Network(described, network.parameters(opened))
        alone = pure.probabilities(opened, letter)
        numpy.testing.assert_allclose(
            loaded.probabilities(images([letter]))[0], alone, rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize(
    "name, parameter, number",
    [
        ("batch_normalization", "variance", -1.0),
        ("batch_normalization", "variance", math.nan),
        ("batch_normalization", "mean", math.inf),
        ("prelu", "slopes", math.nan),
        ("prelu", "slopes", -math.inf),
    ],
)
def test_parameters_of_which_no_number_comes_are_refused(name, parameter, number):
    opened = packs.convolutional(name, "F32")
    data = bytearray(opened.data)
    struct.pack_into("<f", data, opened.tensors[f"{name}_1/{parameter}"].offset, number)
    opened = opened._replace(data=bytes(data))
    with pytest.raises(pack.PackError, match="no numbers"):
        pure.probabilities(opened, b"\0" * 784)
    with pytest.raises(pack.PackError, match="no numbers"):
        network.Network(packs.network(name), network.parameters(opened))
