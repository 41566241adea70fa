"""A photograph shows what its scene says, and what `edge` reads of it is counted."""

import json

import numpy
import pytest
from PIL import Image

import edge
from edge import pack
from edge.alphabet import LETTERS
from pipeline import parallel
from studies.strangers import RESULTS, originals, photographs
from studies.strangers.photographs import SCENES, Scene, photograph
from tests.support.workplace import in_this_process

FILES = [RESULTS / "photographs.json", RESULTS / "photographs.png"]


def taken(letter, scene):
    picture = photograph(letter, scene, numpy.random.default_rng(3))
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == numpy.uint8
    return picture.astype(float)


def box(picture):
    dark = picture.mean(axis=2) < 130
    rows, columns = (numpy.flatnonzero(dark.any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
def test_a_letter_is_as_large_as_the_scene_says_and_stands_in_the_middle(letter, scale):
    top, bottom, left, right = box(taken(letter, Scene(scale=scale)))
    assert max(bottom - top, right - left) == pytest.approx(150 * scale, abs=3)
    assert (top + bottom) / 2 == pytest.approx(240, abs=2)
    assert (left + right) / 2 == pytest.approx(320, abs=2)


def test_a_letter_stands_off_the_middle_but_on_the_paper(letter):
    top, bottom, left, right = box(taken(letter, Scene(offset=0.3)))
    assert (left + right) / 2 == pytest.approx(0.8 * 640, abs=2)
    assert (top + bottom) / 2 == pytest.approx(0.8 * 480, abs=2)
    assert box(taken(letter, Scene(scale=2, offset=0.3)))[1] == pytest.approx(476, abs=2)


def test_light_rules_edges_and_ink_are_those_of_the_scene(letter):
    clean = taken(letter, Scene())
    assert taken(letter, Scene(light="side")).mean() == pytest.approx(0.75 * clean.mean(), rel=0.1)
    ruled = taken(letter, Scene(rules=photographs.DARK))
    assert (ruled[:, 5, 0] < 150).mean() == pytest.approx(2 / 36, abs=0.03)
    assert abs(ruled[:, 5] - ruled[:, 634]).mean() < 5
    squared = taken(letter, Scene(rules=photographs.DARK, spacing=(20, 20)))
    assert (squared[5, :, 0] < 150).mean() == pytest.approx(2 / 20, abs=0.06)
    assert taken(letter, Scene(edge=25))[:, :20].mean() < 40
    yellow = taken(letter, Scene(pen=(235, 205, 40)))
    assert yellow[..., 0].min() > 150 > yellow[..., 2].min()
    numpy.testing.assert_array_equal(taken(letter, Scene(inverted=True)), 255 - clean)


def test_every_scene_is_measured_and_drawn(exported, set_study, monkeypatch):
    set_study("strangers", photographs={"letters_per_class": 1})
    chosen = {"clean": SCENES["clean"], "blank": Scene(pen=photographs.PAPER)}
    monkeypatch.setattr(photographs, "SCENES", chosen)
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    photographs.run(exported)
    first = [path.read_bytes() for path in FILES]
    report = json.loads(first[0])
    assert report["pack"] == pack.read(originals.PACK).description["sha256"]
    assert report["kinds"] == ["strokes"]
    assert list(report["scenes"]) == ["clean", "blank"]
    assert report["scenes"]["blank"] == {"strokes": 0}
    # One letter of each class: what is counted is their share.
    assert report["scenes"]["clean"]["strokes"] * 33 == pytest.approx(right(exported), abs=1e-9)
    with Image.open(FILES[1]) as sheet:
        assert sheet.width == 1320
    photographs.run(exported)
    assert [path.read_bytes() for path in FILES] == first


def right(params):
    """Count the clean letters that the pack reads, one by one."""
    classifier = edge.load(originals.PACK)
    chosen = [each for each in originals.originals(params) if each.number_in_class == 0]
    assert len(chosen) == 33
    count = 0
    for each in chosen:
        found = classifier.classify_all(photograph(each.read(), SCENES["clean"], each.rng()))
        count += [one.letter for one in found] == [LETTERS[each.label]]
    return count
