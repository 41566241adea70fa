"""A sweep trains every combination as the stages do, and refuses a bad grid at once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.files import read_json
from studies import sweep
from tests.support.workplace import clean_strokes, environment

SHORT = ("-S", "train.profile=thesis", "-S", "profiles.thesis.batch_size=5")


@pytest.fixture
def letters(workplace, set_params):
    """Letters that are cleaned and not yet divided."""
    clean_strokes(20)
    set_params(split__test_per_letter=10, split__validation_share=0.2)


def test_every_combination_is_trained_once_as_the_stages_train_it(
    workplace, stage, studies, letters, set_params
):
    grid = (
        *SHORT,
        *("-S", "profiles.thesis.epochs=2", "-S", "seed=range(1,3)"),
        *("-S", "profiles.thesis.optimizer.learning_rate=0.01,1e30"),
    )
    done = studies("sweep", *grid, "--json", status=1)
    *progress, last = done.stderr.splitlines()
    assert progress[-1] == "sweep: 4 of 4 runs"
    assert last == "studies: sweep: 2 of 4 trainings have failed"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    varied = [tuple(row["parameters"].values())[-2:] for row in rows]
    assert sorted(varied) == [(1, 0.01), (1, 1e30), (2, 0.01), (2, 1e30)]
    assert rows[0]["validation_accuracy"] >= rows[1]["validation_accuracy"]
    assert set(rows[0]["test_accuracy"]) == {"strokes"}
    assert rows[0]["test_accuracy"] != rows[1]["test_accuracy"]
    assert all("error" in row for row in rows[2:])

    # A second start trains nothing; for people, a table.
    again = studies("sweep", *grid, status=1)
    assert "runs" not in again.stderr
    header, best, *_ = again.stdout.splitlines()
    assert "profiles.thesis.optimizer.learning_rate" in header
    assert f"{rows[0]['validation_accuracy']:.2%}" in best
    assert again.stderr.count("profiles.thesis.optimizer.learning_rate=1e+30: training: ") == 2

    set_params(seed=rows[0]["parameters"]["seed"], train__profile="thesis")
    set_params(profiles__thesis__epochs=2, profiles__thesis__batch_size=5)
    assert stage("split", "random").returncode == 0
    assert stage("train", "random").returncode == 0
    trained = read_json(Path("metrics/random/train.json"))
    assert trained["epoch"] == rows[0]["best_epoch"]
    assert trained["validation_accuracy"] == rows[0]["validation_accuracy"]


@pytest.mark.slow
def test_ctrl_c_ends_a_sweep_in_one_line_and_leaves_no_process(workplace, letters):
    grid = (*SHORT, "-S", "profiles.thesis.epochs=1,10000")
    process = subprocess.Popen(
        [sys.executable, "-m", "studies", "sweep", *grid, "--workers", "2"],
        env=environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        assert process.stderr.readline() == "sweep: 1 of 2 runs\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    said = "interrupted; finished runs are kept, and the same command does the others"
    assert errors == f"studies: sweep: {said}\n"
    assert process.returncode == 130
    assert len(list(workplace.glob("studies/runs/*.json"))) == 1
    # The last process sees that all others have gone, and goes.
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(process.pid, 0)
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["nonsense=1"], "Could not override 'nonsense'"),
        (["seed=1,"], "-S 'seed=1,': "),
        (["seed=choice("], "-S 'seed=choice(': "),
        (["seed=glob(*)"], "Glob override 'seed=glob(*)' is not supported"),
        (["seed=interval(0,1)"], "does not support sweep type"),
        (["train.profile=letters,absent"], "train.profile: found 'absent'"),
        (["evaluate.pure_letters=1,2"], "dvc exp run --queue -S 'evaluate.pure_letters=1,2'"),
        (["~profiles.thesis.optimizer.l2_lambda"], "takes no parameter away"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_by_name(workplace, changes, expected):
    with pytest.raises(PipelineError) as refused:
        sweep.combinations(changes)
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_that_is_wrong_with_a_grid_is_said_at_once(workplace):
    with pytest.raises(PipelineError) as refused:
        sweep.combinations(["seed=1,-1,x", "profiles.letters.epochs=0"])
    for problem in ("seed: ", "found -1", "found 'x'", "profiles.letters.epochs"):
        assert problem in str(refused.value)
    with pytest.raises(PipelineError) as refused:
        sweep.combinations(["seed=1,", "export.opset=14", "train.profile=("])
    for problem in ("'seed=1,'", "'export.opset=14'", "'train.profile=('"):
        assert problem in str(refused.value)


def test_a_plus_adds_a_parameter(workplace):
    (point,) = sweep.combinations(["+profiles.letters.repeats.strokes=2"])
    assert point.training.profile.repeats == {"comnist": 4, "strokes": 2}
    assert point.parameters == {"profiles.letters.repeats.strokes": 2}


def test_what_decides_no_training_makes_no_second_one(workplace):
    grid = sweep.combinations(
        ["train.profile=letters,thesis", "profiles.thesis.optimizer.learning_rate=0.01,0.02"]
    )
    assert len(grid) == 4
    assert grid[0].training == grid[1].training
    assert grid[2].training != grid[3].training


def test_a_sweep_without_letters_names_the_stage_before_it(refused):
    said = refused("sweep", "-S", "seed=1,2")
    assert said == "studies: data/clean: no letters; run the stage `clean` first\n"
