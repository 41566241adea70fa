"""A picture shows what its scene says, and what becomes of it is counted."""

import io
import json
from types import SimpleNamespace

import numpy
import pytest
from PIL import Image, ImageOps

import edge
from edge import pack
from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from studies.strangers import RESULTS, crowds, originals, scenes
from studies.strangers.layers import frame, lines, ruled, shadow
from studies.strangers.lettering import Page, box, shaped, written
from studies.strangers.outcome import outcome, shares
from studies.strangers.scenery import EMPTY, LARGE, SCENES, Scene
from tests.support.workplace import in_this_process

FILES = [RESULTS / "scenes.json", RESULTS / "scenes.png"]


def rng():
    return numpy.random.default_rng(3)


def taken(letter, scene):
    """Return the levels of a picture as they are before it is encoded."""
    return scene.pixels(written(letter, scene.page), rng())


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_a_file_of_its_size_and_mode_and_always_the_same(letter, name):
    scene = SCENES[name]
    file = scene.photograph(letter, rng())
    picture = Image.open(io.BytesIO(file))
    if name == "cut to the ink":
        assert max(picture.size) == pytest.approx(60, abs=2)
    else:
        assert picture.size == (scene.page.width, scene.page.height)
    clear = any(word in name for word in ("transparent", "window", "opacity"))
    assert picture.mode == ("RGBA" if clear else "RGB")
    photographed = scene.page.width in (640, 1600)
    assert picture.format == ("JPEG" if photographed else "PNG")
    assert scene.photograph(letter, rng()) == file


@pytest.mark.parametrize("name", EMPTY)
def test_a_picture_of_no_letter_is_drawn_without_ink(name):
    page = EMPTY[name].page
    file = EMPTY[name].draw(numpy.zeros((page.height, page.width), numpy.float32), rng())
    assert Image.open(io.BytesIO(file)).size == (page.width, page.height)


@pytest.mark.parametrize(
    "page", sorted({each.page for each in SCENES.values() if each.page.tall < 1})
)
def test_a_clean_letter_stays_readable(letter, page):
    file = Scene("clean", page).photograph(letter, rng())
    assert edge.load().classify(file).letter == "Г"


@pytest.mark.parametrize("tall", [0.2, 0.5, 1.0])
def test_a_letter_is_as_large_as_the_page_says_and_stands_where_it_says(letter, tall):
    top, bottom, left, right = box(written(letter, Page(640, 480, tall)))
    assert max(bottom - top, right - left) == pytest.approx(480 * tall, abs=2)
    assert (top + bottom) / 2 == pytest.approx(240, abs=2)
    assert (left + right) / 2 == pytest.approx(320, abs=2)
    top, bottom, left, right = box(written(letter, Page(640, 480, tall, 1.0, 0.0)))
    assert (top, right) == (0, 640)


def test_an_enlarged_edge_is_crisp_and_a_pen_makes_strokes_thicker(letter):
    ink = shaped(letter, 300)
    assert ((ink > 0.05) & (ink < 0.95)).mean() < 0.05
    width, thicker = (share[-50].sum() for share in (ink, shaped(letter, 300, 0.1)))
    # 6 of the letter's 50 pixels, and the pen's share of 300 more.
    assert width == pytest.approx(36, abs=4)
    assert thicker == pytest.approx(width + 30, abs=6)


def test_lines_stand_where_the_scene_says(letter):
    page = Page(160, 160)
    top, bottom, left, right = box(written(letter, page))
    picture = taken(letter, Scene("", page, under=(lines([1.2], [-0.8], (0, 0, 0)),)))
    dark = picture.mean(axis=2) < 200
    under, beside = bottom + 0.2 * (bottom - top), (left + right) / 2 - 0.8 * (bottom - top)
    assert abs(numpy.flatnonzero(dark[:, 5]) - under).max() < 2
    assert abs(numpy.flatnonzero(dark[5]) - beside).max() < 2
    squared = taken(letter, Scene("", page, under=(ruled(20, 20, (0, 0, 0)),)))
    for border in (squared[0, :, 0], squared[:, 0, 0]):
        # Between two lines or on one.
        starts = numpy.flatnonzero((border[1:] < 128) & (border[:-1] >= 128))
        assert set(numpy.diff(starts)) <= {20} or border.max() < 128


def test_frames_light_and_colours_are_those_of_the_scene(letter):
    framed = taken(letter, Scene("", over=(frame(2),)))
    assert not framed[:2].any()
    assert not framed[:, -2:].any()
    assert (framed[2, 2:-2] == 255).all()
    shaded = taken(letter, Scene("", LARGE, over=(shadow("right", 0.01),)))
    assert shaded[:, 0].min() > 254
    assert shaded[:, -1].mean() == pytest.approx(0.6 * 255, abs=1)
    yellow = taken(letter, SCENES["yellow ink"])
    assert yellow[..., 0].min() > 150 > yellow[..., 2].min()
    assert taken(letter, SCENES["white on black"])[0, 0].tolist() == [0, 0, 0]
    faint = taken(letter, SCENES["ink of 10% opacity"])
    assert faint[..., 3].max() == pytest.approx(25.5, abs=0.5)
    assert faint[..., 3].min() == 0


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_file_is_upright_as_its_exif_says(letter, orientation):
    file = SCENES[f"turned by eXIf {orientation}"].photograph(letter, rng())
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    drawing = Scene("clean", LARGE).photograph(letter, rng())
    numpy.testing.assert_array_equal(upright, Image.open(io.BytesIO(drawing)))
    assert not numpy.array_equal(Image.open(io.BytesIO(file)), upright)


class Stub:
    """A classifier that answers what it is told."""

    letters = RUSSIAN

    def __init__(self, answer):
        self.answer = answer

    def classify(self, file):
        if isinstance(self.answer, str):
            raise ValueError(self.answer)
        return self.answer


def test_answers_and_refusals_are_told_apart():
    ends = [
        outcome(Stub(answer), b"", 0)
        for answer in (
            SimpleNamespace(letter="А"),
            SimpleNamespace(letter="А", sure=False),
            SimpleNamespace(letter="Б", sure=True),
            SimpleNamespace(letter="Б", sure=False),
            "looks like 3 letters",
            "no letter found",
        )
    ]
    assert ends[:4] == ["right", "unsure, right", "wrong", "unsure, wrong"]
    assert ends[4:] == ["refused as several", "refused"]
    found = {name: round(6 * share) for name, share in shares(ends).items()}
    assert found == {"right": 2, "refused": 2, "several": 1, "unsure": 2, "wrong": 1}
    assert outcome(Stub(SimpleNamespace(letter="А")), b"") == "wrong"


@pytest.mark.parametrize("name", crowds.CROWDS)
def test_several_letters_are_as_many_and_as_far_apart_as_they_should_be(exported, name):
    letters = list(originals.originals(exported))

    def block(height):
        return numpy.ones((int(height), 40), numpy.float32)

    for number in range(5):
        ink, _ = crowds.CROWDS[name](block, number, rng())
        marked = ink.any(axis=1 if name == "two rows" else 0)
        edges = numpy.flatnonzero(numpy.diff(marked.astype(int)))
        gaps = numpy.diff(edges)[1::2]
        assert len(gaps) >= 1
        if name == "word":
            assert set(gaps) == {round(crowds.GAPS[number] * 80)}
        file = crowds.crowd(1, letters, name, number)
        assert file == crowds.crowd(1, letters, name, number)
        assert Image.open(io.BytesIO(file)).format == ("JPEG" if number % 2 else "PNG")


@pytest.mark.slow
def test_every_scene_is_measured_and_drawn(exported, set_study, monkeypatch):
    set_study(
        "strangers",
        scenes={"letters_per_class": 1, "pictures_of_none": 10, "pictures_of_several": 2},
    )
    chosen = {name: SCENES[name] for name in ("drawing", "turned by eXIf 6", "photograph")}
    monkeypatch.setattr(scenes, "SCENES", chosen)
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    scenes.run(exported)
    first = [path.read_bytes() for path in FILES]
    report = json.loads(first[0])
    assert report["pack"] == pack.read(originals.PACK).description["sha256"]
    assert list(report["scenes"]) == list(chosen)
    drawing, photograph = report["scenes"]["drawing"], report["scenes"]["photograph"]
    assert list(drawing) == ["group", "strokes", "together"]
    # One letter of each class: what is counted is their share.
    assert drawing["strokes"]["right"] * 33 == pytest.approx(right(exported), abs=1e-9)
    assert drawing["strokes"]["points"] == 0
    # This pack has no network that finds ink.
    assert photograph["together"]["refused"] == 1
    assert report["none"]["together"]["pictures"] == 10
    assert report["none"]["blank drawing"]["refused"] == 1
    assert {name: row["pictures"] for name, row in report["several"].items()} == {
        "word": 2,
        "two rows": 2,
        "filled boxes": 2,
        "together": 6,
    }
    assert list(report["words_by_gap"]) == ["0.05", "0.1", "together"]
    with Image.open(FILES[1]) as sheet:
        assert sheet.width == 1200
    scenes.run(exported)
    assert [path.read_bytes() for path in FILES] == first


def right(params):
    """Count the clean letters that the pack reads, one by one."""
    classifier = edge.load(originals.PACK)
    chosen = [each for each in originals.originals(params) if each.number_in_class == 0]
    assert len(chosen) == 33
    found = []
    for each in chosen:
        try:
            drawing = SCENES["drawing"].photograph(each.read(), each.rng())
            found.append(classifier.classify(drawing).letter == RUSSIAN[each.label])
        except ValueError:
            # A letter in parts, or one that reaches the border, is not clean.
            continue
    assert len(found) > 25
    return sum(found)
