"""A training can be killed, interrupted and gone on with; it never mixes two of them."""

import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import params
from pipeline.files import read_csv
from pipeline.stages import split
from tests.support.dvc_dependencies import imported
from tests.support.workplace import ROOT, clean_strokes, environment, remains

CHECKPOINTS = Path("models/random/checkpoints")
MODEL = "models/random/fp32.safetensors"
RESULTS = [
    MODEL,
    "models/random/network.json",
    "models/random/training.json",
    "plots/random/training.csv",
    "metrics/random/train.json",
]
EPOCHS = 90

# Dies in the middle of writing its second checkpoint.
DIES_WRITING = """
import os, signal, sys
from pipeline import cli
from pipeline.training import checkpoint_file
written = []
def half(path, data):
    written.append(path)
    if len(written) == 2:
        data = data[: len(data) // 2]
    with path.open("wb") as file:
        file.write(data)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint_file.Path.write_bytes = half
sys.argv[1:] = ["train", "random"]
cli.main()
"""


@pytest.fixture
def prepared(workplace, set_params):
    """A workplace with letters to train on, and a training of many short epochs."""
    clean_strokes(20)
    split.run(set_params(split__test_per_letter=10, split__validation_share=0.2), "random")
    set_params(train__profile="thesis", profiles__thesis__epochs=EPOCHS)
    return workplace


def start(*arguments):
    """Begin `python ARGUMENTS`, by default the training, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *(arguments or ["-m", "pipeline", "train", "random"])],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def checkpoints():
    """Return when each checkpoint that is there was written, by its path."""
    return {path: path.stat().st_mtime_ns for path in CHECKPOINTS.glob("*.safetensors")}


def wait_for_an_epoch(process):
    """Wait until the process has written a checkpoint; return whether it still runs."""
    before = checkpoints()
    while process.poll() is None:
        if checkpoints() != before:
            return True
        time.sleep(0.002)
    return False


def kill_a_training():
    """Leave the checkpoint of a training that has not ended; return its first line."""
    process = start()
    line = process.stdout.readline()
    assert line, process.communicate()
    process.kill()
    process.communicate()
    return line


def refusal(stage):
    """Return why the training cannot begin, or go on."""
    refused = stage("train", "random")
    assert refused.returncode == 1
    return refused.stderr


def results(stage):
    """Train to the end and return the bytes of all that it writes."""
    process = stage("train", "random")
    assert process.returncode == 0, process.stderr
    return {name: Path(name).read_bytes() for name in RESULTS}


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_kills_leave_the_same_bytes(prepared, stage, kills):
    expected = results(stage)
    rng = random.Random(8)
    shutil.rmtree(CHECKPOINTS)
    for name in RESULTS:
        Path(name).unlink()
    for number in range(kills):
        if number % 4 == 3:
            process = start("-c", DIES_WRITING)
        else:
            process = start()
            # The first of all dies before it has written anything, most others some epochs later.
            if number:
                assert wait_for_an_epoch(process), process.communicate()
                time.sleep(rng.uniform(0, 0.05))
            process.kill()
        _, error = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, error
        assert not Path(MODEL).exists()
    # What was learned so far can be looked at.
    assert len(read_csv(Path("plots/random/training.csv"))) > 1
    assert results(stage) == expected
    assert not [name for name in remains(Path("models")) if name.endswith(".tmp")]


def test_ctrl_c_stops_with_one_line_that_says_how_to_go_on(prepared, stage):
    process = start()
    assert wait_for_an_epoch(process)
    os.killpg(process.pid, signal.SIGINT)
    shown, error = process.communicate(timeout=60)
    assert process.returncode == 130
    (checkpoint,) = checkpoints()
    assert error == (
        "pipeline: training on random: interrupted; the same command goes on after the last"
        f" finished epoch, which is in {checkpoint}\n"
    )
    done = len([line for line in shown.splitlines() if line.startswith("epoch ")])
    again = stage("train", "random")
    assert again.stdout.startswith(f"going on after epoch {done} of {EPOCHS}\nepoch {done + 1}/")


@pytest.mark.parametrize(
    "change",
    [
        {"profiles__thesis__batch_size": 16},
        {"profiles__thesis__epochs": EPOCHS + 1},
        pytest.param({"seed": 1}, marks=pytest.mark.slow),
        pytest.param({"split__validation_share": 0.3}, marks=pytest.mark.slow),
    ],
)
def test_another_training_starts_anew_and_the_first_goes_on_where_it_was(
    prepared, stage, set_params, change
):
    assert kill_a_training().startswith("epoch 1/")
    (first,) = checkpoints()
    before = Path("params.yaml").read_bytes()
    split.run(set_params(**change), "random")
    assert kill_a_training().startswith("epoch 1/")
    assert len(checkpoints()) == 2
    Path("params.yaml").write_bytes(before)
    split.run(params.read(), "random")
    assert kill_a_training().startswith("going on after epoch ")
    assert len(checkpoints()) == 2
    assert first in checkpoints()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("# A comment.\n", "training on random: nothing that decides it has changed; delete "),
        ("CHANGED = True\n", "epoch 1/2: "),
    ],
)
def test_code_that_does_something_else_trains_anew_and_a_comment_does_not(
    prepared, stage, set_params, tmp_path, line, says
):
    set_params(profiles__thesis__epochs=2)
    expected = results(stage)
    changed = tmp_path / "changed"
    shutil.copytree(ROOT / "pipeline", changed / "pipeline")
    for name in ("nn/layers.py", "stages/train.py"):
        with (changed / "pipeline" / name).open("a", encoding="utf-8") as file:
            file.write(line)
    path = f"import sys; sys.path.insert(0, {str(changed)!r}); from pipeline import cli; "
    for name in RESULTS:
        Path(name).unlink()
    shown, error = start("-c", f"{path}sys.argv[1:] = ['train', 'random']; cli.main()").communicate(
        timeout=60
    )
    assert shown.startswith(says), error
    assert {name: Path(name).read_bytes() for name in RESULTS} == expected


@pytest.mark.parametrize("name", ["train", "ink"])
def test_a_checkpoint_is_of_all_code_that_decides_the_training(name):
    stage = importlib.import_module(f"pipeline.stages.{name}")
    # What keeps a training, and what writes files of it when it is over.
    after = {f"pipeline.training.{each}" for each in ("checkpoint_file", "provenance", "trained")}
    after |= {"pipeline.data.alphabet"}
    found = imported(f"pipeline.stages.{name}") - after
    covered = [
        each for each in found if f"{each}.".startswith(tuple(f"{at}." for at in stage.CODE))
    ]
    assert sorted(found) == sorted(covered)
    assert all(any(f"{each}.".startswith(f"{at}.") for each in found) for at in stage.CODE)


def test_a_damaged_checkpoint_is_named(prepared, stage):
    kill_a_training()
    (checkpoint,) = checkpoints()
    checkpoint.write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    said = refusal(stage)
    assert said.startswith(f"pipeline: {checkpoint}: not a checkpoint of a training (")
    assert said.endswith("; delete it to train from the beginning\n")


def test_a_training_that_diverges_says_where_and_what_to_try(prepared, stage, set_params):
    set_params(
        profiles__thesis__optimizer__learning_rate=1e30, profiles__thesis__optimizer__l2_lambda=0
    )
    said = refusal(stage)
    assert said.startswith("pipeline: params.yaml: profiles.thesis: the loss is ")
    assert "epoch 1, batch" in said
    assert "lower the learning rate" in said
    assert said.count("\n") == 1
