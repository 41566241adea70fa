"""Parameters are checked when they are read, all at once, and each bad one is named."""

import re
from functools import reduce
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.stages.package import TRAINED
from tests.support.workplace import remains


def dense(units):
    return {"type": "dense", "units": units}


def warm_up(**changes):
    return {"type": "warm_up", "rise": 0.1, **changes}


FLATTEN = {"type": "flatten"}
BOTH = {"type": "sgd", "learning_rate": 0.1, "l2_lambda": 5, "weight_decay": 0.1}


def network(*layers):
    return {"input_shape": [28, 28], "layers": list(layers)}


SCATTERED = {
    "input_shape": [3, 8, 8],
    "layers": [
        {"type": "convolution", "filters": 4, "kernel": 2, "stride": 2},
        {"type": "depthwise_convolution", "kernel": 3, "padding": "same"},
    ],
}

BAD = [
    ("profiles__thesis__optimizer__learning_rate", -0.1, "expected a positive finite"),
    ("profiles__letters__epochs", 0, "above 0"),
    ("profiles__letters__batch_size", 1.5, "a whole number"),
    ("profiles__thesis__optimizer__l2_lambda", float("nan"), "found nan, expected a finite number"),
    ("profiles__letters__augmentation__pen", 1.5, "at most 1"),
    ("profiles__letters__repeats", {"comnist": -1}, "at least 0"),
    ("train__threads", 0, "above 0"),
    ("profiles__letters__initializer", "hopeful", "'normal'"),
    ("profiles__letters__network", network(FLATTEN, dense(7)), "units: letters"),
    ("profiles__letters__network", network(dense("letters")), "found no flatten before dense_1"),
    ("profiles__letters__network", network(FLATTEN, dense("letters"), FLATTEN, dense(7)), "(7,)"),
    ("profiles__letters__network", {"input_shape": [28, 28]}, "network.layers: found None"),
    ("profiles__letters__loss", "cross_entropy", "did you mean `softmax_cross_entropy`?"),
    ("profiles__letters__optimizer", {"learning_rate": 0.1}, "optimizer.type: found null"),
    ("profiles__letters__optimizer", BOTH, "weight_decay: found beside l2_lambda"),
    ("profiles__letters__schedule", {"type": "step", "every": 2}, "schedule.every: found 2"),
    ("profiles__letters__schedule", warm_up(rise=0), "schedule.rise: found 0, expected"),
    ("profiles__letters__schedule", warm_up(then={"type": "cos"}), "then.type: found 'cos'"),
    ("profiles__letters__schedule", {"type": "cosine", "flor": 0.1}, "mean `floor`?"),
    ("split__method", "clever", "'random' or 'tail'"),
    ("split__test_per_letter", -1, "above 0"),
    ("split__validation_share", 1.0, "below 1"),
    ("fetch__corpora", [], "at least 1"),
    ("fetch__corpora", ["../letters"], "a folder in corpora/"),
    # Test sets and the letters on papers are called so.
    ("fetch__corpora", ["touch"], "not called composed, "),
    ("fetch__corpora", ["composed"], "not called composed, "),
    ("alphabet", 7, "in a word or a list"),
    ("alphabet", "А", "1 letters, expected 2 to 200"),
    ("alphabet", "АБа", "different letters"),
    ("alphabet", ["А", "a word"], "different letters"),
    ("alphabet", [chr(0x4E00 + number) for number in range(201)], "201 letters"),
    ("evaluate__pure_letters", 0, "above 0"),
    ("export__opset", 12, "at least 13"),
    ("papers__rules", 1.5, "at most 1"),
    ("papers__extent", [0.9, 0.2], "the smaller share first"),
    ("papers__sides", [7], "at least 8"),
    ("papers__sides", [112], "at most 96"),
    ("ink__scenes", 0, "above 0"),
    ("ink__loss", {"nonsense": 1.0}, "'dice'"),
    ("ink__optimizer__learning_rate", 0.0, "expected a positive finite number"),
    # The stage `compose` could not find ink with it: refused before it is trained.
    ("ink__network", SCATTERED, "'depthwise_convolution_1': no type of layer"),
    (
        "ink__network",
        network(FLATTEN, dense(4)) | {"input_shape": [3, 8, 8]},
        "four for every 2x2 pixels",
    ),
    ("compose__letters", 0, "above 0"),
    ("language__words", "all", "'small' or 'large'"),
    ("language__exponent", 1.5, "at most 1"),
    ("train__unsure_share", 2.0, "at most 1"),
    ("profiles__letters__composed", -1, "at least 0"),
    ("seed", "lucky", "a whole number"),
    ("surplus", 1, "unknown, expected one of seed, alphabet, "),
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
    with pytest.raises(PipelineError) as caught:
        set_params(train__threads=0, split__method="clever")
    assert str(caught.value).splitlines() == [
        "params.yaml: split.method: found 'clever', expected 'random' or 'tail'",
        "params.yaml: train.threads: found 0, expected a number above 0",
    ]


def test_what_a_group_lacks_is_said_together(set_params):
    with pytest.raises(PipelineError) as caught:
        set_params(train={"profile": "letters"}, export={"opset": 13})
    assert str(caught.value).splitlines() == [
        "params.yaml: train: missing threads, unsure_share",
        "params.yaml: export.ir_version: missing",
    ]


def test_letters_are_repeated_of_corpora_alone_that_are_known(set_params):
    with pytest.raises(
        PipelineError,
        match=r"^params\.yaml: profiles\.letters\.repeats: found 'mine', expected one of [\w, -]+",
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
    with pytest.raises(PipelineError, match=r"compose\.several: .* at most 1 together"):
        set_params(papers__none=0.6, papers__several=0.1, compose__several=0.6)


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


def test_an_experiment_as_the_file_advises_it_leaves_its_comments_and_other_values(committed):
    path = committed / "params.yaml"
    text = path.read_text(encoding="utf-8")
    (advised,) = re.findall(r"`dvc exp run -S (\S+)=2`", text)
    # What `dvc exp run` does with the file.
    apply_overrides(path, [f"{advised}=2"])
    changed = path.read_text(encoding="utf-8")
    assert re.findall("#.*", changed) == re.findall("#.*", text)
    before, after = yaml.safe_load(text), yaml.safe_load(changed)
    *sections, name = advised.split(".")
    assert reduce(dict.get, sections, after)[name] == 2
    reduce(dict.get, sections, before)[name] = 2
    assert after == before
