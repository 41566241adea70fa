"""The whole road on `strokes`, with real DVC, in a checkout of its own beside no corpus."""

import csv
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
import pytest
import yaml

from tests.pipeline.conftest import ROOT, write_zip

# Small enough for a test: what is promised of the real run is promised of the real corpora.
CHANGES = [
    "fetch.strokes.letters_per_class=60",
    "split.test_per_letter=10",
    "doubt.epochs=1",
    "profiles.letters.epochs=8",
    "evaluate.pure_letters=20",
    "robustness.letters_per_class=1",
]
# What came of the real corpora.
OTHERS = re.compile(r"metrics/|plots/|(studies/\w+/)?(dvc\.lock|results/|curves/)")


class Checkout:
    """A copy of this checkout in which commands run as the README says."""

    def __init__(self, folder):
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in map(os.fsdecode, filter(None, listed.stdout.split(b"\0"))):
            if not OTHERS.match(name) and (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                # With its time, so that make does not take it for newer than the environment.
                shutil.copy2(ROOT / name, folder / name)
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
            subprocess.run([*git, *command], cwd=folder, check=True)

    def environment(self):
        """The surroundings of a command: this checkout's code, and no way to a corpus."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.folder}{os.pathsep}{self.folder / 'edge/src'}",
            "PYTHONUTF8": "1",
            # Nothing listens there: whatever the machine reaches, the test reaches nothing.
            "https_proxy": "http://127.0.0.1:9",
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        }
        environment.pop("BUKVA_MIRROR", None)
        return environment

    def run(self, *command, status=0):
        """Run a command to its end, and give what it printed, both streams together."""
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert result.returncode == status, result.stdout
        return result.stdout

    def json(self, name):
        """Read a JSON file of the checkout."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout in which `dvc exp run` has gone from nothing to a wheel."""
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
    assert list(checkout.json("metrics/tail/quantize.json")["accuracy"]) == ["strokes"]
    assert list(checkout.json("metrics/evaluate.json")["corpora"]) == ["strokes"]
    with zipfile.ZipFile(wheel) as opened:
        (metadata,) = (name for name in opened.namelist() if name.endswith("METADATA"))
        lines = opened.read(metadata).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist")]
    assert [line for line in required if "extra ==" not in line] == ["Requires-Dist: numpy>=1.19"]


def test_it_learns(checkout):
    accuracy = checkout.json("metrics/evaluate.json")["corpora"]["strokes"]["accuracy"]
    assert accuracy["fp32"] > 0.3
    assert abs(accuracy["fp32"] - accuracy["fp16"]) < 0.02


def test_what_the_cards_count_adds_up_to_what_the_other_stages_say(checkout):
    report = checkout.json("metrics/describe.json")
    kept = checkout.json("metrics/clean.json")["strokes"]["kept"]
    assert sum(report["corpora"]["strokes"]["cases"].values()) == kept
    with (checkout.folder / "plots/cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for method in ("random", "tail"):
        sets = report["sets"][method]["strokes"]
        assert sum(part["letters"] for part in sets.values()) == kept
        by_case = report["accuracy"][method]["strokes"]
        assert by_case.keys() == {"uppercase", "lowercase"}
        tested = sum(case["tested"] for case in by_case.values())
        assert tested == sets["test"]["letters"] == 330
        assert tested == sum(int(row["tested"]) for row in rows if row["split"] == method)
        right = sum(case["tested"] * case["accuracy"] for case in by_case.values())
        measured = checkout.json(f"metrics/{method}/quantize.json")["accuracy"]["strokes"]["fp16"]
        assert right / tested == pytest.approx(measured)


def test_repeating_it_finds_everything_up_to_date(checkout):
    assert "Data and pipelines are up to date" in checkout.run("dvc", "repro")
    assert "up to date" in checkout.run("dvc", "status", "dvc.yaml")


def test_no_study_runs_unasked(checkout):
    assert not (checkout.folder / "metrics/robustness.json").exists()
    assert not list((checkout.folder / "studies").glob("*/results"))


@pytest.mark.slow
def test_a_study_runs_where_it_is_asked_for(checkout):
    study = "studies/strangers/dvc.yaml:robustness"
    checkout.run("dvc", "repro", study)
    assert list(checkout.json("metrics/robustness.json")) == ["strokes"]
    assert "up to date" in checkout.run("dvc", "status", study)


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


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_repro_that_was_stopped_goes_on_and_ends_with_the_same_bytes(checkout, number):
    lock = (checkout.folder / "dvc.lock").read_bytes()
    checkpoint = checkout.folder / "models/random/checkpoint.safetensors"
    process = subprocess.Popen(
        ["dvc", "repro", "--force", "--single-item", "train@random"],
        cwd=checkout.folder,
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.002)
    # As a terminal does it: to DVC and to all that it has started.
    os.killpg(process.pid, number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert checkpoint.exists()
    if number == signal.SIGINT:
        assert "interrupted; the same command goes on after the last finished epoch" in said
    # Without the run cache: DVC would otherwise fetch the results of the first time.
    said = checkout.run("dvc", "repro", "--no-run-cache")
    assert "going on after epoch " in said
    assert (checkout.folder / "dvc.lock").read_bytes() == lock
    assert not checkpoint.exists()
    assert "Data and pipelines are up to date" in checkout.run("dvc", "repro")


def test_dvc_shows_metrics_plots_parameters_and_the_graph(checkout):
    assert "validation_accuracy" in checkout.run("dvc", "metrics", "show", "--md")
    assert "file:" in checkout.run("dvc", "plots", "show")
    page = (checkout.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    for title in ("Loss", "Accuracy", "Confusion"):
        assert title in page
    assert "train@tail" in checkout.run("dvc", "dag")


@pytest.mark.slow
def test_an_experiment_runs_only_what_depends_on_its_parameters_and_can_be_compared(checkout):
    changes = ["-S", "profiles.letters.epochs=2", "-S", "split.method=tail"]
    said = checkout.run("dvc", "exp", "run", *changes)
    assert "Running stage 'train@random'" in said
    for stage in ("fetch", "clean", "split@random"):
        assert f"Stage '{stage}' didn't change, skipping" in said
    with (checkout.folder / "plots/random/training.csv").open(encoding="utf-8") as file:
        assert len(file.readlines()) == 3
    assert checkout.json("metrics/evaluate.json")["split"] == "tail"
    assert "profiles.letters.epochs" in checkout.run("dvc", "params", "diff")
    assert "accuracy" in checkout.run("dvc", "metrics", "diff")
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
def test_what_a_person_puts_into_data_raw_survives_and_is_looked_at(checkout, command):
    mine = checkout.folder / "data/raw/cyrillic-mnist.zip"
    write_zip(mine, {"allgr/0_0_1_20190729110000.png": b"mine"})
    before = mine.read_bytes()
    said = checkout.run("dvc", *command, status=255)
    assert "pipeline: data/raw/cyrillic-mnist.zip: not cyrillic-mnist" in said
    assert mine.read_bytes() == before
    mine.unlink()
    checkout.run("git", "checkout", "params.yaml")


def blocks(name, language):
    """Give the fenced blocks of one language in a page."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.mark.skipif(
    not (Path(sys.prefix) / ".installed").exists(),
    reason="not in the environment that make sets up",
)
def test_every_command_of_the_readme_runs(checkout, tmp_path):
    environment = checkout.folder / ".venv"
    environment.symlink_to(sys.prefix)
    # A Pi has NumPy from its distribution; here it is lent from the environment of the tests.
    lent = tmp_path / "dist-packages"
    lent.mkdir()
    for part in Path(numpy.__file__).parents[1].glob("numpy*"):
        (lent / part.name).symlink_to(part)
    letter = sorted((checkout.folder / "data/letters/strokes/0").iterdir())[0]
    workshop, pi, *others = blocks("README.md", "sh")
    assert "make repro" in workshop
    # The suite is what runs here: it is not run within itself.
    checkout.run("sh", "-ec", workshop.replace("make test", "make --dry-run test"))
    for folder in ("", "dist"):
        shutil.copy(letter, checkout.folder / folder / "letter.png")
    assert "edge classify" in pi
    said = checkout.run(
        "env", f"HOME={tmp_path}", f"PYTHONPATH={lent}", "PIP_NO_INDEX=1",
        "sh", "-ec", f"cd dist\n{pi}",
    )  # fmt: skip
    assert "letter.png: " in said
    for block in [*others, *blocks("edge/README.md", "sh")]:
        if ("curl" in block and not shutil.which("curl")) or "queue" in block:
            continue
        # It serves until it is stopped; what follows is for another terminal.
        block = block.replace("edge serve\n", "edge serve & trap 'kill $!' EXIT; sleep 5\n")
        checkout.run("sh", "-ec", f". .venv/bin/activate\n{block}")
    given = "import numpy; images = numpy.zeros((2, 28, 28), numpy.uint8)"
    for code in blocks("README.md", "python") + blocks("edge/README.md", "python"):
        if "mnist" in code:
            continue  # its own test runs it, beside that corpus
        checkout.run("python", "-c", f"{given}\n{code}")
    environment.unlink()


@pytest.mark.slow
def test_the_queue_of_experiments_runs_as_the_readme_says(checkout):
    (block,) = (block for block in blocks("README.md", "sh") if "queue" in block)
    start = "dvc queue start\n"
    # It returns at once; what it has started is waited for before one looks at what came of it.
    wait = "while dvc queue status | grep -Eq 'Queued|Running'; do sleep 1; done\n"
    assert start in block
    said = checkout.run("sh", "-ec", block.replace(start, start + wait))
    # Two, in the queue and among the experiments.
    assert said.count("Success") == 4
    assert "Failed" not in said
    assert "profiles.letters.epochs" in said


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_the_readme_tells_of_every_stage(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]:
        assert f"| `{stage}` |" in text


def test_the_committed_pages_and_metrics_agree(committed):
    command = [sys.executable, "-m", "pipeline", "readme", "--check"]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{committed}{os.pathsep}{committed / 'edge/src'}",
    }
    subprocess.run(command, cwd=committed, env=environment, check=True)
