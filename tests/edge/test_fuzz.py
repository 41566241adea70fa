"""Mutated pictures, forms and packs: no traceback, no hang, little memory, and one line each."""

import json
import subprocess
import sys

import pytest

from tests.edge.processes import ENVIRONMENT

# The fuzz run holds itself to its limits with what POSIX has and Windows has not.
pytest.importorskip("resource")


def fuzz(cases, processes, seed):
    options = ("--cases", cases, "--processes", processes, "--seed", seed)
    result = subprocess.run(
        [sys.executable, "-m", "tests.edge.fuzz", *map(str, options)],
        env={**ENVIRONMENT, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert result.stdout, result.stderr.decode()
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    "cases, processes, seed",
    [(400, 3, 1), pytest.param(100_000, 300, 2, marks=pytest.mark.slow)],
)
def test_mutated_files_are_read_or_refused_in_one_line(cases, processes, seed):
    pytest.importorskip("numpy")
    report = fuzz(cases, processes, seed)
    assert report["failures"] == []
    assert report["cases"] == cases
    assert report["peak_megabytes"] < 300
    for kind, least in (
        ("png", 100),
        ("pnm", 100),
        ("pack", 100),
        ("photograph", 1000),
        ("form", 1000),
    ):
        # Of every kind some are accepted and some refused.
        assert report["statuses"][f"{kind} 0 within"] >= cases / least
        assert report["statuses"][f"{kind} 1 within"] >= cases / least
