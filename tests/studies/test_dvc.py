"""The studies are a DVC project of their own, whose stages depend on what their commands run."""

import hashlib
from itertools import chain

import pytest
import yaml
from dvc.repo import Repo

from tests.studies.test_tables import STUDIES, tables
from tests.support.dvc_dependencies import uncovered
from tests.support.workplace import ROOT

# The modules that a command runs, if they are not one of the command's name in the study.
COMMANDS = {
    "mnist": ["mnist"],
    "table": ["table"],
    "approximate": ["perceptron.depths"],
    "compare": ["keras.comparison", "keras.with_keras", "keras.with_nn"],
}
FILES = sorted((ROOT / "studies").glob("*/dvc.yaml"))


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


STAGES = [
    pytest.param(path, name, stage.get("do", stage), id=f"{path.parent.name}: {name}")
    for path in FILES
    for name, stage in read(path)["stages"].items()
]


@pytest.mark.parametrize(("path", "name", "stage"), STAGES)
def test_a_stage_depends_on_the_code_that_its_command_runs(path, name, stage):
    start, command, *_ = stage["cmd"].removeprefix("cd .. && python -m ").split()
    assert (start, stage["wdir"]) == ("studies", "..")
    modules = COMMANDS.get(command, [f"{path.parent.name}.{command}"])
    assert not set(chain(*(uncovered(path, name, f"studies.{module}") for module in modules)))


@pytest.mark.parametrize(("path", "name", "stage"), STAGES)
def test_code_that_a_stage_needs_is_there_and_folders_are_linked_to_the_project(path, name, stage):
    for dependency in stage["deps"]:
        if dependency.startswith(("../data/", "../models/", "data/")):
            continue
        code = ROOT / "studies" / dependency
        # Of any other folder DVC would take __pycache__, too.
        assert code.is_file() or (code.is_dir() and dependency.startswith(".code/")), dependency


@pytest.mark.parametrize("study", STUDIES)
def test_every_table_has_its_stage(study):
    document = read(ROOT / "studies" / study / "dvc.yaml")
    assert document["stages"][study]["foreach"] == list(tables(study))


@pytest.mark.skipif(not (ROOT / ".dvc").exists(), reason="no checkout")
def test_the_commands_of_the_root_and_of_the_studies_know_their_own_stages_alone():
    # An archive without git is a checkout, too.
    without = {"config": {"core": {"no_scm": not (ROOT / ".git").exists()}}}
    root, studies = Repo(str(ROOT), **without), Repo(str(ROOT / "studies"), **without)
    assert not [stage for stage in root.index.stages if "studies" in stage.cmd]
    names = {stage.name.partition("@")[0] for stage in studies.index.stages}
    assert names == set(chain(*(read(path)["stages"] for path in FILES)))


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*/dvc.lock")))
def test_the_results_are_those_that_the_lock_file_tells(path):
    for stage in read(path)["stages"].values():
        for out in stage["outs"]:
            file = ROOT / "studies" / out["path"]
            if not out["path"].startswith(("data/", "models/")) and "doubts/" not in out["path"]:
                assert hashlib.md5(file.read_bytes()).hexdigest() == out["md5"], file
