"""`edge bench`, as a process: what it measures, what it refuses, and how results stand together."""

import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy
import pytest

from edge import bench, compare, images
from edge import pack as edge_pack
from tests.edge import packs
from tests.edge.test_cli import run

KEYS = [
    "backend", "mode", "stored", "computed", "pictures", "runs", "seconds", "per_second",
    "accuracy", "loading_seconds", "pack_bytes", "peak_bytes",
]  # fmt: skip


def npy(descr="'|u1'", shape="(3, 28, 28)", data=bytes(3 * 784), fortran="False"):
    """Write an array's file by hand, whatever its header claims."""
    header = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


LABELS = npy(shape="(3,)", data=bytes(3))


def npz(path, images, labels=LABELS, compression=zipfile.ZIP_DEFLATED, comment=b""):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("images.npy", images)
        if labels is not None:
            archive.writestr("labels.npy", labels)
        archive.comment = comment
    return path


@pytest.fixture(scope="module")
def results(pack, tmp_path_factory):
    """What `edge bench --json` says of five letters, all of class 0."""
    path = tmp_path_factory.mktemp("bench") / "letters.npz"
    npz(path, npy(shape="(5, 28, 28)", data=bytes(5 * 784)), npy("'<i8'", "(5,)", bytes(40)))
    result = run("bench", "--json", "--images", path, "--model", pack)
    assert (result.returncode, result.stderr) == (0, b"")
    return json.loads(result.stdout)


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


def test_numbers_too_large_for_fp16_are_named_in_one_line(tmp_path):
    entries, data = packs.tensors("F32")
    data = struct.pack("<f", 1e9) + data[4:]
    document = json.dumps(packs.description(data), ensure_ascii=False)
    path = tmp_path / "large.safetensors"
    path.write_bytes(packs.assemble({"__metadata__": {"pack": document}, **entries}, data))
    letters = npz(tmp_path / "letters.npz", npy())
    result = run("bench", "--images", letters, "--model", path)
    assert (result.returncode, result.stdout) == (1, b"")
    expected = f"edge: {path}: tensor dense_1/weights: numbers too large for fp16\n"
    assert result.stderr.decode() == expected


def test_the_table_for_people_has_every_row(results):
    rows = [line for line in bench.table(results).splitlines() if "0.00%" in line]
    assert len(rows) == 8
    assert rows[2].startswith("NumPy, batched          fp16    fp16")


@pytest.mark.parametrize("compressed", [False, True])
def test_what_the_pipeline_and_numpy_write_is_read(compressed, tmp_path):
    generator = numpy.random.default_rng(1)
    arrays = {
        "images": generator.integers(0, 256, (30, 28, 28), numpy.uint8),
        "labels": generator.integers(0, 33, 30).astype("uint8"),
        "names": numpy.array([b"0/a.png"] * 30),
        "validation": numpy.zeros(30, bool),
    }
    path = tmp_path / "test.npz"
    (numpy.savez_compressed if compressed else numpy.savez)(path, **arrays)
    for most in (10, 30, 100):
        letters = images.read(path, most)
        assert letters.pictures == arrays["images"][:most].tobytes()
        assert list(letters.labels) == arrays["labels"][:most].tolist()


@pytest.mark.parametrize("dtype", ["|i1", "<u2", ">i4", "<i8", ">u8"])
def test_labels_may_be_whole_numbers_of_any_kind(dtype, tmp_path):
    path = tmp_path / "test.npz"
    labels = numpy.array([3, 0, 32], dtype)
    numpy.savez(path, images=numpy.zeros((3, 28, 28), numpy.uint8), labels=labels)
    assert images.read(path, 3).labels == (3, 0, 32)


def bomb(path, shape="(3, 28, 28)"):
    """Pack 16 MB of zeros into 16 kB."""
    labels = npy(shape="(20000,)", data=bytes(20_000))
    npz(path, npy(shape=shape, data=bytes(20_000 * 784)), labels)


def many_members(path):
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}", b"")


def no_images(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.npy", LABELS)


def trailing_bytes(path):
    npz(path, npy())
    path.write_bytes(path.read_bytes() + b"more")


def damaged(path):
    npz(path, npy(data=bytes(range(256)) * 9 + bytes(48)), compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def encrypted(path):
    npz(path, npy())
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)


HUGE = 10**11
REFUSED = {
    "missing": (lambda path: None, "No such file"),
    "empty": (lambda path: path.write_bytes(b""), "no NPZ"),
    "text": (lambda path: path.write_bytes(b"PK no archive" * 9), "no NPZ"),
    "a single array": (lambda path: path.write_bytes(npy()), "no NPZ"),
    "no images": (no_images, "no images in it"),
    "no labels": (lambda path: npz(path, npy(), None), "no labels in it"),
    "objects": (lambda path: npz(path, npy("'|O'")), "images are |O (3, 28, 28)"),
    "object labels": (lambda path: npz(path, npy(), npy("'|O'", "(3,)")), "labels are |O (3,)"),
    "a structure": (lambda path: npz(path, npy("[('a', '|u1')]")), "no plain array"),
    "an expression": (lambda path: npz(path, npy(shape="(__import__('os'),)")), "no plain array"),
    "other shape": (lambda path: npz(path, npy(shape="(3, 32, 32)")), "images are |u1 (3, 32, 32)"),
    "other dtype": (lambda path: npz(path, npy("'<f4'")), "images are <f4 (3, 28, 28)"),
    "no letters": (lambda path: npz(path, npy(shape="(0, 28, 28)")), "images are |u1 (0, 28, 28)"),
    "no axes": (lambda path: npz(path, npy(), npy(shape="()")), "labels are |u1 ()"),
    "columns first": (lambda path: npz(path, npy(fortran="True")), "Fortran order"),
    "huge shape": (lambda path: npz(path, npy(shape=f"({HUGE}, 28, 28)")), "their shape"),
    "huge header": (lambda path: npz(path, npy(shape="(" + "1, " * 9000 + ")")), "header of 27"),
    "no array": (lambda path: npz(path, b"\x80\4]."), "no array of NumPy's"),
    "cut short": (lambda path: npz(path, npy(data=bytes(2000))), "images take 2000 bytes"),
    "other count": (lambda path: npz(path, npy(), npy(shape="(2,)", data=b"ab")), "2 labels for 3"),
    "label 33": (lambda path: npz(path, npy(), npy(shape="(3,)", data=b"\0\1!")), "from 0 to 33"),
    "bzip2": (lambda path: npz(path, npy(), compression=zipfile.ZIP_BZIP2), "compression 12"),
    "lzma": (lambda path: npz(path, npy(), compression=zipfile.ZIP_LZMA), "compression 14"),
    "a comment": (lambda path: npz(path, npy(), comment=b"hello"), "no NPZ"),
    "trailing bytes": (trailing_bytes, "no NPZ"),
    "many members": (many_members, "list of members"),
    "damaged": (damaged, "CRC"),
    "encrypted": (encrypted, "encrypted"),
    "zip bomb": (bomb, "images take 15680000 bytes"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Give all of them to one process of the command line: its lines by name, its peak in kB."""
    folder = tmp_path_factory.mktemp("refused")
    paths = {name: folder / f"{name}.npz" for name in REFUSED}
    for name, (make, _) in REFUSED.items():
        make(paths[name])
    code = """if True:
        import sys, edge.cli
        for path in sys.argv[1:]:
            print(edge.cli.main(["bench", "--images", path]), flush=True)
        assert "numpy" not in sys.modules
        print(*(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line))
    """
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths.values())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=60,
    )
    *statuses, peak = map(int, result.stdout.split())
    assert set(statuses) == {1}
    lines = result.stderr.splitlines()
    assert len(lines) == len(REFUSED)
    return dict(zip(paths, lines)), folder, peak


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_no_set_of_letters_gives_one_line(name, refused):
    lines, folder, _ = refused
    start = f"edge: {folder / name}.npz: "
    assert lines[name].startswith(start)
    assert REFUSED[name][1] in lines[name].removeprefix(start)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory so")
def test_no_archive_takes_more_memory_than_it_is_worth(refused):
    assert refused[-1] < 60_000


def test_of_an_archive_that_unpacks_to_more_only_what_is_read_is_unpacked(tmp_path):
    path = tmp_path / "large.npz"
    bomb(path, "(20000, 28, 28)")
    tracemalloc.start()
    letters = images.read(path, 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert letters == (bytes(7840), (0,) * 10)
    assert peak < 1 << 20


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
NO_RESULTS = {
    "version": ({"version": 2}, "version: 2, expected 1"),
    "a true version": ({"version": True}, "version: true, expected 1"),
    "a deep version": ({"version": json.loads("[" * 900 + "]" * 900)}, "version: a list, expected"),
    "device": ({"device": []}, "device: a list, expected an object"),
    "processor": ({"device": {"processor": 7}}, "device.processor: 7, expected text"),
    "results": ({"results": {}}, "results: an object, expected a list"),
    "no rows": ({"results": []}, "results: none of fp32, fp16"),
    "row": ({"results": [1]}, "results[0]: 1, expected an object"),
    "mode": ({"results": [{**ROW, "mode": None}]}, "results[0].mode: null, expected text"),
    "true pictures": ({"results": [{**ROW, "pictures": True}]}, "results[0].pictures: true, "),
    "no pictures": ({"results": [{**ROW, "pictures": 0}]}, "results[0].pictures: 0 in 1 seconds"),
    "seconds": ({"results": [{**ROW, "seconds": -1}]}, "results[0].pictures: 5 in -1 seconds"),
    "no number": (
        {"results": [{**ROW, "seconds": float("nan")}]},
        "results[0].pictures: 5 in NaN seconds",
    ),
    "too many": ({"results": [{**ROW, "pictures": 10**400}]}, "results[0].pictures: 10000"),
    "accuracy": ({"results": [{**ROW, "accuracy": 96.23}]}, "results[0].accuracy: 96.23, expected"),
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


def test_comparing_and_measuring_at_once_is_wrong_usage(tmp_path):
    result = run("bench", "--compare", "a.json", "--images", "b.npz")
    assert result.returncode == 2
    assert b"not allowed with" in result.stderr
