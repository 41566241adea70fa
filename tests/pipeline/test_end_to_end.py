"""The whole road on `strokes`, with real DVC, in a checkout of its own beside no corpus."""

import copy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy
import onnx
import pytest
import yaml

from edge import pack
from edge.form import layout
from pipeline.data.alphabet import RUSSIAN
from pipeline.files import read_csv
from tests.edge import png_writer
from tests.edge.form import paper
from tests.edge.reading import rows, sheets
from tests.support import greek, pages
from tests.support.workplace import PARAMS, ROOT, environment, picture, write_zip

# Small enough for a test: what is promised of the real run is promised of the real corpora.
CHANGES = [
    "fetch.strokes.letters_per_class=60",
    "split.test_per_letter=10",
    "ink.scenes=200",
    "ink.validation_scenes=50",
    "ink.epochs=1",
    "compose.letters=200",
    "profiles.letters.epochs=3",
    "evaluate.pure_letters=20",
]
# What came of the real corpora; the report and a page need some of one study.
RESULTS = re.compile(
    r"metrics/|plots/|dvc\.lock|"
    r"studies/(?!strangers/results/(robustness|scenes|photographs|word|form)\.)\w+/(dvc\.lock|results/|curves/)"
)


class Checkout:
    """A copy of this checkout in which commands run as the README says."""

    def __init__(self, folder):
        self.folder = folder
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
            if not RESULTS.match(name) and (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                # With its time, so that make does not take it for newer than the environment.
                shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
        shutil.copyfile(PARAMS, folder / "params.yaml")
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
            self.run("git", *command)

    def environment(self):
        """The surroundings of a command: this checkout's code, and no way to a corpus."""
        surroundings = environment(self.folder) | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUTF8": "1",
            # Nothing listens there: whatever the machine reaches, the test reaches nothing.
            "https_proxy": "http://127.0.0.1:9",
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        }
        surroundings.pop("BUKVA_MIRROR", None)
        return surroundings

    def run(self, *command, status=0, timeout=300):
        """Run a command to its end, and return what it printed, both streams together."""
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert result.returncode == status, result.stdout
        return result.stdout

    def json(self, name):
        """Read a JSON file of the checkout."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout in which `dvc exp run` has made a wheel and a report of nothing."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout: nothing says what belongs to it")
    place = Checkout(tmp_path_factory.mktemp("beside-no-corpus") / "bukva")
    # Every test that changes a parameter comes back to these.
    place.said = place.run(
        "dvc", "exp", "run", *[part for change in CHANGES for part in ("-S", change)]
    )
    place.run("git", "add", "-A")
    place.run("git", "commit", "-qm", "small")
    return place


def test_it_says_that_it_is_a_demonstration_and_ends_with_a_wheel_that_says_so(checkout):
    assert "!!! NO REAL CORPUS IN REACH" in checkout.said
    (wheel,) = (checkout.folder / "dist").glob("edge-*+strokes-py3-none-any.whl")
    assert list(checkout.json("metrics/clean.json")) == ["strokes"]
    assert checkout.json("metrics/random/train.json")["corpora"] == "strokes"
    assert list(checkout.json("metrics/tail/evaluate.json")["accuracy"]) == ["strokes"]
    with zipfile.ZipFile(wheel) as opened:
        (metadata,) = (name for name in opened.namelist() if name.endswith("METADATA"))
        lines = opened.read(metadata).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist")]
    assert [line for line in required if "extra ==" not in line] == ["Requires-Dist: numpy>=1.19"]


def test_it_learns(checkout):
    accuracy = checkout.json("metrics/random/evaluate.json")["accuracy"]["strokes"]
    assert accuracy["fp32"] > 0.3
    assert abs(accuracy["fp32"] - accuracy["fp16"]) < 0.02


@pytest.mark.parametrize("method", ["random", "tail"])
def test_what_is_counted_and_measured_adds_up(checkout, method):
    cleaned = checkout.json("metrics/clean.json")["strokes"]
    kept = cleaned["kept"]
    assert kept == cleaned["letters"] == sum(cleaned["classes"].values())
    assert kept == cleaned["in"] - sum(cleaned["dropped"].values())
    assert sum(cleaned["cases"].values()) == kept
    sets = checkout.json(f"metrics/{method}/split.json")["strokes"]
    assert list(sets) == ["training", "validation", "test"]
    assert sum(part["letters"] for part in sets.values()) == kept
    for part in sets.values():
        assert sum(part["cases"].values()) == part["letters"]
    measured = checkout.json(f"metrics/{method}/evaluate.json")
    cases = checkout.json(f"metrics/{method}/details.json")["cases"]["strokes"]
    assert cases.keys() == {"uppercase", "lowercase"}
    assert {name: case["tested"] for name, case in cases.items()} == sets["test"]["cases"]
    assert sets["test"]["letters"] == 330
    right = sum(case["tested"] * case["accuracy"] for case in cases.values())
    assert right / 330 == pytest.approx(measured["accuracy"]["strokes"]["fp16"])
    # The plots are of the same letters.
    plots = checkout.folder / "plots" / method
    by_letter = read_csv(plots / "cases.csv")
    assert sum(int(row["tested"]) for row in by_letter) == 330
    for name, case in cases.items():
        rows = [row for row in by_letter if row["case"] == name]
        share = sum(int(row["tested"]) * float(row["accuracy"]) for row in rows) / case["tested"]
        assert share == pytest.approx(case["accuracy"], abs=1e-4)
    read = read_csv(plots / "confusion.csv")
    assert len(read) == 330
    assert sum(row["actual"] == row["predicted"] for row in read) == round(right)
    assert len(read_csv(plots / "letters.csv")) == 33


def test_the_exported_packs_and_the_wheel_say_what_was_measured(checkout):
    claimed = {}
    for method, suffix in (("random", ""), ("tail", "-tail")):
        measured = checkout.json(f"metrics/{method}/evaluate.json")["accuracy"]
        claimed |= {f"{kind}{suffix}": shares["fp16"] for kind, shares in measured.items()}
    assert claimed.keys() == {"strokes", "strokes-tail"}
    exported = checkout.folder / "models/export"
    for precision in ("fp32", "fp16"):
        described = pack.read(exported / precision / "letters.safetensors").description
        assert described["accuracy"] == claimed
        assert described["language"]["name"] == "Russian"
        model = onnx.load(exported / precision / "letters.onnx")
        said = {entry.key: entry.value for entry in model.metadata_props}
        assert json.loads(said["accuracy"]) == claimed
    (wheel,) = (checkout.folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packed = opened.read("edge/letters.safetensors")
    assert packed == (exported / "fp16/letters.safetensors").read_bytes()
    # As it was trained on the split that is exported, so it was measured.
    history = checkout.json("metrics/random/train.json")
    assert described["training"]["validation_accuracy"] == history["validation_accuracy"]


def test_everybody_may_read_what_dvc_has_brought(checkout):
    files = [path for name in ("models", "dist") for path in (checkout.folder / name).rglob("*")]
    files = [path for path in files if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if path.stat().st_mode & 0o444 != 0o444] == []


def test_repeating_it_finds_everything_up_to_date(checkout):
    assert "Data and pipelines are up to date" in checkout.run("dvc", "repro")
    assert "Data and pipelines are up to date" in checkout.run("dvc", "status")
    assert checkout.run("git", "status", "--porcelain") == ""


def test_no_study_runs_unasked(checkout):
    stages = checkout.run("dvc", "stage", "list", "--all", "--name-only").split()
    assert {stage.partition("@")[0] for stage in stages} == {
        *("fetch", "clean", "split", "ink", "compose", "train", "evaluate", "language", "package"),
        "report",
    }
    assert not (checkout.folder / "runs").exists()


def test_the_wheel_installs_by_itself_and_reads_a_letter(checkout, tmp_path):
    (wheel,) = (checkout.folder / "dist").glob("*.whl")
    checkout.run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv"))
    installed = tmp_path / "venv/lib/site"
    checkout.run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
        "--target", str(installed), str(wheel),
    )  # fmt: skip
    letter = sorted((checkout.folder / "data/letters/strokes/0").iterdir())[0]
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import edge.cli; edge.cli.main()"
    python = str(tmp_path / "venv/bin/python")
    environment_free = [python, "-I", "-c", code]
    line = checkout.run(*environment_free, "classify", str(letter), "--json")
    assert json.loads(line)["letter"] in "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
    shown = checkout.run(*environment_free, "info")
    assert "strokes" in shown
    assert shown.startswith("purpose ")
    assert "not for words" in shown
    assert "+strokes" in checkout.run(*environment_free, "--version")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_repro_that_was_stopped_goes_on_and_ends_with_the_same_bytes(checkout, number):
    lock = (checkout.folder / "dvc.lock").read_bytes()
    checkpoints = checkout.folder / "models/random/checkpoints"
    # Otherwise there would be nothing to train.
    shutil.rmtree(checkpoints)
    process = subprocess.Popen(
        ["dvc", "repro", "--force", "--single-item", "train@random"],
        cwd=checkout.folder,
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    while process.poll() is None and not list(checkpoints.glob("*.safetensors")):
        time.sleep(0.002)
    # As a terminal does it: to DVC and to all that it has started.
    os.killpg(process.pid, number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    if number == signal.SIGINT:
        assert "interrupted; the same command goes on after the last finished epoch" in said
    # Without the run cache: DVC would otherwise fetch the results of the first time.
    said = checkout.run("dvc", "repro", "--no-run-cache")
    assert "going on after epoch " in said
    assert (checkout.folder / "dvc.lock").read_bytes() == lock
    assert "Data and pipelines are up to date" in checkout.run("dvc", "repro")


def test_dvc_shows_metrics_plots_parameters_and_the_graph(checkout):
    assert "validation_accuracy" in checkout.run("dvc", "metrics", "show", "--md")
    assert "file:" in checkout.run("dvc", "plots", "show")
    page = (checkout.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    for title in ("Loss", "Accuracy", "Confusion", "Letters"):
        assert f'<div id = "{title}">' in page
    assert '<meta charset="utf-8">' in page
    loss, _, confusion, letters = map(json.loads, re.findall(r"var spec = (.*);$", page, re.M))
    assert loss["config"]["legend"]["labelLimit"] == 0
    assert confusion["spec"]["encoding"]["x"]["sort"] == [*RUSSIAN]
    assert letters["facet"]["column"]["field"] == "corpus"
    assert "train@tail" in checkout.run("dvc", "dag")


@pytest.mark.slow
def test_an_experiment_runs_only_what_depends_on_its_parameters_and_can_be_compared(checkout):
    changes = ["-S", "profiles.letters.epochs=2", "-S", "split.method=tail"]
    said = checkout.run("dvc", "exp", "run", *changes)
    assert "Running stage 'train@random'" in said
    for stage in ("fetch", "clean", "split@random"):
        assert f"Stage '{stage}' didn't change, skipping" in said
    assert len(read_csv(checkout.folder / "plots/random/training.csv")) == 2
    described = pack.read(checkout.folder / "models/export/fp16/letters.safetensors").description
    assert described["training"]["split"] == "tail"
    assert "profiles.letters.epochs" in checkout.run("dvc", "params", "diff")
    assert "accuracy" in checkout.run("dvc", "metrics", "diff")
    checkout.run("git", "checkout", ".")
    checkout.run("dvc", "checkout")


@pytest.mark.slow
def test_what_edge_cannot_run_is_trained_and_measured_and_refused_when_it_is_packaged(checkout):
    layers = "{type:depthwise_convolution,kernel:3},{type:flatten},{type:dense,units:letters}"
    network = f"profiles.letters.network.layers=[{layers}]"
    changes = ["-S", "profiles.letters.epochs=1", "-S", network]
    said = checkout.run("dvc", "exp", "run", *changes, status=255)
    (refused,) = {line for line in said.splitlines() if line.startswith("pipeline: ")}
    assert refused == (
        "pipeline: profiles.letters.network: 'depthwise_convolution_1': no type of layer that edge"
        " computes; no pack and no wheel (what was measured is in metrics/)"
    )
    # Up to the stage that measures, as the page says, it is an experiment like others.
    said = checkout.run("dvc", "exp", "run", "evaluate", *changes)
    assert "Ran experiment(s)" in said
    for method in ("random", "tail"):
        accuracy = checkout.json(f"metrics/{method}/evaluate.json")["accuracy"]["strokes"]
        assert 0 <= accuracy["fp16"] <= 1
    assert "validation_accuracy" in checkout.run("dvc", "exp", "show", "--md")
    checkout.run("git", "checkout", ".")
    checkout.run("dvc", "checkout")


def test_a_worse_or_demonstration_pack_is_not_promoted(checkout):
    said = checkout.run("python", "-m", "pipeline", "promote", status=1)
    assert said.splitlines()[-1].startswith(
        "pipeline: models/export/fp16/letters.safetensors: trained on `strokes`"
    )


def test_a_stage_that_fails_says_why_and_leaves_nothing_half_written(checkout):
    before = sorted((checkout.folder / "data/split/random").rglob("*.npz"))
    assert before
    said = checkout.run("dvc", "exp", "run", "-S", "split.test_per_letter=6000", status=255)
    assert "pipeline: params.yaml: split.test_per_letter: 6000, but strokes has 60" in said
    assert not list((checkout.folder / "data").rglob("*.tmp"))
    checkout.run("git", "checkout", "params.yaml")


@pytest.mark.parametrize(
    "command",
    [
        ["repro", "fetch"],
        pytest.param(["exp", "run", "-S", "profiles.letters.epochs=1"], marks=pytest.mark.slow),
    ],
)
def test_what_a_person_puts_into_corpora_survives_and_is_looked_at(checkout, command):
    mine = checkout.folder / "corpora/cyrillic-mnist.zip"
    write_zip(mine, {"allgr/0_0_1_20190729110000.png": b"mine"})
    before = mine.read_bytes()
    said = checkout.run("dvc", *command, status=255)
    assert "pipeline: corpora/cyrillic-mnist.zip: not cyrillic-mnist" in said
    assert mine.read_bytes() == before
    mine.unlink()
    checkout.run("git", "checkout", "params.yaml")


# What the pages say and the test does not run, and why.
SKIPPED = {
    "sudo ": "it changes the machine",
    "dvc queue ": "it takes minutes; a test of its own runs it",
    "corpora=[letters]": "it takes minutes; a test of its own runs it",
    "mnist/": "it needs that corpus; a test of its own runs it",
}
if not shutil.which("curl"):
    SKIPPED["curl "] = "there is no curl here"


def told(kind):
    """Return every different block of all pages that is run, in their order."""
    found = dict.fromkeys(block for page in pages.RUN for block in kind(page))
    return [block for block in found if not any(mark in block for mark in SKIPPED)]


set_up = pytest.mark.skipif(
    not (Path(sys.prefix) / ".installed").exists(),
    reason="not in the environment that make sets up",
)


@set_up
@pytest.mark.parametrize("training", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_command_of_the_pages_runs(checkout, tmp_path, training):
    """Those that train, with DVC or by a sweep, take minutes."""
    lent = tmp_path / "dist-packages"
    (checkout.folder / ".venv").symlink_to(sys.prefix)
    # A Pi has NumPy from its distribution; here it is lent from the environment of the tests.
    lent.mkdir()
    for part in Path(numpy.__file__).parents[1].glob("numpy*"):
        (lent / part.name).symlink_to(part)
    on_a_pi = ["env", f"HOME={tmp_path}", f"PYTHONPATH={lent}", "PIP_NO_INDEX=1", "sh", "-ec"]
    letter = sorted((checkout.folder / "data/letters/strokes/0").iterdir())[0]
    workshop, *others = told(pages.scripts)
    assert "make repro" in workshop
    # The suite is what runs here: it is not run within itself.
    checkout.run("sh", "-ec", workshop.replace("make test", "make --dry-run test"))
    trains = re.compile(r"dvc exp run|python -m studies")
    others = [script for script in others if bool(trains.search(script)) == training]
    assert others
    for folder in ("", "dist"):
        shutil.copy(letter, checkout.folder / folder / "letter.png")
    page, rng = layout.pages(RUSSIAN)[0], numpy.random.default_rng(0)
    filled = paper.filled(page, [paper.written(box.sign, rng) for box in page.boxes])
    (checkout.folder / "form.jpg").write_bytes(paper.photographed(filled))
    (checkout.folder / "word.png").write_bytes(sheets.png(sheets.line("ДОМ")))
    (checkout.folder / "names.txt").write_text("дым\nдом\n", encoding="utf-8")
    boxes, _ = rows.form("МОСКВА", "ДОМ")
    boxes = png_writer.gray(boxes.shape[1], boxes.shape[0], boxes[:, :, 0].tobytes())
    (checkout.folder / "boxes.png").write_bytes(boxes)
    said = []
    for script in others:
        if "~/edge/bin" in script:
            said.append(checkout.run(*on_a_pi, f"cd dist\n{script}"))
            continue
        # It serves until it is stopped; what follows is for another terminal.
        ready = "until curl -s http://127.0.0.1:8000/ >/dev/null; do sleep 0.2; done\n"
        script = script.replace("edge serve\n", f"edge serve & trap 'kill $!' EXIT; {ready}")
        checkout.run("sh", "-ec", f". .venv/bin/activate\n{script}")
    assert training or "letter.png: " in "".join(said)
    given = "import numpy; images = numpy.zeros((2, 28, 28), numpy.uint8)"
    codes = told(lambda page: pages.blocks(page, "python"))
    assert codes
    for code in codes:
        checkout.run("python", "-c", f"{given}\n{code}")
    (checkout.folder / ".venv").unlink()


def test_what_is_skipped_of_the_pages_is_still_in_them():
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages.RUN)
    assert [mark for mark in SKIPPED if mark not in text] == []


def test_a_clone_that_has_pulled_the_letters_runs_the_queue_of_the_pages_to_its_end(
    checkout, tmp_path
):
    """One of the experiments, not all; nothing is fetched, cleaned or drawn."""
    checkout.run("dvc", "remote", "add", "--local", "--default", "near", str(tmp_path / "remote"))
    checkout.run("dvc", "push")
    clone = copy.copy(checkout)
    clone.folder = tmp_path / "clone"
    checkout.run("git", "clone", "-q", ".", str(clone.folder))
    clone.run("dvc", "remote", "add", "--local", "--default", "near", str(tmp_path / "remote"))
    clone.run("dvc", "pull")
    assert "Data and pipelines are up to date" in clone.run("dvc", "status")
    assert "Data and pipelines are up to date" in clone.run("dvc", "repro")
    assert [path.name for path in (clone.folder / "data/raw").iterdir()] == ["corpora.json"]
    (block,) = {script for page in pages.RUN for script in pages.scripts(page) if "queue" in script}
    start = "dvc queue start\n"
    # It returns at once; what it has started is waited for before one looks at what came of it.
    wait = "while dvc queue status | grep -Eq 'Queued|Running'; do sleep 2; done\n"
    assert start in block
    assert "epochs=1,2" in block
    block = block.replace(start, start + wait).replace("=1,2", "=1")
    said = clone.run("sh", "-ec", block, timeout=900)
    # In the queue and among the experiments.
    assert said.count("Success") == 2
    assert "Failed" not in said
    (name,) = re.findall(r"Queued experiment '([\w-]+)'", said)
    log = clone.run("dvc", "queue", "logs", name)
    for stage in ("fetch", "clean", "split@random", "ink", "compose"):
        assert f"Stage '{stage}' didn't change, skipping" in log
    assert "Running stage 'report'" in log


@set_up
@pytest.mark.slow
def test_make_repro_does_without_git(checkout, tmp_path):
    archive = copy.copy(checkout)
    archive.folder = tmp_path / "archive"
    without = shutil.ignore_patterns(".git", "letters")
    shutil.copytree(checkout.folder, archive.folder, symlinks=True, ignore=without)
    (archive.folder / ".venv").symlink_to(sys.prefix)
    assert "Data and pipelines are up to date" in archive.run("make", "repro")
    assert "Data and pipelines are up to date" in archive.run("dvc", "status")


def test_dvc_gets_the_model_by_a_tag(checkout, tmp_path):
    checkout.run("git", "tag", "-a", "letters@v1.0.0", "-m", "release")
    checkout.run("dvc", "artifacts", "get", ".", "letters", "-o", str(tmp_path / "letters"))
    exported = checkout.folder / "models/export/fp16/letters.safetensors"
    assert (tmp_path / "letters").read_bytes() == exported.read_bytes()


def test_dvc_notices_a_picture_in_a_folder_of_ones_own(checkout):
    folder = checkout.folder / "corpora/letters"
    (folder / "Ә").mkdir(parents=True)
    (folder / "Ә/1.png").write_bytes(picture(0xFF))
    assert "corpora" in checkout.run("dvc", "status", "fetch")
    shutil.rmtree(folder)
    assert "up to date" in checkout.run("dvc", "status", "fetch")


@pytest.mark.slow
def test_ten_letters_of_another_alphabet_become_a_wheel_that_reads_them(tmp_path):
    """With the parameters of the release, as the page says; in small, test_own_letters does it."""
    place = Checkout(tmp_path / "bukva")
    greek.write(place.folder / "corpora/letters", 60)
    (block,) = {
        script for page in pages.RUN for script in pages.scripts(page) if "[letters]" in script
    }
    place.run("sh", "-ec", block, timeout=3600)
    for method in ("random", "tail"):
        assert place.json(f"metrics/{method}/evaluate.json")["accuracy"]["letters"]["fp16"] >= 0.95
    greek.write(place.folder / "others", 60, seed=2)
    edge = greek.installed(place.folder / "dist", tmp_path / "installed")
    assert greek.share_read(edge, place.folder / "others") >= 0.95


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_the_readme_names_every_stage_in_order(page):
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert " ".join(stages) in (ROOT / page).read_text(encoding="utf-8")


def test_the_page_on_experiments_says_what_every_stage_does():
    text = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]:
        assert f"| `{stage}` |" in text
