"""A photograph shows what its scene says, and what `edge` reads of it is counted."""

import json
from pathlib import Path

import numpy
import pytest
from PIL import Image

from pipeline import photographs, processes
from pipeline.photographs import SCENES, Scene, photograph

RESULTS = [Path("metrics/photographs.json"), Path("plots/photographs.png")]


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


def test_what_is_read_in_every_scene_is_counted_and_drawn(exported, monkeypatch):
    chosen = {"clean": SCENES["clean"], "blank": Scene(pen=photographs.PAPER)}
    monkeypatch.setattr(photographs, "SCENES", chosen)
    monkeypatch.setattr(
        processes, "map_all", lambda function, items, *_: list(map(function, items))
    )
    section = exported.photographs.model_copy(update={"letters_per_class": 1})
    params = exported.model_copy(update={"photographs": section})
    photographs.run(params)
    first = [path.read_bytes() for path in RESULTS]
    report = json.loads(first[0])
    assert list(report) == ["strokes"]
    assert report["strokes"]["blank"] == 0
    assert 0 <= report["strokes"]["clean"] <= 1
    with Image.open(RESULTS[1]) as sheet:
        assert sheet.width == 1320
    photographs.run(params)
    assert [path.read_bytes() for path in RESULTS] == first
