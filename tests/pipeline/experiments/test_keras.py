"""studies/keras in small: the same network here and, where it is installed, on Keras."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from pipeline.experiments import comparison
from pipeline.experiments.lines import lines_of_code, of_package
from pipeline.parts.keras import keras_comparison
from tests.pipeline.conftest import ROOT
from tests.pipeline.experiments.test_studies import few_digits

STUDY = Path("studies/keras")
SMALL = {"examples": 60, "validation": 20, "hidden": 8, "batch_size": 10, "epochs": 2}

keras_missing = pytest.mark.skipif(
    find_spec("keras") is None or find_spec("jax") is None, reason="Keras is not installed"
)


@pytest.fixture
def study(workplace):
    """Give what makes the study of one small network, changed so, with few digits."""
    few_digits()
    shutil.copytree(ROOT / STUDY, STUDY, ignore=shutil.ignore_patterns("results", "dvc.*"))

    def make(name, **changes):
        document = yaml.safe_load((STUDY / "params.yaml").read_text(encoding="utf-8"))
        recipe = document["networks"][name] | SMALL | changes
        document = {"seeds": 2, "networks": {name: recipe}}
        (STUDY / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    return make


@pytest.fixture
def program(monkeypatch):
    """Run one of the two programs with its arguments."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}")

    def run(library, *arguments):
        path = STUDY / comparison.PROGRAMS[library]
        return subprocess.run(
            [sys.executable, path, *arguments],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("library", ["nn", pytest.param("keras", marks=keras_missing)])
@pytest.mark.parametrize(("name", "learning_rate"), [("tanh_dropout", 5), ("relu_adam", 0.05)])
def test_a_network_learns(study, program, library, name, learning_rate):
    study(name, learning_rate=learning_rate, epochs=10)
    done = program(library, name, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["accuracy"] > 0.5
    assert 1 <= report["epoch"] <= 10
    assert report["first_epoch_seconds"] > 0
    assert report["epoch_seconds"] > 0


def test_the_same_seed_gives_the_same_accuracy_and_a_line_for_people(study, program):
    study("relu_adam")
    first, again = (program("nn", "relu_adam", "--seed", "7").stdout for _ in range(2))
    assert first.count("\n") == 1
    assert first.split(",")[0] == again.split(",")[0]


@keras_missing
def test_both_sides_are_measured_once_a_seed_and_laid_out(study, stage):
    study("tanh_dropout")
    done = stage("compare", str(STUDY))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 4
    report = json.loads((STUDY / "results" / "comparison.json").read_text(encoding="utf-8"))
    assert set(report["versions"]) == {"numpy", "keras", "jax"}
    assert report["library_lines"]["keras"] > report["library_lines"]["nn"] > 1000
    network = report["networks"]["tanh_dropout"]
    for library in comparison.PROGRAMS:
        assert [len(values) for values in network[library].values()] == [2] * 5
    lock = "stages: {comparison: {deps: [{path: data/mnist.npz, md5: a42f8b4}]}}"
    (STUDY / "dvc.lock").write_text(lock, encoding="utf-8")
    table = keras_comparison().splitlines()
    assert [row.count("|") for row in table[:3]] == [9] * 3


@pytest.mark.skipif(find_spec("keras") is not None, reason="Keras is installed")
def test_without_keras_one_line_says_how_to_get_it(study, stage):
    study("relu_adam")
    done = stage("compare", str(STUDY))
    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: studies/keras: keras and jax not installed; ")
    assert "pip install -e '.[keras]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (STUDY / "results").exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"epochs": 1}, "networks.relu_adam.epochs: "),
        ({"examples": 110}, "examples and validation: 110 and 20, expected 120 together"),
        ({"nonsense": 1}, "networks.relu_adam.nonsense: "),
        ({"learning_rate": 1e38}, "the loss is "),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_in_one_line(study, program, changes, complaint):
    study("relu_adam", **changes)
    done = program("nn", "relu_adam")
    assert done.returncode == 1
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_committed_parameters_can_be_read():
    networks = comparison.read(ROOT / STUDY).networks
    assert set(networks) == set(comparison.Name.__args__)


CODE = '''"""A docstring
of two lines."""

# A comment.
import os  # and another


def function(
    argument,
):
    """A docstring."""
    text = """not a docstring

    of three lines"""
    return text, argument
'''


def test_lines_of_code_are_those_that_are_neither_blank_nor_comments_nor_docstrings(tmp_path):
    assert lines_of_code(CODE) == 8
    assert lines_of_code("") == 0
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "module.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "module_test.py").write_text(CODE, encoding="utf-8")
    assert of_package(tmp_path) == 8
