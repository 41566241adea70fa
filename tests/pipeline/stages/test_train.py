"""A training can be killed, interrupted and gone on with; it never mixes two of them."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.stages import split
from tests.support.workplace import ROOT, clean_strokes, environment, remains

CHECKPOINT = Path("models/random/checkpoint.safetensors")
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


def wait_for_an_epoch(process):
    """Wait until the process has written a checkpoint; return whether it still runs."""
    before = CHECKPOINT.stat().st_mtime_ns if CHECKPOINT.exists() else None
    while process.poll() is None:
        if CHECKPOINT.exists() and CHECKPOINT.stat().st_mtime_ns != before:
            return True
        time.sleep(0.002)
    return False


def kill_a_training():
    """Leave the checkpoint of a training that has not ended."""
    process = start()
    assert wait_for_an_epoch(process)
    process.kill()
    process.communicate()


def refusal(stage):
    """Return what the training says that it cannot go on for."""
    refused = stage("train", "random")
    assert refused.returncode == 1
    return refused.stderr


def results(stage):
    """Train to the end and return the bytes of all that it writes."""
    process = stage("train", "random")
    assert process.returncode == 0, process.stderr
    assert not CHECKPOINT.exists()
    return {name: Path(name).read_bytes() for name in RESULTS}


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_kills_leave_the_same_bytes(prepared, stage, kills):
    expected = results(stage)
    rng = random.Random(8)
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
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert not Path(MODEL).exists()
    assert results(stage) == expected
    assert not [name for name in remains(Path("models")) if name.endswith(".tmp")]


def test_ctrl_c_stops_with_one_line_that_says_how_to_go_on(prepared, stage):
    process = start()
    assert wait_for_an_epoch(process)
    os.killpg(process.pid, signal.SIGINT)
    shown, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == (
        "pipeline: training on random: interrupted; the same command goes on after the last"
        f" finished epoch, which is in {CHECKPOINT}\n"
    )
    done = len([line for line in shown.splitlines() if line.startswith("epoch ")])
    again = stage("train", "random")
    assert again.stdout.startswith(f"going on after epoch {done} of {EPOCHS}\nepoch {done + 1}/")
    assert not CHECKPOINT.exists()


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"profiles__thesis__batch_size": 16}, "batch_size 15, now 16"),
        ({"profiles__thesis__epochs": EPOCHS + 1}, f"epochs {EPOCHS}, now {EPOCHS + 1}"),
        ({"seed": 1}, "seed 20190729, now 1"),
    ],
)
def test_a_checkpoint_of_other_parameters_is_refused(
    prepared, stage, set_params, changes, difference
):
    kill_a_training()
    before = CHECKPOINT.read_bytes()
    set_params(**changes)
    assert refusal(stage) == (
        f"pipeline: {CHECKPOINT}: made by another training: {difference}; undo the change to go on"
        " with it, or delete the file to train from the beginning\n"
    )
    assert CHECKPOINT.read_bytes() == before
    CHECKPOINT.unlink()
    set_params(profiles__thesis__epochs=1)
    assert stage("train", "random").returncode == 0


def test_a_checkpoint_of_other_code_is_refused(prepared, tmp_path):
    kill_a_training()
    changed = tmp_path / "changed"
    shutil.copytree(ROOT / "pipeline", changed / "pipeline")
    with (changed / "pipeline/nn/layers.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    path = f"import sys; sys.path.insert(0, {str(changed)!r}); from pipeline import cli; "
    process = start("-c", f"{path}sys.argv[1:] = ['train', 'random']; cli.main()")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"pipeline: {CHECKPOINT}: made by another training: code '" in error


def test_a_checkpoint_of_other_data_is_refused(prepared, stage, set_params):
    kill_a_training()
    split.run(set_params(split__validation_share=0.3), "random")
    assert "made by another training: data '" in refusal(stage)


def test_a_damaged_checkpoint_is_named(prepared, stage):
    CHECKPOINT.parent.mkdir(parents=True)
    CHECKPOINT.write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    said = refusal(stage)
    assert said.startswith(f"pipeline: {CHECKPOINT}: not a checkpoint of a training (")
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
