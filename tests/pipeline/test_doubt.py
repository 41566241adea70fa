"""Labels are doubted by networks that have never seen the letter; dropping is the profile's."""

import csv

import numpy
import pytest
import yaml
from PIL import Image

from edge.alphabet import LETTERS
from pipeline.errors import PipelineError
from pipeline.files import DOUBTS, PLOTS, SPLIT
from pipeline.params import Params
from pipeline.stages import doubt, split
from tests.pipeline.conftest import ROOT, clean_strokes

WRONG = 10


@pytest.fixture(scope="module")
def doubted(tmp_path_factory):
    """A checkout where ten training labels were moved on by three and all have been judged."""
    document = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    document["split"] |= {"test_per_letter": 10, "validation_share": 0.2}
    document["doubt"]["epochs"] = 20
    document["train"]["profile"] = "thesis"
    document["profiles"]["thesis"]["optimizer"] = {
        "type": "adamw",
        "learning_rate": 0.002,
        "weight_decay": 0.1,
    }
    params = Params.model_validate(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("doubted"))
        clean_strokes(40)
        split.run(params, "random")
        path = SPLIT / "random" / "strokes" / "train.npz"
        with numpy.load(path) as arrays:
            arrays = dict(arrays)
        wrong = numpy.flatnonzero(~arrays["validation"])[:WRONG]
        arrays["labels"][wrong] = (arrays["labels"][wrong] + 3) % len(LETTERS)
        numpy.savez(path, **arrays)
        doubt.run(params, "random")
        yield params


def listed():
    with (DOUBTS / "random.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_wrong_labels_stand_at_the_head_of_the_list(doubted):
    part = split.read("random", "train")["strokes"]
    wrong = part.names[~part.validation][:WRONG].astype(str)
    head = [row["name"] for row in listed()[: 2 * WRONG]]
    assert len(set(wrong) & set(head)) >= WRONG - 1
    with Image.open(PLOTS / "random" / "doubts.png") as sheet:
        assert sheet.width == 1100


def test_no_letter_that_tests_or_validates_is_listed_and_the_most_doubted_come_first(doubted):
    part = split.read("random", "train")["strokes"]
    assert {row["name"] for row in listed()} <= set(part.names[~part.validation].astype(str))
    shares = [float(row["probability_of_label"]) for row in listed()]
    assert shares == sorted(shares)


def test_the_same_parameters_give_the_same_list(doubted):
    before = (DOUBTS / "random.csv").read_bytes()
    doubt.run(doubted, "random")
    assert (DOUBTS / "random.csv").read_bytes() == before


def test_letters_that_nobody_judged_are_said_to_be(doubted):
    with pytest.raises(PipelineError, match=r"tail\.csv: not found; run the stage `doubt` first"):
        doubt.without({}, "tail", 0.1)


def test_a_recipe_that_cannot_be_is_named(doubted):
    document = doubted.model_dump()
    document["profiles"]["thesis"]["optimizer"]["learning_rate"] = 1e30
    with pytest.raises(
        PipelineError, match=r"params\.yaml: profiles\.thesis: weight_decay: found 0\.1"
    ):
        doubt.run(Params.model_validate(document), "random")


def test_what_is_less_probable_than_the_parameter_says_is_left_out(doubted):
    parts = split.read("random", "train")
    rows = listed()
    limit = float(rows[WRONG]["probability_of_label"])
    dropped = {row["name"] for row in rows if float(row["probability_of_label"]) < limit}
    kept = set(doubt.without(parts, "random", limit)["strokes"].names.astype(str))
    assert kept == set(parts["strokes"].names.astype(str)) - dropped
    assert len(doubt.without(parts, "random", 0.0)["strokes"].names) == len(parts["strokes"].names)
