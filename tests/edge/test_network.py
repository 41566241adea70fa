"""Both forward passes, with NumPy and without, compute the same."""

import random

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
@pytest.mark.parametrize("name", packs.CONVOLUTIONS)
def test_numpy_and_pure_convolve_alike(name, dtype):
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
