"""A wheel is released only if its version and its model are what the repository says."""

import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.edge import packs
from tests.support.workplace import ROOT, remains

ACCURACY = {"touch": 0.96, "scans": 0.98, "touch-tail": 0.95, "scans-tail": 0.94}


@pytest.fixture
def checkout(tmp_path):
    """What `tools.release` reads of a checkout whose wheel may be released."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for method, suffix in (("random", ""), ("tail", "-tail")):
        shares = {kind: {"fp16": ACCURACY[f"{kind}{suffix}"]} for kind in ("touch", "scans")}
        folder = tmp_path / "metrics" / method
        folder.mkdir(parents=True)
        (folder / "evaluate.json").write_text(json.dumps({"accuracy": shares}))
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.2.0 (unreleased)\n\n- New.\n\n## 1.1.0 (2026-01-31)\n\n- Old.\n"
    )
    return tmp_path


def wheel(checkout, version="1.1.0", pack=None):
    """Put a wheel into the checkout's `dist`: of metadata and, unless it is b"", a pack."""
    pack = packs.pack(accuracy=ACCURACY) if pack is None else pack
    (checkout / "dist").mkdir(exist_ok=True)
    path = checkout / f"dist/edge-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"edge-{version}.dist-info/METADATA", f"Name: edge\nVersion: {version}\n")
        if pack:
            archive.writestr("edge/letters.safetensors", pack)


def release(checkout, tag="v1.1.0", status=1):
    result = subprocess.run(
        [sys.executable, "-m", "tools.release", tag, "dist"],
        cwd=checkout,
        env={"PYTHONPATH": str(ROOT / "edge/src"), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == status, result.stderr
    assert len(result.stderr.splitlines()) == status
    return result.stderr


def test_the_notes_are_the_changelogs_and_the_sum_is_what_sha256sum_checks(checkout):
    wheel(checkout)
    release(checkout, status=0)
    assert (checkout / "dist/NOTES.md").read_text() == "- Old.\n"
    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=checkout / "dist", check=True)


@pytest.mark.parametrize(
    ("versions", "tag", "said"),
    [
        (["1.1.0"], "v1.1.1", "version 1.1.0, but the tag is v1.1.1; expected v1.1.0"),
        (["1.2.0"], "v1.2.0", "`## 1.2.0 (unreleased)`, expected `## 1.2.0 (YEAR"),
        (["2.0.0"], "v2.0.0", "CHANGELOG.md: nothing about 2.0.0"),
        ([], "v1.1.0", "dist: 0 wheels, expected 1"),
        (["1.0.9", "1.1.0"], "v1.1.0", "dist: 2 wheels, expected 1"),
    ],
)
def test_anything_but_one_wheel_of_the_tag_and_of_a_dated_version_is_refused(
    checkout, versions, tag, said
):
    (checkout / "dist").mkdir()
    for version in versions:
        wheel(checkout, version)
    assert said in release(checkout, tag)


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (b"", "no edge/letters.safetensors; commit one with `python -m pipeline promote`"),
        (b"\0" * 100, "invalid header start"),
        (packs.pack(training={"corpora": ["strokes"]}), "trained on `strokes`, a demonstration"),
        (packs.pack(accuracy={**ACCURACY, "scans-tail": 0.99}), "claims 0.99 on scans-tail"),
        (packs.pack(accuracy={}), "claims None on touch, metrics/random/evaluate.json says 0.96"),
    ],
)
def test_a_wheel_without_the_measured_model_is_refused(checkout, pack, said):
    wheel(checkout, pack=pack)
    assert said in release(checkout)
    assert remains(checkout / "dist") == ["edge-1.1.0-py3-none-any.whl"]
