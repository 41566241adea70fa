"""The wheel is one that package indexes, pip and type checkers of all ages understand."""

import re
import shutil
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
import yaml
from build import ProjectBuilder
from packaging.metadata import Metadata

from tests.support.workplace import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ROOT / "edge", folder / "edge", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    return zipfile.ZipFile(ProjectBuilder(folder / "edge").build("wheel", folder))


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name)


def test_its_metadata_are_valid_and_of_a_version_that_old_twines_know(metadata):
    parsed = Metadata.from_email(metadata, validate=True)
    assert tuple(map(int, parsed.metadata_version.split("."))) <= (2, 3)


def test_it_says_who_made_it_under_which_license_and_what_for(metadata):
    said = BytesParser().parsebytes(metadata)
    holder = re.search(r"Copyright \(c\) \d+ (.+)", (ROOT / "LICENSE").read_text())[1]
    assert said["Author-email"].startswith(f"{holder} <")
    # What `pip show` has.
    assert said["License"] == "MIT"
    assert said["Keywords"]
    assert said["Summary"] == "Reads one handwritten letter in a blink; needs nothing but NumPy."


def test_it_names_the_pythons_that_it_is_tested_on(metadata):
    said = BytesParser().parsebytes(metadata).get_all("Classifier")
    named = [re.match(r"Programming Language :: Python :: (3\.\d+)$", each) for each in said]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    tested = workflow["jobs"]["edge"]["strategy"]["matrix"]["python"]
    assert [each[1] for each in named if each] == tested


def test_it_has_every_file_of_the_package_and_no_other(wheel):
    source = ROOT / "edge/src"
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "edge").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files
    assert {"edge/py.typed", "edge/classifier.pyi", "edge/letters.safetensors"} <= files


def test_it_has_at_most_450_kilobytes(wheel):
    assert Path(wheel.filename).stat().st_size <= 450_000
