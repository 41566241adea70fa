"""Training and test sets: sizes, disjointness, and who wrote what."""

import numpy
import pytest

from edge.alphabet import LETTERS
from pipeline.errors import PipelineError
from pipeline.stages import split
from tests.pipeline.conftest import clean_strokes, remains

PER_CLASS = 40


@pytest.fixture
def cleaned(workplace, set_params):
    clean_strokes(PER_CLASS)
    return set_params(split__test_per_letter=10, split__validation_share=0.2)


def names(letters):
    return set(letters.names.tolist())


@pytest.mark.parametrize("method", ["random", "tail"])
def test_sets_are_disjoint_complete_and_balanced(cleaned, method):
    split.run(cleaned, method)
    training, test = (split.read(method, part)["strokes"] for part in ("train", "test"))
    with numpy.load("data/clean/strokes.npz") as arrays:
        assert names(training) | names(test) == set(arrays["names"].tolist())
    assert not names(training) & names(test)
    assert numpy.bincount(test.labels).tolist() == [10] * len(LETTERS)
    assert numpy.bincount(training.labels).tolist() == [PER_CLASS - 10] * len(LETTERS)
    assert numpy.bincount(training.labels[training.validation]).tolist() == [6] * len(LETTERS)
    for letters in (training, test):
        assert letters.images.dtype == numpy.uint8
        for name, label in zip(letters.names, letters.labels, strict=True):
            assert int(name.decode().split("/")[0]) == label
        assert (numpy.diff(letters.labels.astype(int)) < 0).any(), "not shuffled"


@pytest.mark.parametrize("method", ["random", "tail"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_split(
    cleaned, method, workplace, set_params
):
    folder = workplace / "data/split" / method / "strokes"
    sets = []
    for seed in (1, 1, 2):
        split.run(set_params(seed=seed), method)
        sets.append((folder / "train.npz").read_bytes())
    assert sets[0] == sets[1] != sets[2]


def test_tail_tests_on_the_end_of_every_run_and_validates_on_what_precedes_it(cleaned):
    split.run(cleaned, "tail")
    training, test = (split.read("tail", part)["strokes"] for part in ("train", "test"))

    def positions(chosen, label, case):
        found = [name.decode() for name in chosen if name.startswith(f"{label}/".encode())]
        return [int(name.split("_")[2]) for name in found if name.endswith(f"{case}.png")]

    for label in (0, 6):
        for case in "UL":
            learned = positions(training.names[~training.validation], label, case)
            validated = positions(training.names[training.validation], label, case)
            tested = positions(test.names, label, case)
            assert len(tested) == 5
            assert max(learned) < min(validated) <= max(validated) < min(tested)


def test_runs_of_unequal_length_share_the_test_set_in_proportion():
    labels = numpy.zeros(100, numpy.uint8)
    runs = numpy.array(["a"] * 75 + ["b"] * 25)
    held = split._hold_out(labels, runs, numpy.arange(100), [10], "tail", None)
    assert held.nonzero()[0].tolist() == [*range(67, 75), 98, 99]


def test_too_many_test_letters_are_refused_with_the_scarcest_letter(cleaned, set_params, workplace):
    before = remains(workplace)
    for wanted in (6000, PER_CLASS, PER_CLASS - 1):
        with pytest.raises(
            PipelineError, match=rf"split\.test_per_letter: {wanted}, .*{PER_CLASS} pictures of А"
        ):
            split.run(set_params(split__test_per_letter=wanted), "random")
    assert remains(workplace) == before
