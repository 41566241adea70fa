"""Examples of the network that finds ink: mirrored alike, and of all corpora alike."""

import numpy
import pytest

from edge.finding import parted, standardized
from pipeline import parallel
from pipeline.data.letters import Letters
from pipeline.training import finder
from tests.support.workplace import in_this_process

SIDE = 8


class Way:
    """A generator that says in which of the eight ways to mirror."""

    def __init__(self, way):
        self.way = way

    def integers(self, least, below):
        assert least <= self.way < below == 8
        return self.way


def joined(masks):
    """Undo `edge.finding.parted`."""
    count, _, height, width = masks.shape
    squares = masks.reshape(count, 2, 2, height, width).transpose(0, 3, 1, 4, 2)
    return squares.reshape(count, 2 * height, 2 * width)


def shown(way):
    """Return masks that also are pictures, both mirrored in one of the ways, and the masks."""
    masks = numpy.random.default_rng(5).integers(0, 256, (3, SIDE, SIDE), numpy.uint8)
    pictures = numpy.stack([masks, 255 - masks, masks // 2], axis=1)
    found = finder.mirrored(pictures, parted(masks), Way(way))
    return found[0], joined(found[1]) * 255, masks


@pytest.mark.parametrize("way", range(8))
def test_a_picture_and_its_mask_are_mirrored_and_turned_alike(way):
    pictures, again, masks = shown(way)
    again = numpy.rint(again).astype(numpy.uint8)
    alike = numpy.stack([again, 255 - again, again // 2], axis=1)
    numpy.testing.assert_allclose(pictures, standardized(alike), atol=1e-5)
    assert numpy.array_equal(numpy.sort(again.ravel()), numpy.sort(masks.ravel()))


def test_all_eight_ways_differ_and_the_first_changes_nothing():
    assert len({shown(way)[1].tobytes() for way in range(8)}) == 8
    assert numpy.array_equal(numpy.rint(shown(0)[1]), shown(0)[2])


@pytest.fixture
def parts():
    """Two corpora, one ten times as large; a picture's shade says which it is of."""
    found = {}
    for name, shade, count in (("few", 0, 30), ("many", 120, 300)):
        images = numpy.full((count, 28, 28), 255, numpy.uint8)
        images[:, 5:20, 8:14] = shade
        nothing = numpy.full(count, b"", numpy.bytes_)
        labels = numpy.arange(count, dtype=numpy.uint8) % 33
        found[name] = Letters(images, labels, nothing, nothing, labels > 99)
    return found


def test_examples_are_of_all_corpora_alike(parts, set_params, monkeypatch):
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    taken = []

    def composed(images, rng, papers):
        taken.append(images[:, 6, 9])
        return real(images, rng, papers)

    real = finder.composed
    monkeypatch.setattr(finder, "composed", composed)
    small = set_params(ink__scenes=40, ink__validation_scenes=20)
    training, validation = finder.examples(parts, small)
    side = small.ink.network["input_shape"][1]
    for (pictures, masks), count in ((training, 40), (validation, 20)):
        assert (pictures.shape, pictures.dtype) == ((count, 3, side, side), numpy.uint8)
        assert (masks.shape, masks.dtype) == ((count, 4, side // 2, side // 2), numpy.uint8)
    assert [(shades == 0).sum() for shades in taken] == [20, 10]
    again, _ = finder.examples(parts, small)
    assert all(map(numpy.array_equal, training, again))


def test_examples_do_not_depend_on_how_many_follow(parts, set_params, monkeypatch):
    """Each chunk has a generator of its own, in whichever process it is composed."""
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    monkeypatch.setattr(finder, "CHUNK", 16)
    small = set_params(ink__scenes=32, ink__validation_scenes=20)
    (pictures, _), (others, _) = finder.examples(parts, small)
    assert len(numpy.unique(pictures.reshape(32, -1), axis=0)) == 32
    assert not numpy.array_equal(pictures[:20], others)
