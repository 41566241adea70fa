"""Both forward passes, with NumPy and without, compute the same."""

import random

import pytest

from edge import classifier, pack, pure
from tests.edge import packs

numpy = pytest.importorskip("numpy")


def opened(tmp_path, dtype):
    path = tmp_path / f"{dtype}.safetensors"
    path.write_bytes(packs.pack(dtype))
    return path


def pictures(count):
    generator = random.Random(1)
    return [
        bytes(generator.randrange(256) if generator.random() < 0.3 else 255 for _ in range(784))
        for _ in range(count)
    ]


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_numpy_and_pure_give_the_same_probabilities(tmp_path, dtype):
    path = opened(tmp_path, dtype)
    letters = [*pictures(20), b"\xff" * 784, b"\0" * 784]
    images = numpy.frombuffer(b"".join(letters), numpy.uint8).reshape(-1, 28, 28)
    with_numpy = classifier.load(path, "numpy").predict(images)
    alone = numpy.array([pure.probabilities(pack.read(path), letter) for letter in letters])
    assert with_numpy.dtype == numpy.float32
    assert abs(with_numpy - alone).max() < 1e-6
    assert abs(with_numpy.sum(axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("dtype", ["F16", "F32"])
@pytest.mark.parametrize("name", packs.CONVOLUTIONS)
def test_numpy_and_pure_convolve_alike(name, dtype):
    from edge import network

    description = packs.network(name)
    shapes = pack.parameter_shapes(description)
    convolutional = pack.parse(packs.pack(dtype, shapes, network=description))
    letters = [*pictures(5), b"\xff" * 784, b"\0" * 784]
    images = numpy.frombuffer(b"".join(letters), numpy.uint8).reshape(-1, 28, 28)
    loaded = network.Network(description, network.parameters(convolutional))
    with_numpy = loaded.probabilities(images)
    alone = [pure.probabilities(convolutional, letter) for letter in letters]
    numpy.testing.assert_allclose(with_numpy, alone, rtol=1e-4, atol=1e-6)
    one = loaded.probabilities(images[:1])
    numpy.testing.assert_allclose(one, with_numpy[:1], rtol=1e-4, atol=1e-6)
    nothing = loaded.probabilities(images[:0])
    assert nothing.shape == (0, 33)
    assert nothing.dtype == numpy.float32


def test_batches_do_not_change_the_result(tmp_path, monkeypatch):
    from edge import network

    images = numpy.frombuffer(b"".join(pictures(7)), numpy.uint8).reshape(-1, 28, 28)
    reader = classifier.load(opened(tmp_path, "F32"), "numpy")
    whole = reader.predict(images)
    monkeypatch.setattr(network, "BATCH_SIZE", 3)
    assert numpy.allclose(reader.predict(images), whole, atol=1e-7)
    assert reader.predict(images[:0]).shape == (0, 33)


def test_paper_is_exactly_zero_ink_and_black_exactly_one():
    from edge.ink import ink

    image = numpy.full((1, 28, 28), 255, numpy.uint8)
    image[0, 0, 0] = 0
    inks = ink(image)
    assert inks.dtype == numpy.float32
    assert inks[0, 0] == 1
    assert not inks[0, 1:].any()


def test_predict_refuses_what_is_no_batch_of_pictures(tmp_path):
    reader = classifier.load(opened(tmp_path, "F16"))
    with pytest.raises(ValueError, match=r"expected uint8 \(n, 28, 28\)"):
        reader.predict(numpy.zeros((1, 28, 28)))
    with pytest.raises(ValueError, match=r"expected uint8 \(n, 28, 28\)"):
        reader.predict(numpy.zeros((28, 28), numpy.uint8))
