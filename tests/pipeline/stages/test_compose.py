"""Letters on papers are found and labelled; none and several are no letter."""

import numpy
import pytest

from edge.finding import LOOKS, Finder
from edge.preparation import PictureError
from pipeline import parallel
from pipeline.data.letters import (
    METHODS,
    NO_LETTER,
    joined,
    of_both_trainings,
    read_composed,
    read_split,
)
from pipeline.files import COMPOSED
from pipeline.stages import compose, split
from tests.support.ink import write_dark
from tests.support.workplace import clean_strokes, in_this_process

COUNT = 60


@pytest.fixture
def found(workplace, set_params, monkeypatch):
    """Compose with these parameters, and return the letters that are written."""
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    clean_strokes(12)
    params = set_params(split__test_per_letter=4, compose__letters=COUNT)
    for method in METHODS:
        split.run(params, method)
    write_dark()

    def run(**shares):
        named = {f"papers__{name}": share for name, share in shares.items()}
        if "several" in shares:
            named["compose__several"] = shares["several"]
        compose.run(set_params(**named))
        return read_composed()

    return run


def test_letters_keep_their_class_and_the_pictures_show_them(found, monkeypatch):
    used = []

    def composed(images, rng, papers):
        used.extend(images)
        # A letter drawn with a ruler would be another one than its label says.
        assert papers.drafted == 0
        return real(images, rng, papers)

    def inks(self, pixels, chosen):
        seen.append(False)
        looks.update(chosen)
        marked = find(self, pixels, chosen)
        seen[-1] = True
        return marked

    seen, looks, find, real = [], set(), Finder.inks, compose.composed
    monkeypatch.setattr(compose, "composed", composed)
    monkeypatch.setattr(Finder, "inks", inks)
    plain = dict.fromkeys(("none", "several", "inverted", "desk", "frame", "rules", "shadow"), 0.0)
    letters = found(**plain, neighbour=0.0, lamp=0.0, falling=0.0)
    # A pale pen may be missed.
    assert len(letters.labels) == sum(seen) > 0.9 * COUNT
    assert len(used) == COUNT
    assert looks == set(LOOKS)
    used = [image for image, kept in zip(used, seen, strict=True) if kept]
    (learned, _) = joined(of_both_trainings())
    labels = {image.tobytes(): label for image, label in zip(*learned[:2], strict=True)}
    # What was composed is what comes out, in the same order.
    assert letters.labels.tolist() == [labels[image.tobytes()] for image in used]
    assert letters.images.shape == (len(used), 28, 28)
    alike = [
        numpy.corrcoef(one.ravel(), other.ravel())[0, 1]
        for one, other in zip(letters.images, used, strict=True)
    ]
    assert numpy.median(alike) > 0.5
    assert (letters.images.min(axis=(1, 2)) == 0).all()
    for method in METHODS:
        test, _ = joined(read_split(method, "test"))
        assert not {image.tobytes() for image in test.images} & {image.tobytes() for image in used}


@pytest.mark.parametrize("name", ["none", "several"])
def test_none_and_several_are_no_letter(found, name):
    letters = found(**{"none": 0.0, "several": 0.0, name: 1.0})
    assert len(letters.labels) > COUNT // 4
    assert (letters.labels == NO_LETTER).all()


def test_some_letters_choose_the_epoch_and_nothing_else_does(found, set_params):
    set_params(split__validation_share=0.25)
    letters = found(none=0.2, several=0.2)
    last = numpy.arange(len(letters.labels)) >= 0.75 * len(letters.labels)
    assert numpy.array_equal(letters.validation, last & (letters.labels != NO_LETTER))
    assert 0 < letters.validation.sum() < last.sum()


def test_the_same_parameters_give_the_same_bytes_and_another_seed_others(found, set_params):
    found()
    first = COMPOSED.read_bytes()
    found()
    assert COMPOSED.read_bytes() == first
    compose.run(set_params(seed=2))
    assert COMPOSED.read_bytes() != first


def test_where_nothing_is_found_nothing_is_kept(found, monkeypatch):
    seen = []

    def inks(self, pixels, looks):
        seen.append(pixels)
        if len(seen) <= 20 or len(seen) % 2:
            raise PictureError("no letter found")
        # The real one may find nothing by itself.
        marked = numpy.zeros((self.side, self.side), numpy.uint8)
        marked[10:30, 20:24] = 255
        return [marked.tobytes()]

    monkeypatch.setattr(Finder, "inks", inks)
    # All of the first chunk is blank.
    monkeypatch.setattr(compose, "CHUNK", 20)
    assert len(found(none=0.0).labels) == (COUNT - 20) // 2
