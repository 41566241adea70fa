"""What `edge classify` finds in a folder, what it leaves alone, and how it writes its names."""

import json
import os
import re
import socket
import stat
import sys
from pathlib import Path

import pytest

from edge import folders
from tests.edge.drawings import LETTER
from tests.edge.processes import edge as run
from tests.edge.processes import shell

POSIX = pytest.mark.skipif(os.name != "posix", reason="names and files as on POSIX")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def read(result):
    """Return the paths of what was read."""
    return sorted(line.rpartition(": ")[0] for line in result.stdout.decode().splitlines())


def found(folder):
    refused = []
    paths = sorted(folders.pictures(str(folder), lambda *refusal: refused.append(refusal)))
    assert not refused
    return [os.path.relpath(path, folder) for path in paths]


@POSIX
def test_what_is_no_file_is_named_and_not_opened(folder, pack, monkeypatch):
    monkeypatch.chdir(folder)  # a socket's address is short
    (folder / "1.png").write_bytes(LETTER)
    os.mkfifo(folder / "2.png")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("3.png")
        (folder / "4.png").symlink_to("/dev/zero")
        (folder / "5.png").write_bytes(LETTER)
        result = run("classify", folder, folder / "2.png", "--model", pack)
    assert result.returncode == 1
    assert read(result) == [str(folder / "1.png"), str(folder / "5.png")]
    assert sorted(result.stderr.decode().splitlines()) == [
        f"edge: {folder / '2.png'}: a FIFO, expected a file",
        f"edge: {folder / '2.png'}: a FIFO, expected a file",
        f"edge: {folder / '3.png'}: a socket, expected a file",
        f"edge: {folder / '4.png'}: a device, expected a file",
    ]
    assert stat.S_ISFIFO((folder / "2.png").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/fd/0").exists(), reason="the system has no /dev/fd")
def test_what_a_shell_hands_over_is_read(folder, pack):
    (folder / "1.png").write_bytes(LETTER)
    for path in ("/dev/fd/0", "/dev/stdin"):
        classify = f"{sys.executable} -m edge classify {path} --model {pack}"
        for command in (f"cat {folder}/1.png | {classify}", f"{classify} < {folder}/1.png"):
            assert read(shell(command)) == [path]


ENDINGS = "png apng pbm pgm ppm pnm jpg jpeg jpe jfif webp bmp dib gif tif tiff avif avifs jp2 j2k"


def test_pictures_of_all_endings_are_found(folder):
    names = [f"1.{ending}" for ending in f"{ENDINGS} qoi psd PNG Jfif".split()]
    for name in [*names, "notes.txt", "png", "1.png.part"]:
        (folder / name).write_bytes(LETTER)
    assert found(folder) == sorted(names)


def test_names_that_begin_with_a_dot_are_left_out_but_a_folder_that_is_named(folder):
    (folder / ".thumbnails").mkdir()
    for name in ("1.png", "._1.png", ".hidden.png", ".thumbnails/2.png"):
        (folder / name).write_bytes(LETTER)
    assert found(folder) == ["1.png"]
    assert found(folder / ".thumbnails") == ["2.png"]


@POSIX
def test_links_to_folders_are_followed_and_no_folder_is_read_twice(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/1.png").write_bytes(LETTER)
    (folder / "2.png").write_bytes(LETTER)
    (folder / "linked").symlink_to("../elsewhere")
    (tmp_path / "elsewhere/back").symlink_to("../pictures")
    (folder / "here").symlink_to(".")
    (folder / "circle").symlink_to("circle")
    assert found(folder) == ["2.png", "linked/1.png"]


@POSIX
def test_a_name_neither_ends_a_line_nor_reaches_the_terminal(folder, pack):
    name, shown = "a\nb\x1b[2J\u202eя.png", r"a\nb\x1b[2J\u202eя.png"
    (folder / name).write_bytes(LETTER)
    result = run("classify", folder / name, "--model", pack)
    assert read(result) == [str(folder / shown)]
    result = run("classify", folder / name, "--json", "--model", pack)
    assert json.loads(result.stdout)["path"] == str(folder / name)
    (folder / name).write_bytes(b"no picture")
    complaint = run("classify", folder / name, "--model", pack).stderr.decode()
    assert re.fullmatch(r"edge: (.+\.png): .+\n", complaint)[1] == str(folder / shown)
