"""Runs are done once each, whatever happens to workers, and what has finished is kept."""

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from pipeline.errors import PipelineError
from pipeline.files import read_json
from studies import augmented, engine
from tests.studies import jobs
from tests.support.dvc_dependencies import imported
from tests.support.workplace import environment

CODE = ["tests.studies.jobs"]

# What reads files whose digests are in a run's key, and where those are; and the streams, whose
# numbers never change.
READERS = {
    *("edge.folders", "edge.picture", "pipeline.data.letters", "pipeline.data.streams"),
    *("studies.mnist", "studies.strangers"),
}


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Start a Dask scheduler with two workers, as an owner of machines does; yields its address."""
    folder = tmp_path_factory.mktemp("machines")
    file = folder / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command.split(), "--scheduler-file", str(file), *local],
            cwd=folder,
            env=environment() | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in ("scheduler --port 0", "worker --nthreads 1 --nworkers 2")
    ]
    wait_for(file.exists)
    yield read_json(file)["address"]
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
    """Return (number, process) of every job that has left a trace of this kind."""
    lines = [line.split() for line in log.read_text("utf-8").splitlines()]
    return [(int(number), int(pid)) for found, number, pid in lines if found == kind]


def numbered(log, count, **others):
    return [{"number": number, "log": str(log), **others} for number in range(count)]


def naps(runs, **options):
    return engine.run_all(jobs.trace, runs, "naps", code=CODE, **options)


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
    results = naps(eight, workers=2)
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
    results = naps(nine, scheduler=scheduler)
    assert [result["number"] for result in results] == list(range(9))
    assert sorted(number for number, _ in traces(log, "ended")) == list(range(9))
    assert "naps: 8 of 9 runs are kept from before" in capfd.readouterr().err


def test_nothing_is_started_if_nothing_is_missing(log, scheduler, workplace):
    # The same run twice is one run.
    twice = numbered(log, 1) * 2
    data = workplace / "letters.npz"
    data.write_bytes(b"letters")
    results = naps(twice, data=[data], scheduler=scheduler)
    assert results[0] == results[1]
    assert len(traces(log, "ended")) == 1
    assert naps(twice, data=[data], scheduler="nowhere") == results
    # Other data, another run.
    data.write_bytes(b"others!")
    naps(twice, data=[data], scheduler=scheduler)
    assert len(traces(log, "ended")) == 2


def test_a_kept_run_of_other_code_is_done_again(log, monkeypatch):
    first = naps(numbered(log, 1), workers=1)
    monkeypatch.setattr(engine, "code_digest", lambda module: "another")
    with pytest.raises(PipelineError, match="no Dask scheduler answers"):
        naps(numbered(log, 1), scheduler="nowhere")
    monkeypatch.undo()
    assert len(first) == len(traces(log, "ended")) == 1


def test_the_setting_of_dask_names_the_scheduler_too(log, scheduler):
    import dask

    with dask.config.set({"scheduler-address": scheduler}):
        naps(numbered(log, 1))
    assert len(traces(log, "ended")) == 1


def test_a_run_that_cannot_go_on_ends_all_and_what_has_finished_is_kept(log, scheduler):
    failing = [*numbered(log, 1), {"number": 1, "log": str(log), "seconds": 0.5, "fails": True}]
    with pytest.raises(PipelineError, match="number 1 fails"):
        naps(failing, scheduler=scheduler)
    (kept,) = engine.RUNS.iterdir()
    assert read_json(kept)["result"]["number"] == 0


def test_workers_of_another_checkout_are_refused(log, scheduler, monkeypatch):
    monkeypatch.setattr(engine, "code_digest", lambda module: "another")
    with pytest.raises(PipelineError, match="another version of the code"):
        naps(numbered(log, 1), scheduler=scheduler)
    assert not traces(log, "began")


def test_workers_with_other_data_are_refused(log, scheduler, workplace, monkeypatch):
    data = workplace / "letters.npz"
    data.write_bytes(b"letters")
    naps(numbered(log, 1), data=[data], scheduler=scheduler)
    for wrong in ({"absent.npz": "0"}, {str(data): "0"}):
        monkeypatch.setattr(engine, "digests", lambda paths, wrong=wrong: wrong)
        with pytest.raises(PipelineError, match=f"{next(iter(wrong))}: not there or another one"):
            naps(numbered(log, 1), scheduler=scheduler)
    assert len(traces(log, "began")) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_a_scheduler_that_is_not_there_is_named(log, monkeypatch, address):
    monkeypatch.setattr(engine, "PATIENCE", 0.3)
    with pytest.raises(PipelineError, match=f"{address}: no Dask scheduler answers"):
        naps(numbered(log, 1), scheduler=address)


def test_a_run_that_ends_every_worker_is_given_up(log, scheduler):
    with pytest.raises(PipelineError, match="ends its worker whenever it is tried"):
        naps(numbered(log, 1, dies=True), scheduler=scheduler)
    assert len(traces(log, "began")) == 1


def test_what_has_finished_is_found_without_a_start(log, scheduler):
    def kept(jobs_of):
        return engine.finished(jobs.trace, jobs_of, code=CODE)

    two = numbered(log, 2)
    assert kept(two) == [None, None]
    naps(two[1:], scheduler=scheduler)
    nothing, run = kept(two)
    assert nothing is None
    assert run["result"]["number"] == 1
    assert 0 < run["seconds"] < 5
    assert len(traces(log, "began")) == 1


def test_the_digest_of_code_is_that_of_a_module_or_of_a_whole_package():
    digests = [engine.code_digest(name) for name in ("edge.ink", "edge.picture", "pipeline.nn")]
    assert len(set(digests)) == 3
    assert all(len(digest) == 16 for digest in digests)


@pytest.mark.parametrize(
    "entry", ["row", "sweep", "perceptron.approximation", "strangers.ablation"]
)
def test_the_key_of_a_kept_run_covers_the_code_that_runs_go_through(entry):
    code = importlib.import_module(f"studies.{entry}").CODE
    if entry == "row":
        code += augmented.CODE
    for name in imported(f"studies.{entry}") - READERS:
        # Where a corpus is published, or how it is drawn: the key has the files that come of it.
        if name.startswith(("pipeline.data.corpora", "pipeline.data.archives", "edge.glyphs")):
            continue
        assert any(f"{name}.".startswith(f"{covered}.") for covered in code), name
