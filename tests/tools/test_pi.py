"""What `make pi` does before and after the userlands run."""

import ast
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.errors import PipelineError
from tests.support.workplace import ROOT, remains
from tools import archives, pi, userlands

HERE = {"1.png": ("Ш", 0.75), "2.png": ("Щ", 0.5), "3.png": ("Ё", 1.0)}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A PC that lacks nothing: a folder of its programs, and of what tells its kernel of qemu's."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="x86_64"))
    monkeypatch.setattr(userlands, "BINFMT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("mmdebstrap", "qemu-aarch64.conf", "qemu-arm.conf"):
        (tmp_path / name).touch(0o755)
    return tmp_path


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


def test_the_table_has_a_line_for_each_userland():
    row = {"userland": "bullseye-arm64", "python": "3.9.2", "numpy": "1.19.5", "letters": 3}
    row |= {"tests": {"passed": 5, "failed": 1, "skipped": 2}, "differing": {"2.png": ["Щ", "Ц"]}}
    head, line = pi.table([row]).splitlines()
    assert head.split()[:3] == ["userland", "Python", "NumPy"]
    assert line.split("  ")[0] == "bullseye-arm64"
    assert "5 passed, 1 failed, 2 skipped" in line
    assert line.endswith("2 of 3")


def test_letters_are_drawn_if_there_is_no_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ROOT", tmp_path)
    monkeypatch.delenv("BUKVA_MIRROR", raising=False)
    pictures = list(pi.letters(tmp_path, 40))
    assert len(set(pictures)) == 40
    assert {len(pi.prepared(picture)) for picture in pictures} == {28 * 28}
    assert list(pi.letters(tmp_path, 40)) == pictures


def test_only_userlands_of_other_processors_need_qemu(machine):
    assert userlands.qemu("bullseye-amd64") is None
    assert userlands.qemu("bookworm-arm64") == machine / "qemu-aarch64.conf"
    assert userlands.qemu("bookworm-armhf") == machine / "qemu-arm.conf"


def test_a_machine_is_refused_for_what_it_lacks_and_for_nothing_else(machine):
    assert userlands.refuse(pi.USERLANDS) is None
    (machine / "qemu-aarch64.conf").unlink()
    with pytest.raises(PipelineError, match=r"^not found: qemu-user-static; run `apt-get install"):
        userlands.refuse(pi.USERLANDS)
    assert userlands.refuse(["bookworm-armhf", "bullseye-amd64"]) is None
    (machine / "mmdebstrap").unlink()
    with pytest.raises(PipelineError, match=r"^not found: mmdebstrap; run `apt-get install mmdeb"):
        userlands.refuse(["bookworm-armhf"])
    with pytest.raises(PipelineError, match="install mmdebstrap qemu-user-static`"):
        userlands.refuse(["bookworm-arm64"])


@pytest.mark.parametrize("name", ["bookworm", "bookworm-sparc", "-arm64", "../x-arm64"])
def test_what_is_not_a_userland_is_refused(name, machine):
    with pytest.raises(PipelineError, match=f"{name}: not a userland; .*arm64"):
        userlands.refuse([name])


def test_without_root_one_line_says_what_to_do(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["pi"])
    with pytest.raises(SystemExit, match=r"^pi: not root, .*sudo make pi`$"):
        pi.main()


def test_a_userland_gets_the_wheel_letters_and_the_tests_of_edge(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    stage, cache, wheel = (tmp_path / name for name in ("stage", "cache", "edge-1-py3.whl"))
    stage.mkdir()
    (cache / "packages").mkdir(parents=True)
    wheel.write_bytes(b"a wheel")
    found = pi.lay_out(stage, cache, wheel, 3)
    assert (found.parent, found.read_bytes()) == (stage, b"a wheel")
    assert remains(stage / "letters") == ["00000.png", "00001.png", "00002.png"]
    tests = list((ROOT / "tests/edge").rglob("*.py"))
    for path in tests:
        assert (stage / "checkout" / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    assert len(tests) > 20
    assert (stage / "checkout/pyproject.toml").exists()
    with pytest.raises(PipelineError, match=r"nowhere\.whl: not found; without --wheel"):
        pi.lay_out(stage, cache, Path("nowhere.whl"), 3)


def test_the_tests_of_edge_import_nothing_that_a_userland_lacks():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests/edge").rglob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {of.name for node in nodes if isinstance(node, ast.Import) for of in node.names}
    assert "tests.edge" in imported
    beside = {name for name in imported if name.split(".")[:2] == ["tests", "edge"]}
    roots = {name.split(".")[0] for name in imported - beside}
    # The tests of Pillow, and those by Hypothesis, are skipped where they are not.
    assert roots - sys.stdlib_module_names == {"edge", "numpy", "pytest", "PIL", "hypothesis"}


def test_a_program_that_fails_is_named_with_its_log(tmp_path):
    with (
        (tmp_path / "x.log").open("wb") as log,
        pytest.raises(PipelineError, match=r"sh -c echo.* status 3; see the end of .*x\.log"),
    ):
        userlands.run(["sh", "-c", "echo why; exit 3"], log)
    assert (tmp_path / "x.log").read_text() == "why\n"
