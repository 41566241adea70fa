"""The same sweep, 32 short trainings, on one worker and on two of this machine.

    PYTHONPATH=.:edge/src python benchmarks/sweep.py [--json] [--rounds 5]

README.md shows what `--json` has written to benchmarks/sweep.json.

Both run in turn, from the command line to the last line of the output: whatever Dask takes to start
counts. Figures are medians over the rounds. Letters are drawn by the built-in corpus.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter

import distributed

from pipeline.corpora import strokes
from pipeline.experiments.engine import RUNS
from pipeline.files import RAW
from pipeline.stages import clean

ROOT = Path(__file__).parents[1]
WORKERS = (1, 2)
RUNS_WANTED = 32
LETTERS_PER_CLASS = 300
GRID = (
    "train.profile=thesis",
    "profiles.thesis.epochs=4",
    "split.test_per_letter=50",
    "profiles.thesis.optimizer.learning_rate=0.005,0.01,0.02,0.04",
    f"seed=range({RUNS_WANTED // 4})",
)


def sweep(workers):
    """Do the whole sweep anew; return its seconds and those of each training."""
    shutil.rmtree(RUNS, ignore_errors=True)
    command = [sys.executable, "-m", "pipeline", "sweep", "--json", "--workers", str(workers)]
    for parameter in GRID:
        command += ["-S", parameter]
    begin = perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    seconds = perf_counter() - begin
    trainings = [json.loads(line)["seconds"] for line in done.stdout.splitlines()]
    if len(trainings) != RUNS_WANTED:
        raise AssertionError(f"{len(trainings)} trainings, expected {RUNS_WANTED}")
    return seconds, trainings


def measure(rounds):
    """Run everything in an empty folder; return one row for each number of workers."""
    seconds = {workers: [] for workers in WORKERS}
    trainings = {workers: [] for workers in WORKERS}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            shutil.copy(ROOT / "params.yaml", folder)
            RAW.mkdir(parents=True)
            strokes.write_archive(RAW / "strokes.zip", LETTERS_PER_CLASS, 1)
            with redirect_stdout(sys.stderr):
                clean.clean(strokes.CORPUS, RAW / "strokes.zip")
            for _ in range(rounds):
                for workers in WORKERS:
                    whole, each = sweep(workers)
                    seconds[workers].append(whole)
                    trainings[workers] += each
        finally:
            os.chdir(before)
    return [
        {
            "workers": workers,
            "seconds": statistics.median(seconds[workers]),
            "all_seconds": seconds[workers],
            "training_seconds": statistics.median(trainings[workers]),
        }
        for workers in WORKERS
    ]


def table(report):
    """Lay a report out as text."""
    lines = ["workers     sweep  a training"]
    lines += [
        f"{row['workers']:7}  {row['seconds']:6.1f} s  {row['training_seconds']:8.2f} s"
        for row in report["rows"]
    ]
    lines.append(f"two workers take {report['ratio']:.2f} of the time that one takes")
    return "\n".join(lines)


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    parser.add_argument("--rounds", type=int, default=5, help="sweeps on each number of workers")
    arguments = parser.parse_args()
    rows = measure(arguments.rounds)
    report = {
        "runs": RUNS_WANTED,
        "rounds": arguments.rounds,
        "cores": os.cpu_count(),
        "distributed": distributed.__version__,
        "rows": rows,
        "ratio": rows[1]["seconds"] / rows[0]["seconds"],
    }
    print(json.dumps(report, indent=2) if arguments.json else table(report))


if __name__ == "__main__":
    main()
