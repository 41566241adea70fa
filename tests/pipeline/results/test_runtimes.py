"""Runtimes that disagree are found: in a probability, or in the letter."""

import numpy
import pytest

import edge
from edge import views
from pipeline.errors import PipelineError
from pipeline.files import EXPORT
from pipeline.results.runtimes import classified, largest_difference

TOLERANCE = 1e-5


@pytest.fixture
def runtimes():
    """What three runtimes have read alike in four letters, the last of them in two alone."""
    shares = numpy.full((4, 33), 0.2 / 31)
    shares[:, 3], shares[:, 5] = 0.5, 0.3
    return {"edge": shares, "onnx": shares.copy(), "pure": shares[:2].copy()}


def test_what_classify_names_is_the_likeliest_class_of_all_views(exported):
    folder = EXPORT / "fp16"
    images = numpy.random.default_rng(1).integers(0, 256, (20, 28, 28), numpy.uint8)
    shown = [views.with_others(image.tobytes()) for image in images]
    pictures = numpy.frombuffer(b"".join(map(b"".join, shown)), numpy.uint8)
    shares = edge.load(folder / "letters.safetensors").predict(pictures.reshape(-1, 28, 28))
    # A network that has learned nothing is sure of none.
    assert shares.max() < 0.95
    expected = shares.reshape(20, -1, shares.shape[1]).mean(axis=1).argmax(axis=1)
    assert classified(folder, images).tolist() == expected.tolist()


def test_the_largest_difference_of_all_runtimes_is_returned(runtimes):
    runtimes["onnx"][3, 0] += 2e-6
    runtimes["pure"][1, 7] -= 7e-6
    assert largest_difference("here", runtimes, TOLERANCE) == pytest.approx(7e-6)
    assert largest_difference("here", {"edge": runtimes["edge"]}, TOLERANCE) == 0


@pytest.mark.parametrize("away", [2e-5, -2e-5, numpy.nan])
@pytest.mark.parametrize("name", ["onnx", "pure"])
def test_a_probability_further_away_than_the_tolerance_is_refused(runtimes, name, away):
    runtimes[name][1, 8] += away
    with pytest.raises(PipelineError, match=rf"^here: {name} and edge disagree: .*most 1e-05"):
        largest_difference("here", runtimes, TOLERANCE)


def test_a_clear_letter_read_as_another_is_refused_whatever_the_tolerance(runtimes):
    runtimes["onnx"][2, 3], runtimes["onnx"][2, 5] = 0.39, 0.41
    with pytest.raises(PipelineError, match="and 1 clear letters read differently"):
        largest_difference("here", runtimes, 0.15)


def test_two_letters_nearer_than_the_tolerance_may_change_places(runtimes):
    for shares in runtimes.values():
        shares[0, 3] = shares[0, 5] = 0.4
    runtimes["onnx"][0, 5] += 5e-6
    assert largest_difference("here", runtimes, TOLERANCE) == pytest.approx(5e-6)
