"""Many runs at once, on Dask: on this machine's cores, or on all machines of a scheduler.

A run is a module's function called with a job: plain JSON data in, plain JSON data out. What it
gave is kept in `runs/`, so that a second start does only what is missing.
"""

import hashlib
import importlib.metadata
import json
import logging
import pkgutil
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import edge
import pipeline
from pipeline.errors import PipelineError
from pipeline.files import read_json, write_json
from pipeline.interrupt import Interrupted

RUNS = Path("runs")

# Seconds until a scheduler that does not answer counts as not there.
PATIENCE = 5

LOCAL = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.multiprocessing-method": "spawn",
    "distributed.worker.profile.enabled": False,
    # Ctrl-C reaches the workers too: only this process answers it, and ends them.
    "distributed.worker.preload": ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
    },
}


def run_all(
    function: Callable[[Any], Any],
    jobs: Sequence,
    circumstances: dict,
    description: str,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
) -> list:
    """Call `function` with every job and give the results in the jobs' order.

    `circumstances` is plain data: what else decides a result. Of its `data`, digests of files as
    `digests` gives them, every machine must have the same. `scheduler` is the address of a Dask
    scheduler, by default the one that Dask's own settings name (`DASK_SCHEDULER_ADDRESS`); without
    any, so many `workers`, or one a core, are started here.

    Raises PipelineError where a run does, where a run ends its workers, or where there is no such
    scheduler; Interrupted after Ctrl-C. What has finished by then is kept.
    """
    called = f"{function.__module__}:{function.__qualname__}"
    records = [{"function": called, "job": job, "circumstances": circumstances} for job in jobs]
    paths = [RUNS / f"{_digest(record)}.json" for record in records]
    missing = {
        path: record for path, record in zip(paths, records, strict=True) if not path.exists()
    }
    if missing:
        with _progress(description, len(set(paths)), len(missing)) as (advance, say):
            for path, result in _computed(missing, description, scheduler, workers, say):
                write_json(path, missing[path] | {"result": result})
                advance()
    return [read_json(path)["result"] for path in paths]


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """Give the SHA-256 of each file's bytes, in hexadecimal."""
    return {path.as_posix(): _digest_of_file(path) for path in paths}
