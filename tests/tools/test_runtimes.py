"""What `tools/runtimes.py` tries, how it compares, and what it has found."""

import re
import sys
from pathlib import Path

import numpy
import pytest

from pipeline import params
from pipeline.data.alphabet import RUSSIAN
from pipeline.errors import PipelineError
from pipeline.export import write_onnx, write_pack
from pipeline.files import EXPORT, read_json
from pipeline.nn.network import Network
from tests.edge import packs
from tests.edge.drawings import LETTER
from tests.support.pages import RUNTIMES, blocks
from tests.support.workplace import NETWORK, ROOT, python, remains
from tools import runtimes
from tools.pages.runtimes import comparison

# Without another environment, the page's code for this one runs in the environment of the tests.
HERE = Path(sys.prefix)
TRIAL = runtimes.TRIALS[0]


@pytest.fixture(scope="module")
def images():
    return numpy.random.default_rng(1).integers(0, 256, (12, 28, 28), numpy.uint8)


@pytest.fixture(params=["no convolution", "profile"])
def exported(request, workplace):
    """A workplace with models of a network that has learned nothing."""
    described = NETWORK if request.param == "no convolution" else packs.network(request.param)
    description = {"format": 1, "letters": RUSSIAN, "network": described, "preparation": {}}
    description |= {"profile": "test", "training": {"corpora": ["none"]}, "accuracy": {}}
    weights = Network(described, numpy.random.default_rng(1)).parameters
    for file in runtimes.ALL:
        dtype = numpy.float16 if "fp16" in file else numpy.float32
        stored = {name: array.astype(dtype) for name, array in weights.items()}
        source = "ink" if "float" in file else "images"
        write_pack((EXPORT / file).with_name("letters.safetensors"), description, stored)
        write_onnx(EXPORT / file, description, stored, params.read().export, source)


@pytest.mark.parametrize("file", runtimes.ALL)
def test_the_code_of_the_page_reads_every_file_as_edge_does(exported, images, file):
    assert TRIAL.section == "ONNX Runtime"
    expected = runtimes.read_here(file.partition("/")[0], images)
    row = runtimes.attempt(TRIAL, HERE, file, images, expected)
    assert row["at_once"] == {"letters": 12, "same": 12}
    assert row["singly"] == {"letters": 10, "same": 10}
    assert 0 < row["difference"] < 1e-6
    assert runtimes.agrees(row)


def test_what_is_read_otherwise_is_counted(exported, images):
    expected = runtimes.read_here("fp32", images)
    # Two of them, of which the second is not read singly.
    expected[[3, 11]] = expected[[3, 11], ::-1]
    row = runtimes.attempt(TRIAL, HERE, runtimes.FP32, images, expected)
    assert row["at_once"] == {"letters": 12, "same": 10}
    assert row["singly"] == {"letters": 10, "same": 9}
    assert not runtimes.agrees(row)


def test_a_runtime_that_fails_is_a_row_that_says_why(exported, images):
    absent = runtimes.Trial("tract", ["tract"], [runtimes.FP32])
    with pytest.raises(
        PipelineError, match=r"^python: ModuleNotFoundError: No module named 'tract'"
    ):
        runtimes.attempt(absent, HERE, runtimes.FP32, images, runtimes.read_here("fp32", images))
    row = {
        "runtime": "tract",
        "packages": "tract 1",
        "file": runtimes.FP32,
        "error": "no such module",
    }
    assert not runtimes.agrees(row)
    assert comparison([row]).splitlines()[2] == (
        "| tract | tract 1 | `fp32/letters.onnx` | no such module |  |  |"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["Caffe"], "Caffe: no such runtime; expected one of ONNX Runtime, "),
        (["tract"], "data/split/random: not found; run the stage `split` first"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(workplace, arguments, complaint):
    result = python("-m", "tools.runtimes", *arguments, cwd=workplace)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"runtimes: {complaint}")
    assert remains(workplace) == ["params.yaml"]


def test_the_page_has_code_for_every_trial_and_a_trial_for_all_code():
    page = (ROOT / RUNTIMES).read_text(encoding="utf-8")
    tried = {trial.section for trial in runtimes.TRIALS}
    assert {found for found in re.findall("^## (.+)$", page, flags=re.M) if found in tried} == tried
    for section in tried:
        assert len({"python", "js"} & set(runtimes.code_of(section))) == 1
    # What comes before the runtimes, a test runs.
    assert len(blocks(RUNTIMES, "python")) + len(blocks(RUNTIMES, "js")) == 1 + len(tried)


def test_a_picture_is_prepared_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("letter.png").write_bytes(LETTER)
    scope = {}
    exec(blocks(RUNTIMES, "python")[0], scope)
    assert (scope["images"].shape, scope["images"].dtype) == ((1, 28, 28), numpy.uint8)
    assert scope["images"].min() < 128 < scope["images"].max()


def test_all_runtimes_have_read_all_letters_as_edge_does():
    rows = read_json(ROOT / "docs/runtimes.json")
    assert [(row["runtime"], row["file"]) for row in rows] == [
        (trial.section, file) for trial in runtimes.TRIALS for file in trial.files
    ]
    assert [row for row in rows if not runtimes.agrees(row)] == []
    assert {row["at_once"]["letters"] for row in rows} == {runtimes.LETTERS}
