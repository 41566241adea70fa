"""Many runs at once, on Dask: on this machine's cores, or on all machines of a scheduler.

A run is a module's function called with a job: plain JSON data in, plain JSON data out. What it
gave is kept in `runs/`, so that a second start does only what is missing.
"""

import hashlib
import json
import logging
import os
import pkgutil
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import numpy
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import edge
import pipeline
from pipeline.errors import PipelineError
from pipeline.files import read_json, write_json
from pipeline.interrupt import Interrupted
from pipeline.nn.training import TrainingDiverged

RUNS = Path("runs")

# Seconds until a scheduler that does not answer counts as not there.
PATIENCE = 5

# Dask's settings for workers on this machine.
LOCAL = {
    # A worker has one run and no other waits behind it, to be lost with it.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.multiprocessing-method": "spawn",
    "distributed.worker.profile.enabled": False,
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
    any, so many `workers`, by default one a core, are started here.

    Raises PipelineError where a run does, diverges or ends its workers, and where the scheduler
    cannot be reached; Interrupted after Ctrl-C. What has finished by then is kept.
    """
    records = [
        {
            "function": f"{function.__module__}:{function.__qualname__}",
            "job": job,
            "circumstances": circumstances,
        }
        for job in jobs
    ]
    paths = [_kept_in(record) for record in records]
    missing = {
        path: record for path, record in zip(paths, records, strict=True) if not path.exists()
    }
    if missing:
        with (
            _explained(description),
            _progress(description, len(set(paths)), len(missing)) as (say, advance),
            _client(scheduler, workers, len(missing), say) as client,
        ):
            for path, result in _results(client, missing):
                write_json(path, missing[path] | {"result": result})
                advance()
    return [read_json(path)["result"] for path in paths]


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """Give the SHA-256 of each file's bytes, in hexadecimal."""
    found = {}
    for path in paths:
        status = path.stat()
        found[path.as_posix()] = _sha256(path, status.st_mtime_ns, status.st_size)
    return found


@cache
def _sha256(path: Path, modified: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept_in(record: dict) -> Path:
    text = json.dumps(record, sort_keys=True)
    return RUNS / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


@cache
def _checkout() -> dict[str, str]:
    """Tell what computes here: a digest of both packages' code as it was first used, and NumPy."""
    code = hashlib.sha256()
    for package in (edge, pipeline):
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            code.update(path.read_bytes())
    return {"code": code.hexdigest(), "numpy": numpy.__version__}


def _run(record: dict, checkout: dict[str, str]) -> Any:
    """Do one run, on a worker that has the same code and data as who asks for it."""
    place = f"{socket.gethostname()}:{Path.cwd()}"
    if _checkout() != checkout:
        raise PipelineError(
            f"{place}: another version of the code or of NumPy than here; update that checkout"
            " and its environment, and start its workers again"
        )
    for name, digest in record["circumstances"].get("data", {}).items():
        path = Path(name)
        if not path.exists() or digests([path]) != {name: digest}:
            raise PipelineError(
                f"{place}: {name}: not there or another one than here; copy it there, or start the"
                " workers in the root of the checkout"
            )
    return pkgutil.resolve_name(record["function"])(record["job"])


def _results(client, records: dict[Path, dict]) -> Iterator[tuple[Path, Any]]:
    """Have every run done, and give each result as soon as it is there."""
    from distributed import KilledWorker, as_completed

    # Tasks of one group wait on the scheduler until a worker is free.
    keys = {(record["function"], path.stem): path for path, record in records.items()}
    futures = client.map(_run, list(records.values()), key=list(keys), checkout=_checkout())
    try:
        for future, result in as_completed(futures, with_results=True):
            if future.cancelled():
                raise PipelineError("the connection to the scheduler is lost")
            yield keys[future.key], result
            # Dask computes anew what is still wanted of a worker that dies.
            future.release()
    except KilledWorker as error:
        raise PipelineError(
            f"a run ends its worker whenever it is tried ({error.allowed_failures + 1} times, last"
            f" at {error.last_worker.address}); too little memory is the likeliest cause"
        ) from None


@contextmanager
def _client(
    scheduler: str | None, workers: int | None, runs: int, say: Callable[[str], None]
) -> Iterator:
    """Connect to the scheduler, or start one here with its workers: one for a run at most."""
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster

    address = scheduler or (None if workers else dask.config.get("scheduler-address", None))
    with ExitStack() as stack:
        # Dask's log is for its developers; what a person can use is said here.
        logging.disable(logging.CRITICAL)
        stack.callback(logging.disable, logging.NOTSET)
        if not address:
            stack.enter_context(keeping_environment())
            stack.enter_context(dask.config.set(LOCAL))
            with _deaf_to_interrupts():
                cluster = LocalCluster(
                    n_workers=min(workers or CPU_COUNT, runs),
                    threads_per_worker=1,
                    # Results are small: what a run itself needs is between it and the system.
                    memory_limit=0,
                    silence_logs=logging.CRITICAL,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                )
                address = stack.enter_context(cluster)
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
        except (OSError, ValueError) as error:
            raise PipelineError(
                f"{address}: no Dask scheduler answers ({error}); start one with `dask scheduler`"
            ) from None
        if not client.scheduler_info()["workers"]:
            say(f"{address}: has no worker yet; the runs begin when one comes: `dask worker`")

        def report(event: tuple[float, Any]) -> None:
            message = event[1]
            if message.get("action") == "remove-worker" and not message["expected"]:
                say(f"the worker {message['worker']} has died; its runs are done elsewhere")

        client.subscribe_topic("all", report)
        yield client


@contextmanager
def keeping_environment() -> Iterator[None]:
    """Undo what Dask sets in this process's environment, which it means for its workers alone."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends; it never reaches processes that are born in it.

    Nor those that their threads start later: this process alone answers it, and ends them.
    """
    # It would be born in the block too, and let Ctrl-C through as it comes.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _progress(
    description: str, total: int, missing: int
) -> Iterator[tuple[Callable[[str], None], Callable[[], None]]]:
    """Give a function that says a line, and one that counts a run: on standard error."""
    console = Console(stderr=True, soft_wrap=True)
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=total, completed=total - missing)

        def say(line: str) -> None:
            console.print(line, markup=False, highlight=False)

        def advance() -> None:
            progress.advance(task)
            if not console.is_terminal:
                say(f"{description}: {progress.tasks[task].completed} of {total} runs")

        if missing < total:
            say(f"{description}: {total - missing} of {total} runs are kept from before")
        yield say, advance


@contextmanager
def _explained(description: str) -> Iterator[None]:
    """Say in one line what ends all runs, where a person can do something about it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"{description}: interrupted; finished runs are kept, and the same command does the"
            " others"
        ) from None
    except TrainingDiverged as error:
        raise PipelineError(f"{description}: {error}") from None
