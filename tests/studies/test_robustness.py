"""Test letters are changed by what was asked for, no less and no more, and read again."""

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
from PIL import Image

from edge.classifier import prepare
from edge.preparation import PictureError
from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.letters import Letters, write
from pipeline.errors import PipelineError
from pipeline.files import LETTERS, SPLIT
from studies.strangers import RESULTS, originals, robustness
from studies.strangers.distortions import CURVES
from studies.strangers.originals import Original, Sample
from studies.strangers.robustness import Task
from tests.support.workplace import in_this_process, picture, remains

FILES = [RESULTS / "robustness.json", RESULTS / "robustness.png"]


def original(path, **fields):
    whole = {"label": 0, "kind": "scans", "seed": 1, "number": 0, "number_in_class": 0}
    return Original(Path(path), **whole | fields)


@pytest.fixture
def bar():
    """A stroke 15 pixels wide on white paper, uint8 (278, 278)."""
    page = numpy.full((278, 278), 255, numpy.uint8)
    page[60:220, 100:115] = 0
    return page


def step(name, page, value):
    """Change a picture by one step of a curve."""
    (changed,) = CURVES[name].change(page, (value,), numpy.random.default_rng(3))
    return changed


@pytest.mark.parametrize("share", CURVES["pen"].values)
def test_a_redrawn_stroke_has_the_width_asked_for_and_stands_clear_of_the_edges(bar, share):
    ink = 1 - step("pen", bar, share) / 255
    width, extent = ink[len(ink) // 2].sum(), ink.max(axis=1).sum()
    assert width == pytest.approx(share * extent, abs=0.1)
    assert extent == pytest.approx(160, rel=0.15)
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()


@pytest.mark.parametrize(
    ("name", "value"),
    [("resolution", 50), ("resolution", 500)]
    + [(name, 0) for name in ("rotation", "lighting", "noise", "specks")],
)
def test_a_change_by_nothing_leaves_a_letter_as_it_is(letter, name, value):
    assert numpy.array_equal(step(name, letter, value), letter)


def test_a_letter_at_its_own_size_is_only_moved(letter):
    changed = step("scale", letter, 50 / 90)
    assert not numpy.array_equal(changed, letter)
    assert prepare(changed) == prepare(letter)


@pytest.mark.parametrize("share", CURVES["scale"].values)
def test_a_scaled_letter_has_that_share_of_its_frame_and_stands_in_the_middle(letter, share):
    rows = numpy.flatnonzero((step("scale", letter, share) < 128).any(axis=1))
    assert rows[-1] + 1 - rows[0] == pytest.approx(share * 90, abs=1)
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx(45, abs=1)


def test_a_coarsened_letter_has_that_many_pixels_and_a_quarter_turn_leans_anticlockwise(letter):
    assert step("resolution", letter, 10).shape == (18, 18)
    assert numpy.array_equal(step("rotation", letter, 90), numpy.rot90(letter))


def test_light_noise_and_specks_are_as_strong_as_asked_for():
    paper = numpy.full((200, 200), 255, numpy.uint8)
    lit = step("lighting", paper, 0.4)
    assert (lit.max(), lit.min()) == (255, 153)
    gray = paper // 2
    assert step("noise", gray, 0.1).std() / 255 == pytest.approx(0.1, rel=0.05)
    assert (step("specks", gray, 0.05) != gray).mean() == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("name", CURVES)
def test_what_tables_and_pictures_show_is_measured(name):
    curve = CURVES[name]
    assert set(curve.shown) <= set(curve.values)
    assert set(curve.small or ()) <= set(curve.values)


def test_transparent_ink_on_paper_is_prepared_as_it_was_published(tmp_path):
    alpha = Image.fromarray(numpy.random.default_rng(1).integers(0, 256, (30, 20), numpy.uint8))
    published = Image.new("RGBA", alpha.size)
    published.putalpha(alpha)
    published.save(tmp_path / "letter.png")
    page = original(tmp_path / "letter.png").read()
    assert numpy.array_equal(page, 255 - numpy.asarray(alpha))
    assert prepare(page) == prepare(tmp_path / "letter.png")


def test_an_opaque_picture_is_taken_as_it_is(tmp_path):
    (tmp_path / "scan.png").write_bytes(picture(77))
    expected = numpy.asarray(Image.open(io.BytesIO(picture(77))))
    assert numpy.array_equal(original(tmp_path / "scan.png").read(), expected)


def test_every_letter_of_touch_gets_other_pens_and_a_sample_all_changes(set_params):
    (LETTERS / "comnist").mkdir(parents=True)
    labels = numpy.repeat(numpy.arange(33, dtype=numpy.uint8), 3)
    names = numpy.array([f"{label}/{number}.png" for number, label in enumerate(labels)], "S")
    images = numpy.zeros((99, 28, 28), numpy.uint8)
    write(SPLIT / "random/comnist/test.npz", Letters(images, labels, names, names, labels < 0))
    tasks = robustness.choose(set_params(), Sample(letters_per_class=2))
    assert [task.original.label for task in tasks] == labels.tolist()
    assert [len(task.curves) for task in tasks] == [len(CURVES), len(CURVES), 1] * 33
    assert all("pen" in task.curves for task in tasks)
    assert len({task.original.rng().random() for task in tasks}) == 99


def test_a_picture_that_is_refused_counts_as_misread(tmp_path, letter, monkeypatch):
    class Classifier:
        letters = RUSSIAN

        def classify(self, picture):
            if (picture < 128).sum() < 10:
                raise PictureError("no letter found")
            return SimpleNamespace(letter=RUSSIAN[3])

    monkeypatch.setattr(robustness, "_classifier", Classifier)
    Image.fromarray(letter).save(tmp_path / "letter.png")
    Image.new("L", (28, 28), "white").save(tmp_path / "blank.png")
    tasks = [
        Task(original(tmp_path / name, label=label), ("rotation",))
        for name, label in (("letter.png", 3), ("letter.png", 4), ("blank.png", 3))
    ]
    changed = [robustness.change(task) for task in tasks]
    count = len(CURVES["rotation"].values)
    assert [of["rotation"] for of in changed] == [[True] * count, [False] * count, [False] * count]
    shares = robustness.measure(tasks, changed)
    assert list(shares) == [("scans", "rotation", value) for value in CURVES["rotation"].values]
    assert list(shares.values()) == [pytest.approx(1 / 3)] * count


def test_the_report_has_every_step_and_what_pens_to_be_read_cost():
    pens = dict(zip(CURVES["pen"].values, (0.9, 0.92, 0.95, 0.94, 0.93, 0.91, 0.1, 0), strict=True))
    coarse = robustness.steps("scans", "resolution")
    shares = {("touch", "pen", value): share for value, share in pens.items()}
    shares |= {("scans", "resolution", value): 0.5 for value in coarse}
    report = robustness.report(shares)
    assert report["kinds"] == ["touch", "scans"]
    assert report["pen_loss_3_to_13"] == pytest.approx(0.05)
    assert list(report["curves"]) == ["pen", "resolution"]
    pen, resolution = report["curves"].values()
    assert pen["accuracy"] == {"touch": {f"{value}": share for value, share in pens.items()}}
    assert pen["shown"] == {"0.03": "3%", "0.07": "7%", "0.11": "11%", "0.13": "13%", "0.2": "20%"}
    assert (pen["logarithmic"], resolution["logarithmic"]) == (False, True)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_any_processes(
    exported, set_study, studies, monkeypatch
):
    set_study("strangers", robustness={"letters_per_class": 1})
    studies("robustness")
    first = [path.read_bytes() for path in FILES]
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    robustness.run(exported)
    assert [path.read_bytes() for path in FILES] == first
    assert not [name for name in remains(Path()) if name.endswith(".tmp")]
    assert set(json.loads(first[0])["curves"]) == set(CURVES) - {"pen"}


def test_what_is_missing_is_named_in_one_line(exported, set_study):
    set_study("strangers")
    for path, named, advice in (
        (LETTERS, LETTERS / "strokes", "`dvc repro -f clean` writes it"),
        (SPLIT, SPLIT / "random", "run the stage `split` first"),
        (originals.PACK, originals.PACK, "run the stage `package` first"),
    ):
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
        with pytest.raises(PipelineError) as caught:
            robustness.run(exported)
        assert str(caught.value) == f"{named}: not found; {advice}"


def test_steps_of_a_28_pixel_picture_leave_out_what_it_cannot_show():
    assert robustness.steps("scans", "pen") == ()
    assert max(robustness.steps("scans", "resolution")) < 28
    assert robustness.steps("touch", "resolution") == CURVES["resolution"].values
    assert robustness.steps("scans", "noise") == CURVES["noise"].values
