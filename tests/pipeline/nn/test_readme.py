"""The library's example in the pages: on MNIST where it is available, and on drawn pictures."""

import gzip
import os
import subprocess
import sys

import numpy
import pytest

from tests.support.pages import RUN, blocks
from tests.support.workplace import ROOT

MNIST = ROOT.parent / "shared/data/mnist"


def example():
    (code,) = {code for page in RUN for code in blocks(page, "python") if "mnist" in code}
    return code


def run(folder):
    """Run the example for one epoch instead of 30; return its last line, the accuracy."""
    return float(said(folder, example().replace('"epochs": 30', '"epochs": 1')).removesuffix("%"))


def said(folder, code):
    """Run code of a page; return its last line."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()[-1]


def test_it_has_fifteen_lines_of_code():
    statements = [line for line in example().splitlines() if line]
    assert len(statements) <= 15


@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not in ../shared/data/mnist")
def test_it_reads_mnist(tmp_path):
    (tmp_path / "mnist").symlink_to(MNIST)
    assert run(tmp_path) > 94


def test_it_runs_on_any_files_of_that_form(tmp_path):
    """Ten patterns and some noise: an epoch is enough to tell them apart."""
    (tmp_path / "mnist").mkdir()
    rng = numpy.random.default_rng(0)
    patterns = rng.integers(0, 256, (10, 784), numpy.uint8)
    for part, count in (("train", 600), ("t10k", 100)):
        labels = rng.integers(0, 10, count, numpy.uint8)
        noise = rng.integers(0, 60, (count, 784), numpy.uint8)
        images = numpy.where(rng.random((count, 784)) < 0.9, patterns[labels], noise)
        for name, header, array in (("images-idx3", 16, images), ("labels-idx1", 8, labels)):
            with gzip.open(tmp_path / f"mnist/{part}-{name}-ubyte.gz", "wb") as file:
                file.write(bytes(header) + array.tobytes())
    assert run(tmp_path) > 90


def test_the_saved_network_reads_as_before(tmp_path):
    (code,) = (code for code in blocks("docs/nn.md", "python") if "Network.load" in code)
    assert said(tmp_path, code) == "True"
    assert [path.name for path in tmp_path.iterdir()] == ["network.safetensors"]
