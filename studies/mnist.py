"""MNIST: 70,000 handwritten digits (LeCun, Cortes and Burges, 1998), as published.

Four IDX files, gzipped. The packing differs from one place to another, the files in it do not.
"""

import gzip
import hashlib
import math
import struct
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy

from pipeline.data.archives import TIMEOUT_SECONDS, mirrors
from pipeline.errors import PipelineError
from pipeline.files import replacing

ARRAYS = Path("studies/data/mnist.npz")

# The files as published, as far as they have been downloaded or put there.
RAW = Path("studies/data/raw")

URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"

# The files, gzipped under these names, in the order of `Mnist`, and the SHA-256 of what is packed.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

# An IDX file begins with two zero bytes, the type of its numbers, 8 for uint8, and how many axes.
UINT8 = b"\0\0\x08"


class Mnist(NamedTuple):
    """Pictures, uint8 (n, 28, 28), white digits on black, and their classes, uint8 (n,)."""

    training_images: numpy.ndarray
    training_labels: numpy.ndarray
    test_images: numpy.ndarray
    test_labels: numpy.ndarray


def run() -> None:
    """Write the four files' arrays to `ARRAYS`.

    Each comes from `RAW`, from `mnist/` in a mirror, or is downloaded and kept in `RAW`. Raises
    PipelineError on one that is damaged, foreign, or out of reach.
    """
    arrays = Mnist(*(_bring(f"{name}.gz", sha256) for name, sha256 in FILES.items()))
    with replacing(ARRAYS) as temporary, temporary.open("wb") as file:
        numpy.savez(file, **arrays._asdict())


def read() -> Mnist:
    """Read what `run` has written; raises PipelineError if it is not there."""
    try:
        with numpy.load(ARRAYS) as arrays:
            return Mnist(**arrays)
    except FileNotFoundError:
        raise PipelineError(f"{ARRAYS}: not found; run `python -m studies mnist` first") from None


def parse(idx: bytes) -> numpy.ndarray:
    """Return the array, of any shape, of an IDX file of uint8; raises ValueError on all else."""
    axes = int.from_bytes(idx[3:4])
    begin = 4 + 4 * axes
    if idx[:3] != UINT8 or not axes or len(idx) < begin:
        raise ValueError(f"found header {idx[:begin].hex()!r}, expected {UINT8.hex()} and the axes")
    shape = struct.unpack(f">{axes}I", idx[4:begin])
    if len(idx) - begin != math.prod(shape):
        raise ValueError(f"found {len(idx) - begin} bytes after the header, expected {shape}")
    return numpy.frombuffer(idx, numpy.uint8, offset=begin).reshape(shape)


def _bring(name: str, sha256: str) -> numpy.ndarray:
    """Read one file from the first place that has it; a download is kept."""
    kept = RAW / name
    places = [kept, *(directory / "mnist" / name for directory in mirrors())]
    for path in places:
        if path.exists():
            print(f"mnist: {name} from {path.parent}")
            return _checked(path.read_bytes(), path, sha256)
    try:
        with urllib.request.urlopen(URL + name, timeout=TIMEOUT_SECONDS) as response:
            packed = response.read()
    except (OSError, HTTPException) as error:
        raise PipelineError(
            f"{URL}{name}: out of reach ({getattr(error, 'reason', error)}); put the four files"
            f" {', '.join(f'{file}.gz' for file in FILES)} into {kept.parent}/"
        ) from None
    array = _checked(packed, URL + name, sha256)
    with replacing(kept) as temporary:
        temporary.write_bytes(packed)
    print(f"mnist: {name} downloaded from {URL}")
    return array


def _checked(packed: bytes, where: object, sha256: str) -> numpy.ndarray:
    """Unpack and parse a published file; raises PipelineError on any other."""
    try:
        idx = gzip.decompress(packed)
        array = parse(idx)
    except (EOFError, ValueError, OSError, zlib.error) as error:
        raise PipelineError(
            f"{where}: not a gzipped IDX file ({error}); delete it and repeat"
        ) from None
    digest = hashlib.sha256(idx).hexdigest()
    if digest != sha256:
        raise PipelineError(
            f"{where}: not MNIST as published: SHA-256 unpacked {digest[:12]}…, expected"
            f" {sha256[:12]}…; delete it and repeat"
        )
    return array
