"""Labels are doubted by networks that have never seen the letter."""

import numpy
import pytest
import yaml
from PIL import Image

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.letters import read_split
from pipeline.errors import PipelineError
from pipeline.files import SPLIT, read_csv
from pipeline.params import Params
from pipeline.stages import split
from studies.strangers import PARAMS, doubt
from tests.support import workplace
from tests.support.workplace import clean_strokes

WRONG = 10


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A checkout where ten training labels were moved on by three and all have been judged."""
    document = yaml.safe_load(workplace.PARAMS.read_text(encoding="utf-8"))
    document["split"] |= {"test_per_letter": 10, "validation_share": 0.2}
    document["train"]["profile"] = "thesis"
    optimizer = {"type": "adamw", "learning_rate": 0.002, "weight_decay": 0.1}
    document["profiles"]["thesis"]["optimizer"] = optimizer
    params = Params.model_validate(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("doubted"))
        clean_strokes(40)
        PARAMS.parent.mkdir(parents=True)
        PARAMS.write_text("doubt: {folds: 2, epochs: 20}", encoding="utf-8")
        split.run(params, "random")
        path = SPLIT / "random" / "strokes" / "train.npz"
        with numpy.load(path) as arrays:
            arrays = dict(arrays)
        wrong = numpy.flatnonzero(~arrays["validation"])[:WRONG]
        arrays["labels"][wrong] = (arrays["labels"][wrong] + 3) % len(RUSSIAN)
        numpy.savez(path, **arrays)
        doubt.run(params, "random")
        yield params


def listed():
    return read_csv(doubt.listed("random"))


def test_wrong_labels_stand_at_the_head_of_the_list(judged):
    part = read_split("random", "train")["strokes"]
    wrong = part.names[~part.validation][:WRONG].astype(str)
    head = [row["name"] for row in listed()[: 2 * WRONG]]
    assert len(set(wrong) & set(head)) >= WRONG - 1
    with Image.open(doubt.listed("random").with_suffix(".png")) as sheet:
        assert sheet.width == 1100


def test_no_letter_that_tests_or_validates_is_listed_and_the_most_doubted_come_first(judged):
    part = read_split("random", "train")["strokes"]
    assert {row["name"] for row in listed()} <= set(part.names[~part.validation].astype(str))
    shares = [float(row["probability_of_label"]) for row in listed()]
    assert shares == sorted(shares)


@pytest.mark.slow
def test_the_same_parameters_give_the_same_list(judged):
    before = doubt.listed("random").read_bytes()
    doubt.run(judged, "random")
    assert doubt.listed("random").read_bytes() == before


def test_hyperparameters_that_cannot_be_are_named(judged):
    document = judged.model_dump()
    # Only the number of letters makes it too much.
    optimizer = {"type": "sgd", "learning_rate": 0.01, "l2_lambda": 1e30}
    document["profiles"]["thesis"]["optimizer"] = optimizer
    said = r"params\.yaml: profiles\.thesis: weight_decay: found \d"
    with pytest.raises(PipelineError, match=said):
        doubt.run(Params.model_validate(document), "random")
