"""From a folder of letters of another alphabet to an installed wheel that reads them."""

import json
from pathlib import Path

import onnx
import pytest

from pipeline.files import DIST, EXPORT, REPORTS
from pipeline.stages import ink, report
from tests.support import greek, small
from tests.support.ink import write_released
from tests.support.workplace import ROOT

LETTERS = "".join(greek.GLYPHS)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A workplace in which the stages have run on ten Greek letters."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        greek.write(Path("corpora/letters"), 20)
        # Θ looks like a frame with a rule in it: a network must find its ink, and not in small.
        patch.setattr(ink, "run", write_released)
        params = small.run(patch, "letters", epochs=30, batch_size=32)
        Path("studies").symlink_to(ROOT / "studies")
        report.run(params)
    return folder


@pytest.fixture(scope="module")
def edge(workplace):
    """The command line of the wheel that was built."""
    return greek.installed(workplace / DIST, workplace / "installed")


def test_the_wheel_reads_letters_that_it_has_never_seen(workplace, edge):
    greek.write(workplace / "others", 10, seed=2)
    assert greek.share_read(edge, workplace / "others") >= 0.95


def test_whatever_is_made_says_the_same_letters_in_the_order_of_unicode(workplace, edge):
    said = json.loads(edge("info", "--json"))
    assert said["letters"] == LETTERS
    # What is known of Russian words is of no use to them.
    assert "language" not in said
    model = onnx.load(workplace / EXPORT / "fp16/letters.onnx")
    assert {entry.key: entry.value for entry in model.metadata_props}["letters"] == LETTERS
    (result,) = model.graph.output
    assert [d.dim_param or d.dim_value for d in result.type.tensor_type.shape.dim] == ["n", 10]
    page = (workplace / REPORTS / "index.html").read_text(encoding="utf-8")
    assert [letter for letter in LETTERS if f'<th scope="row">{letter}</th>' not in page] == []
    assert "Russian" not in page


def test_pip_does_not_take_the_wheel_for_the_released_one(edge):
    assert edge("--version").strip().endswith(b"+own")
