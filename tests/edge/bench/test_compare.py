"""Results of several devices, side by side in one table."""

import json

import pytest

from edge.bench import compare
from tests.edge.processes import edge as run


def written(path, results, changes=()):
    path.write_text(json.dumps({**results, **dict(changes)}))
    return path


def test_several_devices_stand_beside_those_of_the_source_work(results, tmp_path):
    board = {**results["device"], "processor": "Board 4 Model B", "cores": 4}
    paths = [
        written(tmp_path / "a.json", results),
        written(tmp_path / "b.json", results, {"device": board}),
    ]
    lines = run("bench", "--compare", *paths).stdout.decode().splitlines()
    names = ["a.json", "b.json", *["source work"] * 5]
    assert all(name in line for name, line in zip(names, lines[1:]))
    assert lines[2].startswith("Board 4 Model B, 4 cores")
    expected = f"{results['results'][0]['seconds'] / 5 * 10_000:.4f}"
    assert expected in lines[1] and expected in lines[2]
    assert lines[4].startswith("Raspberry Pi 4 ")
    assert lines[4].split()[-7:] == ["9.6059", "8.7375", "-", "-", "-", "96.23%", "96.19%"]

    (document,) = run("bench", "--compare", *paths, "--json").stdout.decode().splitlines()
    devices = json.loads(document)
    assert [device["from"] for device in devices] == names
    assert devices[2]["seconds"] == {"fp32": 2.7978, "fp16": 2.6111}
    assert devices[2]["accuracy"] == {"fp32": 0.9623, "fp16": 0.9619}


ROW = {
    "backend": "numpy", "mode": "batched", "stored": "fp32", "computed": "fp32",
    "pictures": 5, "seconds": 1, "accuracy": None,
}  # fmt: skip


def row(key, value):
    return {"results": [{**ROW, key: value}]}


NO_RESULTS = {
    "version": ({"version": 2}, "version: 2, expected 1"),
    "a true version": ({"version": True}, "version: true, expected 1"),
    "a deep version": ({"version": json.loads("[" * 900 + "]" * 900)}, "version: a list, expected"),
    "device": ({"device": []}, "device: a list, expected an object"),
    "processor": ({"device": {"processor": 7}}, "device.processor: 7, expected text"),
    "results": ({"results": {}}, "results: an object, expected a list"),
    "no rows": ({"results": []}, "results: none of fp32, fp16"),
    "row": ({"results": [1]}, "results[0]: 1, expected an object"),
    "mode": (row("mode", None), "results[0].mode: null, expected text"),
    "true pictures": (row("pictures", True), "results[0].pictures: true, "),
    "no pictures": (row("pictures", 0), "results[0].pictures: 0 in 1 seconds"),
    "seconds": (row("seconds", -1), "results[0].pictures: 5 in -1 seconds"),
    "no number": (row("seconds", float("nan")), "results[0].pictures: 5 in NaN seconds"),
    "too many": (row("pictures", 10**400), "results[0].pictures: 10000"),
    "accuracy": (row("accuracy", 96.23), "results[0].accuracy: 96.23, expected"),
}


@pytest.mark.parametrize("name", NO_RESULTS)
def test_results_that_are_none_are_refused_by_name(name, results, tmp_path):
    changes, expected = NO_RESULTS[name]
    with pytest.raises(ValueError) as caught:
        compare.read(written(tmp_path / "a.json", results, changes))
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[]", b"[" * 50_000, b"\xff" * 9, b" " * 70_000, b"9" * 60_000]
)
def test_a_file_that_holds_no_results_is_refused(content, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"JSON|larger"):
        compare.read(path)


def test_a_file_that_cannot_be_compared_does_not_stop_the_others(results, tmp_path):
    bad = written(tmp_path / "bad.json", results, {"version": 2})
    good = written(tmp_path / "a.json", results)
    result = run("bench", "--compare", bad, good, tmp_path / "missing")
    assert result.returncode == 1
    assert b"a.json" in result.stdout
    assert result.stderr.decode().splitlines() == [
        f"edge: {bad}: version: 2, expected 1",
        f"edge: {tmp_path / 'missing'}: No such file or directory",
    ]


def test_a_device_s_name_cannot_steer_the_terminal(results, tmp_path):
    device = {**results["device"], "processor": "\x1b[2J\n" + "x" * 5000}
    path = written(tmp_path / "a.json", results, {"device": device})
    shown = compare.table([compare.read(path)])
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) < 200
