"""Standard streams that are closed or full: one line, and no traceback."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.edge.drawings import LETTER
from tests.edge.processes import shell

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell's redirections")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")


def run(redirection, *arguments):
    """Run the command line with a redirection of a shell."""
    command = shlex.join([sys.executable, "-m", "edge", *map(str, arguments)])
    return shell(f"exec {command} {redirection}")


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.png"
    path.write_bytes(LETTER)
    return path


COMMANDS = {
    "classify": ("classify", "LETTER"),
    "many": ("classify", *["LETTER"] * 600),
    "json": ("classify", "--json", "LETTER"),
    "info": ("info",),
    "serve": ("serve", "--port", 0, "--no-teach"),
    "help": ("--help",),
    "version": ("--version",),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    "redirection, why",
    [
        (">&-", "Bad file descriptor"),
        pytest.param("> /dev/full", "No space left on device", marks=FULL),
    ],
    ids=["closed", "full"],
)
def test_standard_output_that_takes_nothing_is_named(letter, name, redirection, why):
    arguments = [letter if part == "LETTER" else part for part in COMMANDS[name]]
    result = run(redirection, *arguments)
    complaint = f"edge: standard output: {why}"
    if redirection == ">&-" and name in ("help", "version"):
        # `argparse` takes standard error then.
        assert result.returncode == 1
        assert result.stderr.decode().splitlines()[-1] == complaint
    else:
        assert (result.returncode, result.stderr.decode()) == (1, f"{complaint}\n")


def test_standard_input_that_is_closed_is_named(letter):
    result = run("<&-", "classify", "-", letter)
    assert result.returncode == 1
    assert result.stderr.decode() == "edge: -: standard input is closed\n"
    assert result.stdout.decode().startswith(f"{letter}: ")


def test_complaints_do_not_come_out_amid_the_results_if_standard_error_is_closed(letter):
    result = run("2>&-", "classify", "--json", "missing.png", letter)
    assert result.returncode == 1
    (line,) = result.stdout.decode().splitlines()
    assert json.loads(line)["path"] == str(letter)
    assert run("2>&-", "classify").returncode == 2


@FULL
def test_all_is_read_though_standard_error_is_full(letter):
    result = run("2> /dev/full", "classify", "missing.png", letter, "missing.png", letter)
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 2
