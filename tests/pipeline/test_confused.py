"""Which letters are taken for one another is counted in both directions and drawn."""

import numpy
import pytest

from pipeline import pictures
from pipeline.stages.evaluate import PAIRS, most_confused


def test_a_pair_counts_in_both_directions_and_the_most_frequent_comes_first():
    confusion = numpy.diag([9, 9, 9, 9])
    confusion[0, 1], confusion[3, 2], confusion[2, 3], confusion[2, 0] = 3, 2, 2, 1
    assert most_confused(confusion) == [(2, 3), (0, 1), (0, 2)]


def test_only_the_most_frequent_pairs_are_told():
    assert most_confused(numpy.ones((33, 33), int)) == [(0, 1 + n) for n in range(PAIRS)]
    assert most_confused(numpy.diag(range(33))) == []


@pytest.mark.parametrize("pairs", [[(0, 1), (2, 3)], []])
def test_the_picture_of_misread_letters_is_the_same_each_time(tmp_path, pairs):
    generator = numpy.random.default_rng(1)
    images = generator.integers(0, 256, (20, 28, 28), numpy.uint8)
    labels, shares = numpy.arange(20) % 4, generator.random((20, 33))
    shares[:, 4:] = 0
    corpora = numpy.array(["comnist"] * 20)
    for name in ("a.png", "b.png"):
        pictures.draw_confused(tmp_path / name, images, labels, shares, corpora, {"comnist": pairs})
    first, second = (tmp_path / name for name in ("a.png", "b.png"))
    assert first.read_bytes() == second.read_bytes()
