"""MNIST's four files: found, checked, read, and refused if they are not the published ones."""

import gzip
import hashlib
import struct
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy
import pytest

from pipeline.data.archives import mirrors
from pipeline.errors import PipelineError
from studies import mnist
from tests.support.workplace import ROOT, remains

KEPT = Path("studies/data/raw")
IMAGES = "train-images-idx3-ubyte.gz"


def idx(array):
    """Encode uint8 numbers as an IDX file."""
    return (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + bytes(array)
    )


@pytest.fixture
def small(workplace, monkeypatch):
    """Four small files, which are expected instead of the published ones: packed, by name."""
    rng = numpy.random.default_rng(1)
    shapes = [(6, 28, 28), (6,), (4, 28, 28), (4,)]
    data = [idx(rng.integers(0, 10, shape, numpy.uint8)) for shape in shapes]
    files = dict(zip(mnist.FILES, data, strict=True))
    digests = {name: hashlib.sha256(file).hexdigest() for name, file in files.items()}
    monkeypatch.setattr(mnist, "FILES", digests)
    return {f"{name}.gz": gzip.compress(file) for name, file in files.items()}


def put(folder, packed):
    folder.mkdir(parents=True)
    for name, data in packed.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("shape", [(3,), (2, 28, 28), (0, 28, 28)])
def test_an_idx_file_is_read_as_the_array_it_holds(shape):
    array = numpy.arange(numpy.prod(shape), dtype=numpy.uint8).reshape(shape)
    numpy.testing.assert_array_equal(mnist.parse(idx(array)), array, strict=True)


LABELS = idx(numpy.arange(5, dtype=numpy.uint8))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "header ''"),
        (LABELS[:6], "header '000008010000'"),
        (b"\0\0\x0d" + LABELS[3:], "header '00000d01"),
        (b"\0\0\x08\0" + LABELS[4:], "header '00000800'"),
        (LABELS[:-1], "4 bytes after the header"),
        (LABELS + b"\0", "6 bytes after the header"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "0 bytes after the header"),
    ],
)
def test_bytes_that_are_not_an_idx_file_are_refused(data, complaint):
    with pytest.raises(ValueError, match=complaint):
        mnist.parse(data)


def test_the_files_become_arrays_and_the_same_bytes_each_time(small, workplace):
    put(KEPT, small)
    mnist.run()
    first = mnist.ARRAYS.read_bytes()
    images = mnist.read().training_images
    assert images.shape == (6, 28, 28)
    assert bytes(images) == gzip.decompress(small[IMAGES])[16:]
    mnist.run()
    assert mnist.ARRAYS.read_bytes() == first


@pytest.mark.parametrize("packing", [{"compresslevel": 1}, {"mtime": 1}])
def test_another_packing_of_the_same_files_is_accepted(small, packing):
    for name, data in small.items():
        small[name] = gzip.compress(gzip.decompress(data), **packing)
    put(KEPT, small)
    mnist.run()


def test_a_mirror_is_read_in_place(small, workplace, monkeypatch):
    put(workplace.parent / "mirror/mnist", small)
    monkeypatch.setenv("BUKVA_MIRROR", str(workplace.parent / "mirror"))
    mnist.run()
    assert remains(workplace / "studies") == ["data/mnist.npz"]


@pytest.mark.parametrize(
    "damage", ["empty", "cut short", "no archive", "a bit", "no IDX", "foreign"]
)
def test_a_file_that_is_not_the_published_one_is_named_in_one_line(small, workplace, damage):
    whole = small[IMAGES]
    small[IMAGES] = {
        "empty": b"",
        "cut short": whole[:-10],
        "no archive": b"no archive at all",
        "a bit": whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:],
        "no IDX": gzip.compress(b"no IDX"),
        "foreign": gzip.compress(LABELS),
    }[damage]
    put(KEPT, small)
    with pytest.raises(PipelineError, match=rf"^{KEPT / IMAGES}: not .*; delete it and repeat$"):
        mnist.run()
    assert not mnist.ARRAYS.exists()


def test_files_out_of_reach_are_asked_for_in_one_line(refused, workplace):
    said = refused("mnist")
    assert "out of reach" in said
    assert f"{IMAGES}, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz" in said
    assert said.endswith("into studies/data/raw/\n")
    assert remains(workplace) == ["params.yaml"]


def test_arrays_that_are_not_there_are_asked_for(workplace):
    with pytest.raises(
        PipelineError, match=f"^{mnist.ARRAYS}: not found; run `python -m studies m"
    ):
        mnist.read()


@pytest.fixture
def upstream(small, monkeypatch):
    """A server here instead of the upstream address; yields what it has, to change."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            data = small[self.path.removeprefix("/")]
            self.send_response(200)
            self.send_header("Content-Length", "1000000" if data == b"" else str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(mnist, "URL", f"http://127.0.0.1:{server.server_port}/")
        yield small
        server.shutdown()


def test_a_download_is_kept(upstream, workplace):
    mnist.run()
    assert {path.name: path.read_bytes() for path in KEPT.iterdir()} == upstream


@pytest.mark.parametrize(
    ("data", "complaint"),
    [(b"", "out of reach"), (gzip.compress(LABELS), "not MNIST as published")],
    ids=["cut short", "foreign"],
)
def test_a_download_cut_short_or_foreign_is_refused_and_leaves_nothing(
    upstream, workplace, data, complaint
):
    upstream[IMAGES] = data
    with pytest.raises(PipelineError, match=f"/{IMAGES}: {complaint}"):
        mnist.run()
    assert remains(workplace) == ["params.yaml"]


IN_REACH = [place for place in mirrors() if (ROOT / place / "mnist" / IMAGES).exists()]


@pytest.mark.skipif(not IN_REACH, reason="MNIST is not in BUKVA_MIRROR or ../shared/data")
def test_the_published_files_hold_the_digits(workplace, monkeypatch):
    monkeypatch.setenv("BUKVA_MIRROR", str(ROOT / IN_REACH[0]))
    mnist.run()
    digits = mnist.read()
    shapes = [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)]
    assert [array.shape for array in digits] == shapes
    assert digits.training_labels[:6].tolist() == [5, 0, 4, 1, 9, 2]
    assert numpy.bincount(digits.test_labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    # Paper is black: most of a picture is 0.
    assert numpy.median(digits.test_images) == 0
