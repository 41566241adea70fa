"""A variant is the profile but for what it names, trained and measured on both splits."""

import json
from pathlib import Path

import pytest
import yaml

from pipeline import params, variants
from pipeline.errors import PipelineError
from pipeline.files import DOUBTS
from pipeline.stages import split
from tests.pipeline.conftest import clean_strokes

GROUPS = {
    "short": {
        "profile": "thesis",
        "splits": ["random", "tail"],
        "seeds": 2,
        "epochs": 1,
        "variants": {
            "default": {},
            "small_batches": {"batch_size": 5},
            "averaged": {"batch_size": 5, "averaging": 0.9},
            "distilled": {"batch_size": 5, "teacher": {"initializer": "glorot"}},
            "diverging": {"optimizer": {"learning_rate": 1e30}},
        },
    }
}


@pytest.fixture
def study(workplace):
    """Write a study of two variants."""
    folder = workplace / "study"
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(GROUPS), encoding="utf-8")
    return Path("study")


@pytest.fixture
def letters(workplace, set_params):
    """Letters to train on, by both splits."""
    clean_strokes(20)
    chosen = set_params(split__test_per_letter=10, split__validation_share=0.2)
    DOUBTS.mkdir()
    for method in ("random", "tail"):
        split.run(chosen, method)
        (DOUBTS / f"{method}.csv").write_text("corpus,name,probability_of_label\n", "utf-8")


def test_a_variant_is_measured_once_a_seed_on_every_test_set(study, stage, letters):
    measured = []
    for name in ("small_batches", "averaged", "distilled"):
        done = stage("vary", "study", "short", name)
        assert done.returncode == 0, done.stderr
        path = study / "results" / "short" / f"{name}.json"
        results = json.loads(path.read_text(encoding="utf-8"))
        assert set(results) == {"random", "tail"}
        for shares in results.values():
            assert len(shares["strokes"]) == 2
            measured.append(tuple(shares["strokes"]))
    # Other letters, another variant, another training.
    assert len(set(measured)) == len(measured)
    # Two seeds, two trainings.
    assert all(first != second for first, second in measured)


def test_a_variant_that_diverges_is_said_to_in_one_line(study, stage, letters):
    done = stage("vary", "study", "short", "diverging")
    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: the variant trained on ")
    assert done.stderr.count("\n") == 1
    assert not (study / "results").exists()


@pytest.mark.parametrize("text", ["short: [", "", "short: {profile: thesis}"])
def test_a_study_that_cannot_be_read_is_named_in_one_line(study, stage, text):
    (study / "params.yaml").write_text(text, encoding="utf-8")
    done = stage("vary", "study", "short", "default")
    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: study/params.yaml: ")
    assert done.stderr.count("\n") == 1


def test_what_a_variant_names_changes_and_nothing_else():
    profile = params.read().profiles["letters"]
    changed = variants.varied(profile, {"augmentation": {"pen": 0.0}, "epochs": 2})
    expected = profile.model_dump()
    expected["augmentation"]["pen"] = 0.0
    expected["epochs"] = 2
    assert changed.model_dump() == expected | {"averaging": 0.0, "teacher": None}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"epochs": -1}, "epochs"),
        ({"augmentation": {"pen": "wide"}}, "augmentation.pen"),
        ({"nonsense": 1}, "nonsense"),
        ({"averaging": 1.0}, "averaging"),
    ],
)
def test_a_variant_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(PipelineError, match=named):
        variants.varied(params.read().profiles["letters"], changes)


@pytest.mark.parametrize("names", [("long", "default"), ("short", "absent")])
def test_a_study_says_what_it_does_not_have(study, stage, names):
    done = stage("vary", "study", *names)
    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: study/params.yaml: ")
    assert done.stderr.count("\n") == 1


def test_every_variant_of_the_committed_study_can_be_built():
    document = params.read()
    study = params.PARAMS.parent / "studies" / "strangers" / "params.yaml"
    for group in yaml.safe_load(study.read_text(encoding="utf-8")).values():
        for changes in group["variants"].values():
            variants.varied(document.profiles[group["profile"]], changes)
