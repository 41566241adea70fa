"""`edge` that is imported from a zip: the wheel on PYTHONPATH, a zipapp."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipapp
import zipfile
from pathlib import Path

import pytest

import edge
from edge import pack
from tests.edge.drawings import LETTER
from tests.edge.processes import ENVIRONMENT, python

SOURCE = Path(edge.__file__).parent


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "edge.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(SOURCE.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                archive.write(file, Path("edge") / file.relative_to(SOURCE))
    return path


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.png"
    path.write_bytes(LETTER)
    return path


def environment(zipped):
    path = [str(zipped), ENVIRONMENT["PYTHONPATH"]]
    return {"PYTHONPATH": os.pathsep.join(path)}


def test_the_wheel_need_not_be_unpacked(zipped, letter):
    where = python("-c", "import edge; print(edge.__file__)", **environment(zipped))
    assert where.stdout.decode().startswith(str(zipped))
    expected = python("-m", "edge", "classify", letter)
    assert expected.returncode == 0
    found = python("-m", "edge", "classify", letter, **environment(zipped))
    assert (found.stdout, found.stderr) == (expected.stdout, b"")
    assert python("-m", "edge", "info", **environment(zipped)).returncode == 0


def test_the_page_is_served_from_a_zip(zipped):
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "serve", "--port", "0", "--no-teach"],
        env={**ENVIRONMENT, **environment(zipped)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        for name in ("", "word", "letter.js", "style.css", "icon.svg"):
            with urllib.request.urlopen(address + name, timeout=30) as answer:
                assert len(answer.read()) > 100
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert errors == ""


def test_a_zipapp_reads_and_names_a_pack_that_was_left_out(zipped, letter, tmp_path):
    for left_out in (None, "edge/letters.safetensors"):
        folder = tmp_path / f"without {left_out and 'pack'}"
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name != left_out])
        app = tmp_path / "edge.pyz"
        zipapp.create_archive(folder, app, main="edge.cli:main", compressed=True)
        result = python(app, "classify", letter)
        if left_out:
            assert result.stderr.decode().startswith(f"edge: {Path(app, left_out)}: ")
            assert len(result.stderr.splitlines()) == 1
        else:
            assert result.stderr == b""
            assert result.stdout.decode().startswith(f"{letter}: ")


def test_the_pack_is_read_through_its_loader(monkeypatch):
    asked = []
    loader = type("Loader", (), {"get_data": staticmethod(lambda path: asked.append(path) or b"")})
    monkeypatch.setattr(pack.__spec__, "loader", loader)
    with pytest.raises(pack.PackError, match="header too small"):
        edge.load()
    assert asked == [pack.RELEASED_PACK]
