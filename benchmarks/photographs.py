"""Time `edge classify` of a photograph as a whole process, and measure its peak memory.

    PYTHONPATH=.:edge/src python benchmarks/photographs.py [--json] [--runs 5]

The photographs, of a phone and of a webcam as JPEG and PNG, show a letter as the scenes of
`studies/strangers` do. They are read in turn, so that a busy moment of the machine slows all of
them. Figures are medians over the runs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy
from harness import ENVIRONMENT, ROOT, in_turn, run

from edge.classifier import prepare
from studies.strangers.files import jpeg, png
from studies.strangers.lettering import Page
from studies.strangers.scenery import photo

# Pages by name, and the most seconds that a photograph of one may take, by the kind of its file.
PAGES = {"12 megapixels": Page(4000, 3000, 0.4), "640x480": Page(640, 480, 0.4)}
BARS = {"12 megapixels": {"jpeg": 0.6, "png": 1.5}, "640x480": {"jpeg": 0.2, "png": 0.2}}
MAXIMUM_BYTES = 300e6


def read(path):
    """Classify a picture in a process of its own; return its seconds and its peak in bytes."""
    command = [sys.executable, "-m", "edge", "classify", path]
    start = perf_counter()
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{path.name}: not read")
    return perf_counter() - start, usage.ru_maxrss * 1024


def photographs(folder):
    """Write the photographs into a folder, and return their paths by size and kind."""
    letter = numpy.frombuffer(prepare(ROOT / "docs/letter.png"), numpy.uint8).reshape(28, 28)
    paths = {}
    for size, page in PAGES.items():
        for kind, encode in (("jpeg", jpeg), ("png", png)):
            scene = photo("benchmark", page=page)._replace(encode=encode)
            paths[size, kind] = path = Path(folder) / f"{page.width}.{kind}"
            path.write_bytes(scene.photograph(letter, numpy.random.default_rng(0)))
    return paths


def measure(runs):
    """Write the photographs, read them and return the report."""
    with tempfile.TemporaryDirectory() as folder:
        # In another process: a child's peak is at least what its parent has at its start.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            paths = pool.submit(photographs, folder).result()
        measured = in_turn(paths, runs, lambda case, _: read(paths[case]))
    rows = []
    for (size, kind), results in measured.items():
        seconds, peaks = zip(*results, strict=True)
        rows.append(
            {
                "size": size,
                "kind": kind,
                "seconds": statistics.median(seconds),
                "bar_seconds": BARS[size][kind],
                "peak_bytes": max(peaks),
                "bar_bytes": MAXIMUM_BYTES,
            }
        )
    return {"rows": rows}


def table(report):
    """Return a report as text."""
    return "\n".join(
        f"{row['size']:14}{row['kind']:5}{row['seconds']:6.2f} s (bar {row['bar_seconds']})"
        f"{row['peak_bytes'] / 1e6:6.0f} MB (bar {row['bar_bytes'] / 1e6:.0f})"
        for row in report["rows"]
    )


if __name__ == "__main__":
    run(__doc__, measure, table, runs=(5, "how often each is read"))
