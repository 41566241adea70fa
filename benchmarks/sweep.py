"""Time the same sweep, 32 short trainings, on one worker and on two of this machine.

    PYTHONPATH=.:edge/src python benchmarks/sweep.py [--json] [--rounds 5]

docs/results.md shows what `--json` has written to benchmarks/sweep.json.

Both run in turn, from the command line to the last line of output: the time that Dask takes to
start counts. Figures are medians over the rounds. The letters are those of the built-in corpus.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from itertools import chain
from time import perf_counter

import distributed
from harness import ENVIRONMENT, ROOT, in_turn, run

from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import strokes
from pipeline.files import CLEAN, RAW
from pipeline.stages import clean
from studies.engine import RUNS

WORKERS = (1, 2)
LEARNING_RATES = ("0.005", "0.01", "0.02", "0.04")
GRID = (
    "train.profile=thesis",
    "profiles.thesis.epochs=4",
    "split.test_per_letter=50",
    f"profiles.thesis.optimizer.learning_rate={','.join(LEARNING_RATES)}",
)


def sweep(workers, seeds):
    """Run the whole sweep anew; return its seconds and those of each training."""
    shutil.rmtree(RUNS, ignore_errors=True)
    command = [sys.executable, "-m", "studies", "sweep", "--json", "--workers", str(workers)]
    for parameter in (*GRID, f"seed=range({seeds})"):
        command += ["-S", parameter]
    begin = perf_counter()
    done = subprocess.run(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    seconds = perf_counter() - begin
    trainings = [json.loads(line)["seconds"] for line in done.stdout.splitlines()]
    expected = seeds * len(LEARNING_RATES)
    if len(trainings) != expected:
        raise AssertionError(f"{len(trainings)} trainings, expected {expected}")
    return seconds, trainings


def measure(rounds, seeds, letters):
    """Run everything in an empty folder; return the report."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        shutil.copy(ROOT / "params.yaml", folder)
        strokes.write_archive(RAW / "strokes.zip", letters, 1)
        with redirect_stdout(sys.stderr):
            clean.clean(strokes.CORPUS, RAW / "strokes.zip", [*RUSSIAN])
            alphabet.write(CLEAN, [*RUSSIAN])
        measured = in_turn(WORKERS, rounds, lambda workers, _: sweep(workers, seeds))
    rows = []
    for workers, results in measured.items():
        seconds, trainings = zip(*results, strict=True)
        rows.append(
            {
                "workers": workers,
                "seconds": statistics.median(seconds),
                "all_seconds": seconds,
                "training_seconds": statistics.median(chain(*trainings)),
            }
        )
    return {
        "runs": seeds * len(LEARNING_RATES),
        "rounds": rounds,
        "cores": os.cpu_count(),
        "distributed": distributed.__version__,
        "rows": rows,
        "ratio": rows[1]["seconds"] / rows[0]["seconds"],
    }


def table(report):
    """Return a report as text."""
    lines = ["workers     sweep  a training"]
    lines += [
        f"{row['workers']:7}  {row['seconds']:6.1f} s  {row['training_seconds']:8.2f} s"
        for row in report["rows"]
    ]
    lines.append(f"two workers take {report['ratio']:.2f} of the time that one takes")
    return "\n".join(lines)


if __name__ == "__main__":
    run(
        __doc__,
        measure,
        table,
        rounds=(5, "sweeps on each number of workers"),
        seeds=(8, "trainings with each learning rate"),
        letters=(300, "letters of each class"),
    )
