"""Predictions are kept as they are, and the tables made of them count every letter once."""

import numpy
import pytest

from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.results import predictions
from pipeline.results.predictions import (
    DEPLOYED,
    UNKNOWN,
    Predictions,
    claims,
    most_confused,
    surest_mistakes,
)

# What is read in six letters of two corpora, and how surely.
READ = [(0, 0.9), (1, 0.5), (2, 0.6), (3, 0.8), (3, 0.7), (5, 0.95)]


@pytest.fixture
def six():
    shares = numpy.zeros((6, 33), numpy.float32)
    for row, (label, share) in enumerate(READ):
        shares[row, label] = share
    return Predictions(
        corpora=numpy.array(["cyrillic-mnist"] * 4 + ["comnist"] * 2),
        labels=numpy.array([0, 1, 1, 0, 3, 4], numpy.uint8),
        names=numpy.array([b"0/a", b"1/b", b"1/c", b"0/d", b"3/e", b"4/f"]),
        runs=numpy.array([b"uppercase", b"lowercase", b"uppercase", b"lowercase", b"58", b"59"]),
        probabilities={DEPLOYED: shares, "fp16/pure": shares[:3]},
    )


def test_what_was_written_is_read(six, workplace):
    predictions.write("random", six)
    again = predictions.read("random")
    for one, other in zip(six[:-1], again[:-1], strict=True):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()
    assert list(again.probabilities) == list(six.probabilities)
    for name, shares in six.probabilities.items():
        assert again.probabilities[name].tobytes() == shares.tobytes()
    with pytest.raises(PipelineError, match=r"tail\.npz: not found; run the stage `evaluate`"):
        predictions.read("tail")


def test_a_corpus_has_its_own_letters_and_the_runtimes_that_read_them_all(six):
    assert six.kinds == {"cyrillic-mnist": "scans", "comnist": "touch"}
    touch = six.of("comnist")
    assert touch.names.tolist() == [b"3/e", b"4/f"]
    assert list(touch.probabilities) == [DEPLOYED]
    assert touch.classes().tolist() == [3, 5]
    assert (six.of("cyrillic-mnist").accuracy(), touch.accuracy()) == (0.5, 0.5)


def test_only_a_corpus_without_sessions_tells_the_case(six):
    scans = six.of("cyrillic-mnist")
    assert scans.cases("cyrillic-mnist").tolist() == ["uppercase", "lowercase"] * 2
    assert six.of("comnist").cases("comnist").tolist() == [UNKNOWN] * 2


def test_the_confusion_has_a_row_for_what_a_letter_is(six):
    counts = six.confusion()
    assert counts.sum() == 6
    assert numpy.argwhere(counts).tolist() == [[0, 0], [0, 3], [1, 1], [1, 2], [3, 3], [4, 5]]


def test_the_surest_mistakes_come_first(six):
    assert surest_mistakes(six).tolist() == [5, 3, 2]
    assert surest_mistakes(six, 1).tolist() == [5]


def test_a_pack_claims_the_accuracy_at_fp16_on_every_test_set_of_both_splits(workplace):
    for method, scans, touch in (("random", 0.9, 0.8), ("tail", 0.7, 0.6)):
        accuracy = {"scans": {"fp32": 1, "fp16": scans}, "touch": {"fp32": 1, "fp16": touch}}
        write_json(workplace / f"metrics/{method}/evaluate.json", {"accuracy": accuracy})
    assert claims() == {"scans": 0.9, "touch": 0.8, "scans-tail": 0.7, "touch-tail": 0.6}


def test_a_confused_pair_counts_in_both_directions_and_only_the_most_frequent_are_returned():
    confusion = numpy.diag([9, 9, 9, 9])
    confusion[0, 1], confusion[3, 2], confusion[2, 3], confusion[2, 0] = 3, 2, 2, 1
    assert most_confused(confusion, 8) == [(2, 3), (0, 1), (0, 2)]
    assert most_confused(numpy.ones((33, 33), int), 8) == [(0, 1 + n) for n in range(8)]
    assert most_confused(numpy.diag(range(33)), 8) == []
