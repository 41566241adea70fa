"""The network that finds the ink is trained on training letters alone, and can be gone on with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file

from edge import network as edge_network
from edge.finding import standardized
from pipeline import parallel
from pipeline.data.letters import METHODS, joined, read_split
from pipeline.errors import PipelineError
from pipeline.files import INK, read_csv, read_json
from pipeline.stages import ink, split
from pipeline.training import finder
from tests.support.workplace import clean_strokes, environment, in_this_process, remains

CHECKPOINTS = INK / "checkpoints"
RESULTS = [
    *(INK / name for name in ("fp32.safetensors", "network.json", "training.json")),
    Path("plots/ink/training.csv"),
    Path("metrics/ink/train.json"),
]
EPOCHS = 40
# As deep as it must be to have something to fold, and to join.
NETWORK = {
    "input_shape": [3, 16, 16],
    "layers": [
        {
            "type": "convolution",
            "filters": 6,
            "kernel": 4,
            "stride": 2,
            "padding": 1,
            "bias": False,
        },
        {"type": "batch_normalization"},
        {"type": "relu", "name": "half"},
        {"type": "convolution", "filters": 6, "kernel": 3, "stride": 2, "padding": 1},
        {"type": "upsample", "factor": 2, "name": "larger"},
        {"type": "concatenate", "inputs": ["larger", "half"]},
        {"type": "convolution", "filters": 4, "kernel": 3, "padding": "same"},
    ],
}


@pytest.fixture
def small(workplace, set_params, monkeypatch):
    """A workplace with both splits, and the parameters of a short training."""
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    clean_strokes(12)
    params = set_params(
        split__test_per_letter=4,
        split__validation_share=0.2,
        ink__scenes=64,
        ink__validation_scenes=32,
        ink__network=NETWORK,
        ink__epochs=EPOCHS,
    )
    for method in METHODS:
        split.run(params, method)
    return params


def results():
    return {path: path.read_bytes() for path in RESULTS}


def test_it_learns_and_says_how_well(small):
    ink.run(small)
    history = read_csv(RESULTS[3])
    assert list(history[0]) == ["epoch", "training_loss", "validation_loss"]
    losses = [float(row["validation_loss"]) for row in history]
    assert len(losses) == EPOCHS
    assert min(losses) < 0.7 * losses[0]
    best = read_json(RESULTS[4])
    assert best["validation_loss"] == pytest.approx(min(losses))
    assert losses[best["epoch"] - 1] == min(losses)
    assert read_json(RESULTS[2]) == {"scenes": 64, "seed": small.seed}
    (checkpoint,) = CHECKPOINTS.iterdir()
    written = [f"checkpoints/{checkpoint.name}", *(path.name for path in RESULTS[:3])]
    assert remains(INK) == written


def test_edge_computes_what_was_trained(small, monkeypatch):
    kept = []

    def train(params, training, validation, **options):
        kept.append(validation[0])
        kept.append(real(params, training, validation, **options))
        return kept[1]

    real = finder.train
    monkeypatch.setattr(finder, "train", train)
    ink.run(small)
    shown, (trained, _) = kept
    description = read_json(INK / "network.json")
    assert "batch_normalization" not in str(description)
    read = edge_network.Network(description, load_file(INK / "fp32.safetensors"))
    pictures = standardized(shown)
    expected = trained.logits(pictures).reshape(len(pictures), -1)
    outputs = read.outputs(pictures.reshape(len(pictures), -1))
    numpy.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)


def test_no_letter_that_is_tested_or_validated_with_is_in_a_scene(small, monkeypatch):
    used = []

    def composed(images, rng, papers):
        used.extend(image.tobytes() for image in images)
        return real(images, rng, papers)

    real = finder.composed
    monkeypatch.setattr(finder, "composed", composed)
    finder.examples(ink.of_both_trainings(), small)
    assert len(used) == 96
    for method in METHODS:
        test, _ = joined(read_split(method, "test"))
        train, _ = joined(read_split(method, "train"))
        held = {image.tobytes() for image in (*test.images, *train.images[train.validation])}
        assert not held & set(used)


def test_after_ctrl_c_it_goes_on_to_the_same_bytes(small):
    ink.run(small)
    expected = results()
    for path in (*RESULTS, *CHECKPOINTS.iterdir()):
        path.unlink()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "ink"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    while process.poll() is None and not list(CHECKPOINTS.glob("*.safetensors")):
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    (checkpoint,) = CHECKPOINTS.iterdir()
    assert error == (
        "pipeline: training on scenes: interrupted; the same command goes on after the last"
        f" finished epoch, which is in {checkpoint}\n"
    )
    assert remains(INK) == [f"checkpoints/{checkpoint.name}"]
    ink.run(small)
    assert results() == expected


def test_other_papers_are_trained_on_anew_and_a_divergence_is_named(small, set_params, capsys):
    ink.run(set_params(ink__epochs=1))
    ink.run(set_params(papers__rules=0.5))
    assert capsys.readouterr().out.count("epoch 1/1: ") == 2
    ink.run(set_params(papers__rules=0.5))
    assert "nothing that decides it has changed" in capsys.readouterr().out
    with pytest.raises(PipelineError, match=r"^params\.yaml: ink: the loss is "):
        optimizer = {"type": "adamw", "learning_rate": 1e30, "weight_decay": 0.0}
        ink.run(set_params(ink__optimizer=optimizer))
