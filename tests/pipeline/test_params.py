"""Parameters are checked when they are read, all at once, and each bad one is named."""

from pathlib import Path

import pytest

from pipeline import params
from pipeline.errors import PipelineError

BAD = {
    "profiles__thesis__optimizer__learning_rate": (-0.1, "greater than 0"),
    "profiles__letters__epochs": (0, "greater than 0"),
    "profiles__letters__batch_size": (1.5, "valid integer"),
    "profiles__thesis__optimizer__l2_lambda": (float("nan"), "finite number"),
    "profiles__letters__augmentation__pen": (1.5, "less than or equal to 1"),
    "profiles__letters__repeats": ({"nonsense": 1}, "'cyrillic-mnist'"),
    "train__threads": (0, "greater than 0"),
    "profiles__letters__initializer": ("hopeful", "'normal'"),
    "profiles__letters__network": (
        {"input_shape": [28, 28], "layers": [{"type": "dense", "units": 7}]},
        "33",
    ),
    "split__method": ("clever", "'random' or 'tail'"),
    "split__test_per_letter": (-1, "greater than 0"),
    "split__validation_share": (1.0, "less than 1"),
    "fetch__corpora": (["imaginary"], "'cyrillic-mnist'"),
    "robustness__letters_per_class": (0, "greater than 0"),
    "seed": ("lucky", "valid integer"),
    "surplus": (1, "not permitted"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_parameter_is_named_with_what_was_found(name, set_params):
    value, expected = BAD[name]
    with pytest.raises(PipelineError) as caught:
        set_params(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"params.yaml: {name.replace('__', '.')}")
    assert expected in message
    assert "\n" not in message


def test_all_bad_parameters_are_named_at_once(set_params):
    with pytest.raises(PipelineError) as caught:
        set_params(train__threads=0, split__method="clever")
    assert "train.threads" in str(caught.value)
    assert "split.method" in str(caught.value)


def test_a_layer_that_edge_cannot_compute_is_refused_before_it_is_trained(set_params):
    network = {
        "input_shape": [28, 28],
        "layers": [{"type": "dense", "units": 9}, {"type": "tanh"}, {"type": "dense", "units": 33}],
    }
    with pytest.raises(PipelineError, match=r"profiles\.letters\.network.*tanh"):
        set_params(profiles__letters__network=network)


def test_a_profile_that_is_not_there(set_params):
    with pytest.raises(
        PipelineError, match=r"train\.profile: found 'best', expected one of letters, thesis"
    ):
        set_params(train__profile="best")


def test_a_missing_or_broken_file_is_named(workplace):
    Path("params.yaml").write_text("train: [", "utf-8")
    with pytest.raises(PipelineError, match=r"params\.yaml: no valid YAML"):
        params.read()
    Path("params.yaml").unlink()
    with pytest.raises(PipelineError, match=r"params\.yaml: not found"):
        params.read()


@pytest.mark.parametrize(
    "arguments",
    [("clean",), ("split", "random"), ("train", "tail"), ("quantize", "tail"), ("export",),
     ("evaluate",), ("package",), ("promote",)],
)  # fmt: skip
def test_a_stage_that_comes_too_early_says_what_is_missing(stage, arguments):
    result = stage(*arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("pipeline: ")
    assert len(result.stderr.splitlines()) == 1
    assert (
        "not found" in result.stderr
        or "No such file" in result.stderr
        or "no letters" in result.stderr
    )


def test_the_command_line_says_it_in_one_line_with_status_1(stage, set_params):
    with pytest.raises(PipelineError):
        set_params(train__threads=-1)
    result = stage("train", "random")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("pipeline: params.yaml: train.threads: ")
    assert len(result.stderr.splitlines()) == 1
