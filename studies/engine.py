"""Many runs at once, on Dask: on this machine's cores, or on all machines of a scheduler.

A run is a module's function called with a job: plain JSON data in, plain JSON data out. Its result
is kept in `studies/runs/`, so that a second start does only what is missing.
"""

import hashlib
import importlib
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
from time import process_time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from pipeline.errors import PipelineError
from pipeline.files import read_json, write_json
from pipeline.nn.training import TrainingDiverged
from pipeline.training.interruption import Interrupted
from pipeline.training.provenance import computed_with

RUNS = Path("studies/runs")

# Seconds until a scheduler that does not answer counts as not there.
PATIENCE = 5

# Dask's settings for workers on this machine.
LOCAL = {
    # A worker has one run and no other waits behind it, to be lost with it.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.multiprocessing-method": "spawn",
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ": {
        f"{library}_NUM_THREADS": 1 for library in ("OMP", "MKL", "OPENBLAS")
    },
}


def run_all(
    function: Callable[[Any], Any],
    jobs: Sequence,
    description: str,
    *,
    code: Iterable[str],
    data: Iterable[Path] = (),
    scheduler: str | None = None,
    workers: int | None = None,
) -> list:
    """Call `function` with every job and return the results in the jobs' order.

    `code` names the modules that decide their results, a package for all in it, and `data` the
    files that they read; every machine must have the same of both. `scheduler` is the address of a
    Dask scheduler, by default the one that Dask's own settings name (`DASK_SCHEDULER_ADDRESS`).
    Without any, `workers` processes, by default one a core, are started here.

    Raises PipelineError if a run does, diverges or ends its workers, and if the scheduler cannot be
    reached; Interrupted after Ctrl-C. What has finished by then is kept.
    """
    records = _records(function, jobs, code, data)
    missing = {path: record for path, record in records if not path.exists()}
    if missing:
        total = len({path for path, _ in records})
        with (
            _explained(description),
            _progress(description, total, len(missing)) as (say, advance),
            _client(scheduler, workers, len(missing), say) as client,
        ):
            for path, outcome in _results(client, missing):
                write_json(path, missing[path] | outcome)
                advance()
    return [read_json(path)["result"] for path, _ in records]


def finished(
    function: Callable[[Any], Any],
    jobs: Sequence,
    *,
    code: Iterable[str],
    data: Iterable[Path] = (),
) -> list[dict | None]:
    """Return what `run_all` has kept of the jobs, None for one that has not finished.

    A `result`, and the `seconds` that the run has had a processor; older ones do not say.
    """
    records = _records(function, jobs, code, data)
    return [read_json(path) if path.exists() else None for path, _ in records]


def _records(
    function: Callable[[Any], Any], jobs: Sequence, code: Iterable[str], data: Iterable[Path]
) -> list[tuple[Path, dict]]:
    """Return, for every job, all that decides its result, and where that is kept."""
    circumstances = _circumstances(code, data)
    name = f"{function.__module__}:{function.__qualname__}"
    records = [{"function": name, "job": job, "circumstances": circumstances} for job in jobs]
    return [(_kept_in(record), record) for record in records]


def _circumstances(code: Iterable[str], data: Iterable[Path]) -> dict:
    return {
        **computed_with(),
        "code": {name: code_digest(name) for name in code},
        "data": digests(data),
    }


@cache
def code_digest(module: str) -> str:
    """Return a digest of the source of a module, or of all modules of a package."""
    path = Path(importlib.import_module(module).__file__)
    code = hashlib.sha256()
    for file in sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]:
        code.update(file.read_bytes())
    return code.hexdigest()[:16]


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file's bytes, in hexadecimal."""
    found = ((path, path.stat()) for path in paths)
    return {path.as_posix(): _sha256(path, of.st_mtime_ns, of.st_size) for path, of in found}


@cache
def _sha256(path: Path, modified: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept_in(record: dict) -> Path:
    text = json.dumps(record, sort_keys=True)
    return RUNS / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def _run(record: dict) -> dict:
    """Do one run, on a worker whose code and data are those of the process that wants it.

    Returns its result, and the seconds that it has had a processor.
    """
    place = f"{socket.gethostname()}:{Path.cwd()}"
    wanted = record["circumstances"]
    if wanted != _circumstances(wanted["code"], []) | {"data": wanted["data"]}:
        raise PipelineError(
            f"{place}: another version of the code, of NumPy or of its BLAS than here; update that"
            " checkout and its environment, and start its workers again"
        )
    for name, digest in wanted["data"].items():
        path = Path(name)
        if not path.exists() or digests([path]) != {name: digest}:
            raise PipelineError(
                f"{place}: {name}: not there or another one than here; copy it there, or start the"
                " workers in the root of the checkout"
            )
    begin = process_time()
    result = pkgutil.resolve_name(record["function"])(record["job"])
    return {"result": result, "seconds": process_time() - begin}


def _results(client, records: dict[Path, dict]) -> Iterator[tuple[Path, dict]]:
    """Have every run done, and yield what comes of each as soon as it is there."""
    from distributed import KilledWorker, as_completed

    # Tasks of one group wait on the scheduler until a worker is free.
    keys = {(record["function"], path.stem): path for path, record in records.items()}
    futures = client.map(_run, list(records.values()), key=list(keys))
    try:
        for future, outcome in as_completed(futures, with_results=True):
            if future.cancelled():
                raise PipelineError("the connection to the scheduler is lost")
            yield keys[future.key], outcome
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
    """Connect to the scheduler, or start one here with its workers, at most one a run."""
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
    """Undo what Dask sets in this process's environment: it is meant for its workers alone."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends, and from processes that start in it for good.

    Nor does it reach those that their threads start later: this process answers it and ends them.
    """
    # It would start in the block too, and let Ctrl-C through as it comes.
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
    """Yield a function that prints a line, and one that counts a run, on standard error."""
    console = Console(stderr=True, soft_wrap=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        "{task.description}", *columns, console=console, disable=not console.is_terminal
    ) as progress:
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
    """Say in one line what ends all runs, if a person can do something about it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"{description}: interrupted; finished runs are kept, and the same command does the"
            " others"
        ) from None
    except TrainingDiverged as error:
        raise PipelineError(f"{description}: {error}") from None
