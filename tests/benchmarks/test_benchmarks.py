"""Every benchmark runs, in small, and what it reports hangs together."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from tests.support.workplace import ROOT, python

EDGE = Path(sys.executable).with_name("edge")
PAGES_SHOW = {"cold_start", "inference", "memory", "sweep", "training"}


def report(name, *arguments):
    """Run a benchmark as a process and return the JSON object that it prints."""
    done = python(ROOT / f"benchmarks/{name}.py", "--json", *arguments, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def committed(name):
    """Return what a benchmark's JSON file in git holds."""
    return json.loads((ROOT / f"benchmarks/{name}.json").read_text(encoding="utf-8"))


def test_every_benchmark_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert programs - {"harness"} <= tested
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.json")} == PAGES_SHOW


def test_training():
    found = report("training", "--examples", "150", "--runs", "1", "--threads", "1")
    assert found.keys() == committed("training").keys()
    assert found["examples"] == 150
    assert len(found["rows"]) == 3
    torch = importlib.util.find_spec("torch") is not None
    assert len(found["best"]) == 3 * torch
    for row, before in zip(found["rows"], committed("training")["rows"][::2], strict=True):
        theirs = {"torch_seconds", "torch_all_seconds", "ratio"}
        assert row.keys() == before.keys() - (set() if torch else theirs)
        assert (row["network"], row["batch_size"]) == (before["network"], before["batch_size"])
        assert row["ours_seconds"] > 0
        assert 0 < row["product_share"] < 1


def test_inference():
    found = report("inference", "--letters", "300", "--runs", "1", "--threads", "1")
    assert found.keys() == committed("inference").keys()
    assert found["letters"] == 300
    assert [row["profile"] for row in found["rows"]] == ["letters", "thesis"]
    for row in found["rows"]:
        assert row.keys() == committed("inference")["rows"][0].keys()
        assert 0 <= row["largest_difference"] < 1e-5
        assert row["batched"]["onnx_batch"] in (300, 256, 32)
        for mode in ("batched", "singly"):
            edge, onnx = (row[mode][f"{side}_seconds"] for side in ("edge", "onnx"))
            assert edge > 0 and row[mode]["ratio"] == pytest.approx(edge / onnx)


def test_memory():
    found = report("memory", "--letters", "60", "2000")
    assert found.keys() == committed("memory").keys()
    few, many = found["peak_bytes"]["60"], found["peak_bytes"]["2000"]
    # A Python with NumPy in it, and no more than a Raspberry Pi has.
    assert 30e6 < few < many < 1e9
    # Two points lie on a line.
    assert found["bytes_a_letter"] == pytest.approx((many - few) / 1940)
    assert found["farthest_from_the_line_bytes"] < 1


@pytest.mark.slow
def test_photographs():
    rows = report("photographs", "--runs", "1")["rows"]
    assert [(row["size"], row["kind"]) for row in rows] == [
        (size, kind) for size in ("12 megapixels", "640x480") for kind in ("jpeg", "png")
    ]
    for row in rows:
        assert row["seconds"] > 0
        assert 20e6 < row["peak_bytes"] <= row["bar_bytes"]


def test_serve():
    found = report("serve", "--clients", "3", "--seconds", "1")
    assert found["clients"] == 3
    assert found["failures"] == []
    assert found["page_status"] == 200
    assert found["requests"] > 3
    assert found["per_second"] == pytest.approx(found["requests"] / found["seconds"])
    times = list(found["latency_seconds"].values())
    assert list(found["latency_seconds"]) == ["p50", "p90", "p99", "max"]
    assert 0 < times[0] <= times[1] <= times[2]
    assert found["device"]["cores"] >= 1


@pytest.mark.slow
def test_sweep():
    found = report("sweep", "--rounds", "1", "--seeds", "1", "--letters", "56")
    assert found.keys() == committed("sweep").keys()
    assert found["runs"] == 4
    one, two = found["rows"]
    assert (one["workers"], two["workers"]) == (1, 2)
    for row in (one, two):
        assert row.keys() == committed("sweep")["rows"][0].keys()
        assert 0 < row["training_seconds"] < row["seconds"]
    assert found["ratio"] == pytest.approx(two["seconds"] / one["seconds"])


@pytest.mark.skipif(not EDGE.exists(), reason="edge is not installed beside this Python")
def test_cold_start():
    found = report("cold_start", "--runs", "1", "--pictures", "2", "--programs", str(EDGE.parent))
    before = committed("cold_start")
    assert found.keys() == before.keys()
    start, cross = found["cold_start"], found["crossover"]
    assert start.keys() == before["cold_start"].keys()
    assert cross.keys() == before["crossover"].keys()
    assert start["seconds"].keys() == {"bare", "numpy", "edge"}
    # One run of each: on a busy machine any of them may be the quickest.
    assert all(second > 0 for second in start["seconds"].values())
    for name in ("bare", "numpy"):
        ratio = start["seconds"]["edge"] / start["seconds"][name]
        assert start["ratios"][name] == pytest.approx(ratio)
        assert start["within"][name] == (ratio <= start["bars"][name])
    assert cross["pictures"] == [1, 2]
    assert cross["seconds"].keys() == {"pure", "numpy"}
    assert all(second > 0 for times in cross["seconds"].values() for second in times)
