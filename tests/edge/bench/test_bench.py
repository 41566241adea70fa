"""`edge bench`, as a process: what it measures, and how it stores packs."""

import os
import struct
import sys

import pytest

from edge import bench, language
from edge import pack as edge_pack
from tests.edge import packs, processes
from tests.edge.bench.archives import npy, npz

KEYS = [
    "backend", "mode", "stored", "computed", "pictures", "runs", "seconds", "per_second",
    "accuracy", "loading_seconds", "pack_bytes", "peak_bytes",
]  # fmt: skip


def test_it_measures_both_precisions_and_backends_batched_and_one_at_a_time(results):
    assert list(results) == ["version", "device", "model", "pictures", "results"]
    assert results["version"] == 1
    assert results["device"]["cores"] == os.cpu_count()
    assert results["model"]["storage"] == "fp16"
    assert results["pictures"] == "letters"
    kinds = [tuple(list(row.values())[:4]) for row in results["results"]]
    assert kinds == bench.ROWS
    for row in results["results"]:
        assert list(row) == KEYS
        assert row["pictures"] == 5
        assert 1 <= row["runs"] <= 5
        assert row["seconds"] > 0
        assert row["per_second"] == pytest.approx(5 / row["seconds"])
        assert row["loading_seconds"] > 0


def test_all_ways_to_read_them_read_the_same_letters(results):
    assert {row["accuracy"] for row in results["results"]} in ({0.0}, {1.0})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory so")
def test_the_peak_memory_is_that_of_a_process_which_does_nothing_else(results):
    peaks = {row["backend"]: row["peak_bytes"] for row in results["results"]}
    assert 5e6 < peaks["pure"] < peaks["numpy"] < 100e6


@pytest.mark.parametrize("precision, dtype", [("fp16", "F16"), ("fp32", "F32")])
@pytest.mark.parametrize("original", ["F16", "F32"])
def test_a_pack_is_stored_anew_at_the_other_precision(original, precision, dtype):
    opened = edge_pack.parse(packs.pack(original))
    again = edge_pack.parse(bench.stored(opened, precision))
    assert {tensor.dtype for tensor in again.tensors.values()} == {dtype}
    assert bench.stored(again, precision) == again.data
    if original == dtype:
        assert again.data == opened.data
    # What is exact in fp16 stays what it is.
    assert bench.stored(again, "fp16") == bench.stored(opened, "fp16")


@pytest.mark.parametrize("original", ["F16", "F32"])
def test_what_a_language_expects_stays_what_it_is_at_every_precision(original):
    opened = edge_pack.parse(packs.with_language(dtype=original))
    for precision in ("fp32", "fp16"):
        again = edge_pack.parse(bench.stored(opened, precision))
        assert language.costs(again) == language.costs(opened)
        (dtype,) = {each.dtype for each in again.tensors.values()} - {"U8"}
        assert dtype == precision.replace("fp", "F")


def test_numbers_too_large_for_fp16_are_named_in_one_line(tmp_path):
    path = tmp_path / "large.safetensors"
    data = struct.pack("<f", 1e9) + packs.tensors("F32")[1][4:]
    path.write_bytes(packs.pack("F32", data=data))
    letters = npz(tmp_path / "letters.npz", npy())
    line = processes.refusal("bench", "--images", letters, "--model", path)
    assert line == f"edge: {path}: tensor dense_1/weights: numbers too large for fp16"


def test_the_table_for_people_has_every_row(results):
    rows = [line for line in bench.table(results).splitlines() if "0.00%" in line]
    assert len(rows) == 8
    assert rows[2].startswith("NumPy, batched          fp16    fp16")
