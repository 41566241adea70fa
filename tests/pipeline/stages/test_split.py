"""Training and test sets: sizes, disjointness, and who wrote what."""

import numpy
import pytest

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import comnist, strokes
from pipeline.data.letters import CleanLetters, read_split
from pipeline.errors import PipelineError
from pipeline.files import METRICS, read_json
from pipeline.params import Split
from pipeline.stages import split
from tests.support.workplace import clean_strokes, remains

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
    training, test = (read_split(method, part)["strokes"] for part in ("train", "test"))
    with numpy.load("data/clean/strokes.npz") as arrays:
        assert names(training) | names(test) == set(arrays["names"].tolist())
    assert not names(training) & names(test)
    assert numpy.bincount(test.labels).tolist() == [10] * len(RUSSIAN)
    assert numpy.bincount(training.labels).tolist() == [PER_CLASS - 10] * len(RUSSIAN)
    assert numpy.bincount(training.labels[training.validation]).tolist() == [6] * len(RUSSIAN)
    for letters in (training, test):
        assert letters.images.dtype == numpy.uint8
        for name, label in zip(letters.names, letters.labels, strict=True):
            assert int(name.decode().split("/")[0]) == label
        assert (numpy.diff(letters.labels.astype(int)) < 0).any(), "not shuffled"
    sets = read_json(METRICS / method / "split.json")["strokes"]
    sizes = {part: counted["letters"] for part, counted in sets.items()}
    assert sizes == {"training": 24 * 33, "validation": 6 * 33, "test": 10 * 33}


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
    training, test = (read_split("tail", part)["strokes"] for part in ("train", "test"))

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


def clean(runs, labels):
    """Return clean letters captured in the order given, whose names are their positions."""
    count = len(labels)
    return CleanLetters(
        images=numpy.zeros((count, 28, 28), numpy.uint8),
        labels=numpy.array(labels, numpy.uint8),
        names=numpy.array([b"%d" % number for number in range(count)]),
        runs=numpy.array(runs, numpy.bytes_),
        positions=numpy.arange(count),
    )


def divided(corpus, letters, **shares):
    """Return the positions of what is learned from, validated on and tested on."""
    usual = {"method": "tail", "test_per_letter": 10, "session_test_share": 0.5}
    shares = Split(**{**usual, "folder_test_share": 0.2, **shares})
    training, test = split.divide(corpus, [*RUSSIAN], letters, shares, "tail", 1)
    names = training.names[~training.validation], training.names[training.validation], test.names
    return [sorted(map(int, part)) for part in names]


def test_runs_of_unequal_length_share_the_test_set_in_proportion():
    runs = ["a"] * 75 + ["b"] * 25
    letters = clean(runs * len(RUSSIAN), numpy.repeat(numpy.arange(len(RUSSIAN)), len(runs)))
    *_, tested = divided(strokes.CORPUS, letters, validation_share=0.1)
    # Of ten 7.5 and 2.5: the half goes to the first.
    expected = [*range(67, 75), 98, 99]
    assert tested == [100 * number + place for number in range(len(RUSSIAN)) for place in expected]


SHEET = range(len(RUSSIAN))


def test_a_session_of_one_letter_can_be_all_that_is_validated_on():
    letters = clean(["1"] * 33 + ["2"] + ["3"] * 33, [*SHEET, 7, *SHEET])
    learned, validated, tested = divided(
        comnist.CORPUS, letters, session_test_share=0.01, validation_share=0.001
    )
    assert (learned, validated, tested) == ([*range(33)], [33], [*range(34, 67)])


@pytest.mark.parametrize(
    ("share", "sessions"), [(0.01, 1), (0.37, 1), (0.38, 2), (0.62, 2), (0.7, 3)]
)
def test_the_newest_sessions_whose_part_is_nearest_the_share_are_tested_on(share, sessions):
    # The fourth of the five is of nobody knows when, and is learned from.
    runs = numpy.repeat(["1", "2", "3", "untimed", "4"], 33)
    *_, tested = divided(
        comnist.CORPUS, clean(runs, [*SHEET] * 5), session_test_share=share, validation_share=0.01
    )
    assert tested == [*range(33 * (4 - sessions), 99), *range(132, 165)]


def test_too_many_test_letters_are_refused_with_the_scarcest_letter(cleaned, set_params, workplace):
    before = remains(workplace)
    said = rf"^params\.yaml: split\.test_per_letter: %d, .*{PER_CLASS} pictures of А,"
    for wanted in (6000, PER_CLASS, PER_CLASS - 1):
        with pytest.raises(PipelineError, match=said % wanted):
            split.run(set_params(split__test_per_letter=wanted), "random")
    assert remains(workplace) == before


def test_one_letter_to_learn_from_and_one_to_validate_on_is_enough(cleaned, set_params):
    split.run(set_params(split__test_per_letter=PER_CLASS - 2), "random")
    training = read_split("random", "train")["strokes"]
    for held in (True, False):
        labels = training.labels[training.validation == held]
        assert numpy.bincount(labels).tolist() == [1] * len(RUSSIAN)
