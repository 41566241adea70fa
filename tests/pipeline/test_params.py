"""Parameters are checked when they are read, all at once, and each bad one is named."""

from pathlib import Path

import pytest

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.stages.package import TRAINED
from tests.support.workplace import remains


def dense(units):
    return {"type": "dense", "units": units}


def network(*layers):
    return {"input_shape": [28, 28], "layers": list(layers)}


BAD = [
    ("profiles__thesis__optimizer__learning_rate", -0.1, "greater than 0"),
    ("profiles__letters__epochs", 0, "greater than 0"),
    ("profiles__letters__batch_size", 1.5, "valid integer"),
    ("profiles__thesis__optimizer__l2_lambda", float("nan"), "finite number"),
    ("profiles__letters__augmentation__pen", 1.5, "less than or equal to 1"),
    ("profiles__letters__repeats", {"comnist": -1}, "greater than or equal to 0"),
    ("train__threads", 0, "greater than 0"),
    ("profiles__letters__initializer", "hopeful", "'normal'"),
    ("profiles__letters__network", network(dense(7)), "units: letters"),
    # `edge` could not compute it: refused before it is trained.
    ("profiles__letters__network", network({"type": "tanh"}, dense("letters")), "tanh"),
    ("split__method", "clever", "'random' or 'tail'"),
    ("split__test_per_letter", -1, "greater than 0"),
    ("split__validation_share", 1.0, "less than 1"),
    ("fetch__corpora", [], "at least 1"),
    ("fetch__corpora", ["../letters"], "the name of a folder in corpora/"),
    # Test sets and the letters on papers are called so.
    ("fetch__corpora", ["touch"], "none of composed, "),
    ("fetch__corpora", ["composed"], "none of composed, "),
    ("alphabet", 7, "in a word or a list"),
    ("alphabet", "А", "1 letters, expected 2 to 200"),
    ("alphabet", "АБа", "different letters"),
    ("alphabet", ["А", "a word"], "different letters"),
    ("alphabet", [chr(0x4E00 + number) for number in range(201)], "201 letters"),
    ("evaluate__pure_letters", 0, "greater than 0"),
    ("export__opset", 12, "greater than or equal to 13"),
    ("papers__rules", 1.5, "less than or equal to 1"),
    ("papers__extent", [0.9, 0.2], "the smaller share first"),
    ("papers__sides", [7], "greater than or equal to 8"),
    ("papers__sides", [112], "less than or equal to 96"),
    ("ink__scenes", 0, "greater than 0"),
    ("ink__loss", {"nonsense": 1.0}, "'dice'"),
    ("ink__optimizer__learning_rate", 0.0, "greater than 0"),
    ("ink__network", network(dense(4)) | {"input_shape": [3, 8, 8]}, "four for every 2x2 pixels"),
    ("compose__letters", 0, "greater than 0"),
    ("language__words", "all", "'small' or 'large'"),
    ("language__exponent", 1.5, "less than or equal to 1"),
    ("train__unsure_share", 2.0, "less than or equal to 1"),
    ("profiles__letters__composed", -1, "greater than or equal to 0"),
    ("seed", "lucky", "valid integer"),
    ("surplus", 1, "not permitted"),
]


@pytest.mark.parametrize("name, value, expected", BAD)
def test_a_bad_parameter_is_named_with_what_was_found(name, value, expected, set_params):
    with pytest.raises(PipelineError) as caught:
        set_params(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"params.yaml: {name.replace('__', '.')}")
    assert expected in message
    assert "\n" not in message


def test_all_bad_parameters_are_named_at_once(set_params):
    with pytest.raises(PipelineError, match=r"split\.method.*train\.threads"):
        set_params(train__threads=0, split__method="clever")


def test_letters_are_repeated_of_corpora_alone_that_are_known(set_params):
    with pytest.raises(
        PipelineError,
        match=r"^params\.yaml: profiles\.letters\.repeats: found 'mine', expected one of [\w, -]+$",
    ):
        set_params(profiles__letters__repeats={"mine": 2})
    changed = set_params(fetch__corpora=["mine"], profiles__letters__repeats={"mine": 2})
    assert changed.profile.repeats == {"mine": 2}


def test_an_alphabet_is_taken_as_listed_its_letters_composed_and_in_one_case(set_params):
    assert set_params(alphabet=None).alphabet is None
    assert set_params(alphabet="бА").alphabet == ["Б", "А"]
    assert set_params(alphabet=["и\u0306", "дж", "ß"]).alphabet == ["Й", "Дж", "ß"]


def test_a_network_has_as_many_outputs_as_there_are_letters(set_params):
    for profile in set_params().profiles.values():
        assert profile.network_of(10)["layers"][-1] == {"type": "dense", "units": 10}


def test_scenes_of_none_and_of_several_are_no_more_than_there_are(set_params):
    with pytest.raises(PipelineError, match=r"^params\.yaml: papers: .* at most 1 together"):
        set_params(papers__none=0.6, papers__several=0.6)


def test_a_profile_that_is_not_there(set_params):
    said = r"^params\.yaml: train\.profile: found 'best', expected one of letters, thesis$"
    with pytest.raises(PipelineError, match=said):
        set_params(train__profile="best")


def test_a_missing_or_broken_file_is_named(workplace):
    Path("params.yaml").write_text("train: [", "utf-8")
    with pytest.raises(PipelineError, match=r"params\.yaml: not valid YAML"):
        params.read()
    Path("params.yaml").unlink()
    with pytest.raises(PipelineError, match=r"params\.yaml: not found"):
        params.read()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("clean", "data/raw/corpora.json: not found; run the stage `fetch` first"),
        ("split random", "data/clean: no letters; run the stage `clean` first"),
        ("ink", "data/split/random: not found; run the stage `split` first"),
        ("compose", "data/split/random: not found; run the stage `split` first"),
        ("train tail", "data/split/tail: not found; run the stage `split` first"),
        ("evaluate tail", "data/split/tail: not found; run the stage `split` first"),
        ("package", "[Errno 2] No such file or directory: 'metrics/random/evaluate.json'"),
        ("report", "metrics/clean.json: not found; run the stage `clean` first"),
        ("promote", f"[Errno 2] No such file or directory: '{TRAINED}'"),
    ],
)
def test_a_stage_that_comes_too_early_says_what_is_missing(stage, workplace, arguments, said):
    result = stage(*arguments.split())
    assert (result.returncode, result.stderr) == (1, f"pipeline: {said}\n")
    assert remains(workplace) == ["params.yaml"]


def test_the_command_line_says_it_in_one_line_with_status_1(stage, set_params):
    with pytest.raises(PipelineError):
        set_params(train__threads=-1)
    result = stage("train", "random")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("pipeline: params.yaml: train.threads: ")
    assert len(result.stderr.splitlines()) == 1
