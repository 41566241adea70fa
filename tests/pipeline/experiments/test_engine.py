"""Runs are done once each, whatever happens to workers, and what has finished is kept."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from pipeline.errors import PipelineError
from pipeline.experiments import engine
from tests.pipeline.conftest import ROOT
from tests.pipeline.experiments import jobs


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Start a Dask scheduler with two workers, as an owner of machines does; gives its address."""
    folder = tmp_path_factory.mktemp("machines")
    file = folder / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(file), *local],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}"}
            | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for arguments in (
            ["scheduler", "--port", "0"],
            ["worker", "--nthreads", "1", "--nworkers", "2"],
        )
    ]
    wait_for(file.exists)
    yield json.loads(file.read_text("utf-8"))["address"]
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def log(workplace):
    """Where jobs leave their traces; a worker may work in another folder."""
    path = workplace / "log"
    path.touch()
    return path


def traces(log, kind):
    """Give (number, process) of every job that has left a trace of this kind."""
    lines = [line.split() for line in log.read_text("utf-8").splitlines()]
    return [(int(number), int(pid)) for found, number, pid in lines if found == kind]


def numbered(log, count, **others):
    return [{"number": number, "log": str(log), **others} for number in range(count)]


def test_a_killed_worker_costs_the_run_it_held_and_nothing_else(log, scheduler, capfd):
    def kill_the_held_one():
        wait_for(lambda: len(list(engine.RUNS.glob("*.json"))) >= 4)
        (pid,) = (pid for number, pid in traces(log, "began") if number == 2)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_the_held_one)
    killer.start()
    eight = numbered(log, 8, seconds=0.1)
    eight[2]["held"] = True
    before = dict(os.environ)
    results = engine.run_all(jobs.trace, eight, {}, "naps", workers=2)
    assert dict(os.environ) == before
    killer.join()
    assert [result["number"] for result in results] == list(range(8))
    assert {result["threads"] for result in results} == {"1"}
    assert Counter(number for number, _ in traces(log, "ended")) == Counter(range(8))
    assert Counter(number for number, _ in traces(log, "began")) == Counter([*range(8), 2])
    output = capfd.readouterr()
    assert "has died; its runs are done elsewhere" in output.err
    assert "naps: 8 of 8 runs" in output.err
    assert output.out == ""

    # A second start does only what is missing, here or elsewhere.
    nine = [*eight, {"number": 8, "log": str(log)}]
    results = engine.run_all(jobs.trace, nine, {}, "naps", scheduler=scheduler)
    assert [result["number"] for result in results] == list(range(9))
    assert sorted(number for number, _ in traces(log, "ended")) == list(range(9))
    assert "naps: 8 of 9 runs are kept from before" in capfd.readouterr().err


def test_nothing_is_started_where_nothing_is_missing(log, scheduler):
    # The same run twice is one run.
    twice = numbered(log, 1) * 2
    results = engine.run_all(jobs.trace, twice, {"code": 1}, "naps", scheduler=scheduler)
    assert results[0] == results[1]
    assert len(traces(log, "ended")) == 1
    assert engine.run_all(jobs.trace, twice, {"code": 1}, "naps", scheduler="nowhere") == results
    # Other circumstances, another run.
    engine.run_all(jobs.trace, twice, {"code": 2}, "naps", scheduler=scheduler)
    assert len(traces(log, "ended")) == 2


def test_the_setting_of_dask_names_the_scheduler_too(log, scheduler):
    import dask

    with dask.config.set({"scheduler-address": scheduler}):
        engine.run_all(jobs.trace, numbered(log, 1), {}, "naps")
    assert len(traces(log, "ended")) == 1


def test_a_run_that_cannot_go_on_ends_all_and_what_has_finished_is_kept(log, scheduler):
    failing = [*numbered(log, 1), {"number": 1, "log": str(log), "seconds": 0.5, "fails": True}]
    with pytest.raises(PipelineError, match="number 1 fails"):
        engine.run_all(jobs.trace, failing, {}, "naps", scheduler=scheduler)
    (kept,) = engine.RUNS.iterdir()
    assert json.loads(kept.read_text("utf-8"))["result"]["number"] == 0


def test_workers_of_another_checkout_are_refused(log, scheduler, monkeypatch):
    monkeypatch.setattr(engine, "_checkout", lambda: {"code": "another"})
    with pytest.raises(PipelineError, match="another version of the code"):
        engine.run_all(jobs.trace, numbered(log, 1), {}, "naps", scheduler=scheduler)
    assert not traces(log, "began")


def test_workers_with_other_data_are_refused(log, scheduler, workplace):
    data = workplace / "letters.npz"
    data.write_bytes(b"letters")
    there = {"data": engine.digests([data])}
    engine.run_all(jobs.trace, numbered(log, 1), there, "naps", scheduler=scheduler)
    for wrong in ({"absent.npz": "0"}, {str(data): "0"}):
        with pytest.raises(PipelineError, match=f"{next(iter(wrong))}: not there or another one"):
            engine.run_all(
                jobs.trace, numbered(log, 1), {"data": wrong}, "naps", scheduler=scheduler
            )
    assert len(traces(log, "began")) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_a_scheduler_that_is_not_there_is_named(log, monkeypatch, address):
    monkeypatch.setattr(engine, "PATIENCE", 0.3)
    with pytest.raises(PipelineError, match=f"{address}: no Dask scheduler answers"):
        engine.run_all(jobs.trace, numbered(log, 1), {}, "naps", scheduler=address)


def test_a_run_that_ends_every_worker_is_given_up(log, scheduler):
    deadly = [{"number": 0, "log": str(log), "dies": True}]
    with pytest.raises(PipelineError, match="ends its worker whenever it is tried"):
        engine.run_all(jobs.trace, deadly, {}, "naps", scheduler=scheduler)
    assert len(traces(log, "began")) == 1
