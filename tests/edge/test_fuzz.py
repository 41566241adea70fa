"""Mutated pictures and packs: no traceback, no hang, little memory, and one line each."""

import json
import os
import subprocess
import sys

import pytest

# The fuzz run holds itself to its limits with what POSIX has and Windows has not.
pytest.importorskip("resource")


def fuzz(cases, processes, seed):
    command = [sys.executable, "-m", "tests.edge.fuzz", "--cases", str(cases)]
    result = subprocess.run(
        [*command, "--processes", str(processes), "--seed", str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert result.stdout, result.stderr.decode()
    return json.loads(result.stdout)


def held(report, cases):
    """Check a report: every case read, of every kind some accepted and some refused."""
    assert report["failures"] == []
    assert report["cases"] == cases
    assert report["peak_megabytes"] < 300
    for kind, least in (("png", 100), ("pnm", 100), ("pack", 100), ("photograph", 1000)):
        assert report["statuses"][f"{kind} 0 within"] >= cases / least
        assert report["statuses"][f"{kind} 1 within"] >= cases / least


def test_mutated_files_are_read_or_refused_in_one_line():
    pytest.importorskip("numpy")
    held(fuzz(400, 3, seed=1), 400)


@pytest.mark.slow
def test_a_hundred_thousand_mutated_files_are_read_or_refused_in_one_line():
    pytest.importorskip("numpy")
    held(fuzz(100_000, 300, seed=2), 100_000)
