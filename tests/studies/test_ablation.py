"""A variant is the profile but for what it names, trained and measured on a table's splits."""

import pytest
import yaml

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.files import read_json
from pipeline.stages import split
from studies.strangers import PARAMS, RESULTS, ablation
from tests.support.workplace import ROOT, clean_strokes

VARIANTS = {
    "default": {},
    "small_batches": {"batch_size": 5},
    "other_weights": {"batch_size": 5, "initializer": "glorot"},
    "diverging": {"optimizer": {"learning_rate": 1e30}},
}


@pytest.fixture(autouse=True)
def _table(set_study):
    table = {"profile": "thesis", "splits": ["random", "tail"], "seeds": 2, "epochs": 1}
    set_study("strangers", short=table | {"variants": VARIANTS})


@pytest.fixture
def letters(workplace, set_params):
    """Letters to train on, by both splits."""
    clean_strokes(20)
    chosen = set_params(split__test_per_letter=10, split__validation_share=0.2)
    for method in ("random", "tail"):
        split.run(chosen, method)


def test_a_variant_is_measured_once_a_seed_on_every_test_set(studies, letters):
    measured = []
    for name in ("small_batches", "other_weights"):
        studies("ablation", "short", name)
        results = read_json(RESULTS / "short" / f"{name}.json")
        assert set(results) == {"random", "tail"}
        for shares in results.values():
            assert len(shares["strokes"]) == 2
            measured.append(tuple(shares["strokes"]))
    # Other letters, or another variant: another training.
    assert len(set(measured)) == len(measured)
    # Two seeds, two trainings.
    assert all(first != second for first, second in measured)


def test_a_variant_that_diverges_is_said_to_in_one_line(refused, letters):
    said = refused("ablation", "short", "diverging")
    assert said.startswith("studies: the variant trained on ")
    assert not (RESULTS / "short").exists()


@pytest.mark.parametrize("text", ["short: [", "", "short: {profile: thesis}"])
def test_parameters_that_cannot_be_read_are_named_in_one_line(refused, text):
    PARAMS.write_text(text, encoding="utf-8")
    assert refused("ablation", "short", "default").startswith(f"studies: {PARAMS}: ")


@pytest.mark.parametrize("names", [("long", "default"), ("short", "absent")])
def test_a_table_or_a_variant_that_is_not_there_is_named(refused, names):
    assert refused("ablation", *names).startswith(f"studies: {PARAMS}: ")


def test_what_a_variant_names_changes_and_nothing_else():
    profile = params.read().profiles["letters"]
    changed = ablation.varied(profile, {"augmentation": {"pen": 0.0}, "epochs": 2})
    expected = profile.model_dump() | {"epochs": 2}
    expected["augmentation"]["pen"] = 0.0
    assert changed.model_dump() == expected


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"epochs": -1}, "epochs"),
        ({"augmentation": {"pen": "wide"}}, "augmentation.pen"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_variant_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(PipelineError, match=named):
        ablation.varied(params.read().profiles["letters"], changes)


def test_every_committed_variant_can_be_built():
    profiles = params.read(ROOT / "params.yaml").profiles
    document = yaml.safe_load((ROOT / PARAMS).read_text(encoding="utf-8"))
    tables = [table for table in document.values() if "variants" in table]
    assert len(tables) == 2
    for table in tables:
        for changes in table["variants"].values():
            ablation.varied(profiles[table["profile"]], changes)
