"""Peak memory of the stage `train`, as a whole process, by the number of letters.

    PYTHONPATH=.:edge/src python benchmarks/memory.py [--json] [--letters 10000 20000 40000 76619]

Trains the profile of `params.yaml` for one epoch on drawn noise, and fits a line. README.md shows
what `--json` has written to benchmarks/memory.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import yaml

ROOT = Path(__file__).parents[1]
VALIDATION_SHARE = 0.05


def peak(letters):
    """Train on `letters` pictures; return the process's largest resident set in bytes."""
    rng = numpy.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        split = Path(folder) / "data/split/random/noise"
        split.mkdir(parents=True)
        numpy.savez(
            split / "train.npz",
            images=rng.integers(0, 256, (letters, 28, 28), numpy.uint8),
            labels=rng.integers(0, 33, letters, numpy.uint8),
            names=numpy.array([b"0/0_0_%d_20190729110000.png" % n for n in range(letters)]),
            validation=rng.random(letters) < VALIDATION_SHARE,
        )
        params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params["train"]["epochs"] = 1
        (Path(folder) / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "train", "random"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}"},
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the stage ended with status {process.returncode}")
    return usage.ru_maxrss * 1024


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    parser.add_argument(
        "--letters", type=int, nargs="+", default=[10_000, 20_000, 40_000, 76_619], help="how many"
    )
    arguments = parser.parse_args()
    peaks = [peak(letters) for letters in arguments.letters]
    slope, start = numpy.polyfit(arguments.letters, peaks, 1)
    away = numpy.polyval((slope, start), arguments.letters) - peaks
    report = {
        "peak_bytes": dict(zip(arguments.letters, peaks, strict=True)),
        "bytes_a_letter": slope,
        "bytes_at_none": start,
        "farthest_from_the_line_bytes": float(numpy.abs(away).max()),
    }
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for letters, size in report["peak_bytes"].items():
        print(f"{letters:7,} letters: {size / 1e6:5.0f} MB")
    print(
        f"{start / 1e6:.0f} MB and {slope / 1e3:.2f} kB a letter,"
        f" to within {report['farthest_from_the_line_bytes'] / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
