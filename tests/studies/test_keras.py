"""studies/keras in small: the same network here and, where it is installed, on Keras."""

import json
from importlib.util import find_spec
from typing import get_args

import pytest
import yaml

from pipeline.files import read_json
from studies.keras import comparison
from tests.support.studies import few_digits, program, refused
from tests.support.workplace import ROOT

NN = comparison.PROGRAMS["nn"]

SMALL = {"examples": 60, "validation": 20, "hidden": 8, "batch_size": 10, "epochs": 2}

keras_missing = pytest.mark.skipif(
    find_spec("keras") is None or find_spec("jax") is None, reason="Keras is not installed"
)


@pytest.fixture
def study(set_study):
    """Write the study of one small network and few digits, changed as asked for."""
    few_digits()
    committed = yaml.safe_load((ROOT / comparison.FOLDER / "params.yaml").read_text("utf-8"))

    def make(name, **changes):
        network = committed["networks"][name] | SMALL | changes
        set_study("keras", seeds=2, networks={name: network})

    return make


@pytest.mark.parametrize("library", ["nn", pytest.param("keras", marks=keras_missing)])
@pytest.mark.parametrize(("name", "learning_rate"), [("tanh_dropout", 5), ("relu_adam", 0.05)])
def test_a_network_learns(study, library, name, learning_rate):
    study(name, learning_rate=learning_rate, epochs=10)
    report = json.loads(program(comparison.PROGRAMS[library], name, "--json").stdout)
    assert report["accuracy"] > 0.5
    assert 1 <= report["epoch"] <= 10
    assert report["first_epoch_seconds"] > 0
    assert report["epoch_seconds"] > 0


def test_the_same_seed_gives_the_same_accuracy_and_a_line_for_people(study):
    study("relu_adam")
    first, again = (program(NN, "relu_adam", "--seed", "7").stdout for _ in range(2))
    assert first.count("\n") == 1
    assert first.split(",")[0] == again.split(",")[0]


@keras_missing
def test_both_sides_are_measured_once_a_seed(study, studies):
    study("tanh_dropout")
    assert studies("compare").stdout.count("\n") == 4
    report = read_json(comparison.FOLDER / "results" / "comparison.json")
    assert set(report["versions"]) == {"numpy", "keras", "jax"}
    network = report["networks"]["tanh_dropout"]
    for library in comparison.PROGRAMS:
        assert [len(values) for values in network[library].values()] == [2] * 5


@pytest.mark.skipif(find_spec("keras") is not None, reason="Keras is installed")
def test_without_keras_one_line_says_how_to_get_it(study, refused):
    study("relu_adam")
    said = refused("compare")
    assert said.startswith("studies: studies/keras: keras and jax not installed; ")
    assert "pip install -e '.[yardsticks]'" in said
    assert not (comparison.FOLDER / "results").exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"epochs": 1}, "networks.relu_adam.epochs: "),
        ({"examples": 110}, "examples and validation: 110 and 20, expected 120 together"),
        ({"nonsense": 1}, "networks.relu_adam.nonsense: "),
        ({"learning_rate": 1e38}, "the loss is "),
    ],
)
def test_bad_hyperparameters_are_refused_in_one_line(study, changes, complaint):
    study("relu_adam", **changes)
    assert complaint in refused(NN, "relu_adam")


def test_the_committed_parameters_can_be_read(set_study):
    set_study("keras")
    assert set(comparison.read().networks) == set(get_args(comparison.Name))
