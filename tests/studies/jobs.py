"""Runs that leave traces: workers import them."""

import os
import signal
import time
from pathlib import Path

from pipeline.errors import PipelineError


def trace(job):
    """Write down the beginning and, if there is one, the end of the job.

    One that is held does not end the first time.
    """
    path = Path(job["log"])
    first = f"began {job['number']} " not in path.read_text("utf-8")
    with path.open("a", encoding="utf-8") as log:
        log.write(f"began {job['number']} {os.getpid()}\n")
        log.flush()
        time.sleep(job.get("seconds", 0))
        if job.get("held") and first:
            time.sleep(60)
        if job.get("dies"):
            os.kill(os.getpid(), signal.SIGKILL)
        if job.get("fails"):
            raise PipelineError(f"number {job['number']} fails")
        log.write(f"ended {job['number']} {os.getpid()}\n")
    return {"number": job["number"], "threads": os.environ["OPENBLAS_NUM_THREADS"]}
