"""Letters as arrays: taken, joined, repeated, written and read."""

import numpy
import pytest

from pipeline.data import letters
from pipeline.data.letters import (
    METHODS,
    CleanLetters,
    Letters,
    drawn,
    joined,
    of_both_trainings,
    read_clean,
    read_composed,
    read_split,
    repeated,
)
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, COMPOSED, SPLIT
from tests.support.workplace import remains


def some(labels, validation=(), start=0):
    """Return letters that differ in every field; those at the places `validation` are held back."""
    numbers = start + numpy.arange(len(labels))
    return Letters(
        images=numpy.full((len(labels), 28, 28), numbers[:, None, None], numpy.uint8),
        labels=numpy.array(labels, numpy.uint8),
        names=numpy.array([b"%d/%d.png" % pair for pair in zip(labels, numbers, strict=True)]),
        runs=numpy.array([b"run %d" % number for number in numbers]),
        validation=numpy.isin(numpy.arange(len(labels)), validation),
    )


def rows(found):
    """Return the letters as rows, and check that all of a row belongs together."""
    for image, label, name, run in zip(*found[:4], strict=True):
        assert name == b"%d/%d.png" % (label, image[0, 0])
        assert run == b"run %d" % image[0, 0]
    return found.images[:, 0, 0].tolist()


def test_rows_are_taken_by_number_and_by_mask():
    found = some([4, 5, 6], validation=[2])
    assert rows(found.take([2, 0, 0])) == [2, 0, 0]
    assert found.take([2, 0, 0]).validation.tolist() == [True, False, False]
    assert rows(found.take(found.labels > 4)) == [1, 2]


def test_joined_letters_stand_one_corpus_after_the_other_with_its_name():
    both, corpora = joined({"b": some([1, 2], validation=[1]), "a": some([7], start=50)})
    assert rows(both) == [0, 1, 50]
    assert both.validation.tolist() == [False, True, False]
    assert corpora.tolist() == ["b", "b", "a"]
    assert both.images.dtype == numpy.uint8


def test_letters_are_repeated_as_often_as_is_said_and_those_held_back_never():
    parts = {"once": some([1, 2]), "thrice": some([3, 4], validation=[1]), "never": some([5])}
    found = repeated(parts, {"thrice": 3, "never": 0})
    assert list(found) == ["once", "thrice"]
    assert rows(found["once"]) == [0, 1]
    assert rows(found["thrice"]) == [0, 0, 0, 1]
    assert found["thrice"].validation.tolist() == [False, False, False, True]


def test_a_recipe_that_leaves_no_corpus_is_refused():
    with pytest.raises(PipelineError, match=r"params\.yaml: repeats: nothing is left of a, b"):
        repeated({"a": some([1]), "b": some([2])}, {"a": 0, "b": 0})


def test_letters_are_drawn_of_all_corpora_alike():
    parts = {"few": some([1] * 3), "many": some([2] * 100, start=100)}
    found = drawn(parts, 40, numpy.random.default_rng(1))
    numbers = rows(found)
    assert numpy.bincount(found.labels).tolist() == [0, 20, 20]
    # As often as it must be, and those that need not be repeated are not; in no order.
    assert set(numbers) > {0, 1, 2}
    assert len({number for number in numbers if number >= 100}) == 20
    assert found.labels.tolist() != sorted(found.labels)
    assert rows(drawn(parts, 40, numpy.random.default_rng(1))) == numbers
    assert len(drawn(parts, 5, numpy.random.default_rng(1)).labels) == 5


def test_letters_of_both_trainings_are_none_that_any_split_tests_or_validates_with(workplace):
    every = some([1, 2, 3, 4, 5, 6])
    sets = {"random": ([0, 1, 2, 3, 4], [4], [5]), "tail": ([5, 3, 2, 1, 4], [1], [0])}
    for method, (learned, validation, test) in sets.items():
        train = every.take(learned)._replace(validation=numpy.isin(learned, validation))
        letters.write(SPLIT / method / "one" / "train.npz", train)
        letters.write(SPLIT / method / "one" / "test.npz", every.take(test))
    (found,) = of_both_trainings().values()
    assert rows(found) == [2, 3]
    assert not found.validation.any()


@pytest.mark.slow
def test_the_real_splits_share_most_of_their_training():
    """Where the corpora are at hand: what the ink is learned from is in no test set."""
    if not all((SPLIT / method).is_dir() for method in METHODS):
        pytest.skip("no corpora here")
    for corpus, part in of_both_trainings().items():
        kept = set(part.names)
        for method in METHODS:
            assert not kept & set(read_split(method, "test")[corpus].names)
            train = read_split(method, "train")[corpus]
            assert not kept & set(train.names[train.validation])
        assert len(kept) > 0.5 * len(train.names)


def test_what_was_written_is_read_by_corpus(workplace):
    written = {"one": some([3, 1], validation=[0]), "two": some([2], start=9)}
    for corpus, part in written.items():
        letters.write(SPLIT / "tail" / corpus / "train.npz", part)
        letters.write(SPLIT / "tail" / corpus / "test.npz", some([32]))
        letters.write(CLEAN / f"{corpus}.npz", CleanLetters(*part[:4], numpy.arange(len(part[0]))))
    for found, kind in ((read_split("tail", "train"), Letters), (read_clean(), CleanLetters)):
        assert list(found) == ["one", "two"]
        for corpus, part in found.items():
            assert isinstance(part, kind)
            assert rows(part) == rows(written[corpus])
            for one, other in zip(part[:4], written[corpus][:4], strict=True):
                assert one.dtype == other.dtype
    assert read_split("tail", "train")["one"].validation.tolist() == [True, False]
    assert read_split("tail", "test")["two"].labels.tolist() == [32]
    assert read_clean()["one"].positions.tolist() == [0, 1]
    letters.write(COMPOSED, written["one"])
    assert rows(read_composed()) == rows(written["one"])
    assert not [name for name in remains(workplace) if "tmp" in name]


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (read_clean, r"^data/clean: no letters; run the stage `clean` first$"),
        (read_composed, r"^data/composed\.npz: not found; run the stage `compose` first$"),
        (lambda: read_split("tail", "test"), r"^data/split/tail: not found; .* `split` first$"),
    ],
)
def test_letters_that_are_not_there_are_asked_for(workplace, read, said):
    with pytest.raises(PipelineError, match=said):
        read()
