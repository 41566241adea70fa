"""Measure the peak memory of the stage `train`, as a whole process, by the number of letters.

    PYTHONPATH=.:edge/src python benchmarks/memory.py [--json] [--letters 10000 20000 40000 76619]

The stage trains the profile of `params.yaml` for one epoch on noise; a line is fitted to its peaks.
docs/results.md shows what `--json` has written to benchmarks/memory.json.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import yaml
from harness import ENVIRONMENT, ROOT, run

from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.letters import Letters, write

VALIDATION_SHARE = 0.02


def peak(count):
    """Train on `count` pictures; return the process's largest resident set in bytes."""
    rng = numpy.random.default_rng(0)
    noise = Letters(
        images=rng.integers(0, 256, (count, 28, 28), numpy.uint8),
        labels=rng.integers(0, len(RUSSIAN), count, numpy.uint8),
        names=numpy.array([b"0/0_0_%d_20190729110000.png" % number for number in range(count)]),
        runs=numpy.full(count, b"uppercase"),
        validation=numpy.arange(count) < max(1, count * VALIDATION_SHARE),
    )
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    # Letters that were composed on papers take as much as others.
    params["profiles"][params["train"]["profile"]] |= {"epochs": 1, "composed": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "data/split/random/noise/train.npz", noise)
        alphabet.write(folder / "data/split/random", [*RUSSIAN])
        (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "train", "random"],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the stage ended with status {process.returncode}")
    return usage.ru_maxrss * 1024


def table(report):
    """Return a report as text."""
    lines = [f"{n:7,} letters: {size / 1e6:5.0f} MB" for n, size in report["peak_bytes"].items()]
    lines.append(
        f"{report['bytes_at_none'] / 1e6:.0f} MB and {report['bytes_a_letter'] / 1e3:.2f} kB a"
        f" letter, to within {report['farthest_from_the_line_bytes'] / 1e6:.1f} MB"
    )
    return "\n".join(lines)


def measure(letters):
    """Return the peak for each number of letters, and the line through them."""
    peaks = [peak(count) for count in letters]
    slope, start = numpy.polyfit(letters, peaks, 1)
    away = numpy.polyval((slope, start), letters) - peaks
    return {
        "peak_bytes": dict(zip(letters, peaks, strict=True)),
        "bytes_a_letter": slope,
        "bytes_at_none": start,
        "farthest_from_the_line_bytes": float(numpy.abs(away).max()),
    }


if __name__ == "__main__":
    run(__doc__, measure, table, letters=([10_000, 20_000, 40_000, 76_619], "how many"))
