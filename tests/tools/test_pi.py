"""What `make pi` does before and after the userlands run."""

import os
from pathlib import Path

import pytest

from edge import classifier
from pipeline.errors import PipelineError
from tools import archives, pi, userlands

HERE = {"1.png": ("Ш", 0.75), "2.png": ("Щ", 0.5), "3.png": ("Ё", 1.0)}


@pytest.fixture
def ready(monkeypatch):
    """A machine that lacks nothing."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(userlands.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(userlands, "qemu", lambda name: Path(__file__))


def test_answers_are_read_by_the_name_of_the_picture():
    line = '{"path": "/mnt/letters/1.png", "letter": "Ш", "probability": 0.75, "top": []}\n'
    assert pi.answers(line * 2) == {"1.png": ("Ш", 0.75)}
    assert pi.answers("") == {}


def test_equal_letters_are_compared_by_probability_and_others_listed():
    assert pi.compare(HERE, HERE) == ({}, 0)
    assert pi.compare(HERE, {**HERE, "1.png": ("Ш", 0.5)}) == ({}, 0.25)
    there = {"1.png": ("Ш", 0.75), "2.png": ("Ц", 0.9)}
    assert pi.compare(HERE, there) == ({"2.png": ["Щ", "Ц"], "3.png": ["Ё", None]}, 0)
    assert pi.compare(HERE, {})[1] is None


def test_the_table_has_a_line_a_userland():
    row = {
        "userland": "bullseye-arm64",
        "python": "3.9.2",
        "numpy": "1.19.5",
        "tests": {"passed": 5, "failed": 1, "skipped": 2},
        "letters": 3,
        "differing": {"2.png": ["Щ", "Ц"]},
    }
    head, line = pi.table([row]).splitlines()
    assert head.split()[:3] == ["userland", "Python", "NumPy"]
    assert line.split("  ")[0] == "bullseye-arm64"
    assert "5 passed, 1 failed, 2 skipped" in line
    assert line.endswith("2 of 3")


def test_letters_are_drawn_where_no_corpus_is_in_reach(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ROOT", tmp_path)
    monkeypatch.delenv("BUKVA_MIRROR", raising=False)
    pictures = list(pi.letters(tmp_path, 40))
    assert len(set(pictures)) == 40
    assert all(classifier.prepared(picture) for picture in pictures)
    assert list(pi.letters(tmp_path, 40)) == pictures


def test_a_machine_that_lacks_nothing_is_not_refused(ready):
    userlands.refuse(pi.USERLANDS)


@pytest.mark.parametrize("name", ["bookworm", "bookworm-sparc", "-arm64", "../x-arm64"])
def test_what_is_no_userland_is_refused(name, ready):
    with pytest.raises(PipelineError, match=f"{name}: no userland; .*arm64"):
        userlands.refuse([name])


def test_without_root_one_line_says_what_to_do(ready, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["pi"])
    with pytest.raises(SystemExit, match=r"^pi: no root, .*sudo make pi`$"):
        pi.main()


def test_without_the_packages_one_line_says_which(ready, monkeypatch):
    monkeypatch.setattr(userlands.shutil, "which", lambda program: None)
    with pytest.raises(PipelineError, match=r"not found: mmdebstrap; run `apt-get install mmdeb"):
        userlands.refuse(["bookworm-arm64"])
    monkeypatch.setattr(userlands, "qemu", lambda name: Path("/nowhere"))
    with pytest.raises(PipelineError, match="install mmdebstrap qemu-user-static`"):
        userlands.refuse(["bookworm-arm64"])


def test_a_program_that_fails_is_named_with_its_log(tmp_path):
    with (
        (tmp_path / "x.log").open("wb") as log,
        pytest.raises(PipelineError, match=r"sh -c echo.* status 3; see the end of .*x\.log"),
    ):
        userlands.run(["sh", "-c", "echo why; exit 3"], log)
    assert (tmp_path / "x.log").read_text() == "why\n"
