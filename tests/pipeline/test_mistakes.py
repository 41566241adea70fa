"""Thirty typical mistakes in `params.yaml`: each is said in one short line that begins with it."""

from pathlib import Path

import pytest

from pipeline import params
from pipeline.errors import PipelineError

LETTERS = "profiles.letters"
NETWORK = f"{LETTERS}.network"
FLAT = "        - {type: flatten}\n        - {type: dense, units: 160, bias: false}"
DENSE = "{type: dense, units: 160, bias: false}"
ADAMW = "optimizer: {type: adamw, learning_rate: 0.008, weight_decay: 0.1}"
CYCLE = "schedule: {type: one_cycle, rise: 0.2}"

# What is replaced, by what; what the line begins with, after the file, and what else is in it.
MISTAKES = {
    # Names.
    "a key in the singular": ("epochs: 12", "epoch: 12", f"{LETTERS}.epoch: unknown", "`epochs`?"),
    "a key that lacks a letter": (
        *("batch_size: 64", "bach_size: 64"),
        *(f"{LETTERS}.bach_size: unknown", "did you mean `batch_size`?"),
    ),
    "a group with another name": ("\ntrain:", "\ntraining:", "training: unknown", "mean `train`?"),
    "a key in capitals": ("\nseed:", "\nSeed:", "Seed: unknown", "did you mean `seed`?"),
    "a key in another group": (
        *("  threads: 1", "  threads: 1\n  epochs: 5"),
        *("train.epochs: unknown", "expected one of profile, threads, unsure_share"),
    ),
    "a profile that is not there": (
        *("  profile: letters", "  profile: leters"),
        *("train.profile: found 'leters'", "did you mean `letters`?"),
    ),
    "an optimizer in another spelling": (
        *(ADAMW, ADAMW.replace("adamw", "AdamW2")),
        *(f"{LETTERS}.optimizer.type: found 'AdamW2'", "did you mean `adamw`?"),
    ),
    "an option in another spelling": (
        *(ADAMW, ADAMW.replace("weight_decay", "weight_decy")),
        *(f"{LETTERS}.optimizer.weight_decy: unknown", "did you mean `weight_decay`?"),
    ),
    "an option by its short name": (
        *(ADAMW, ADAMW.replace("learning_rate", "lr")),
        *(f"{LETTERS}.optimizer.lr: unknown option of adamw", "learning_rate"),
    ),
    "an option of another optimizer": (
        *(ADAMW, "optimizer: {type: adam, learning_rate: 0.01, momentum: 0.9}"),
        *(f"{LETTERS}.optimizer.momentum: unknown option of adam", "beta_1"),
    ),
    "a schedule in another spelling": (
        *(CYCLE, "schedule: {type: onecycle, rise: 0.2}"),
        *(f"{LETTERS}.schedule.type: found 'onecycle'", "did you mean `one_cycle`?"),
    ),
    "a name for an optimizer": (
        *(ADAMW, "optimizer: adamw"),
        *(f"{LETTERS}.optimizer: found 'adamw'", "expected a group of parameters"),
    ),
    "an initializer in another spelling": (
        *("initializer: he\n    epochs: 12", "initializer: glorot_uniform\n    epochs: 12"),
        *(f"{LETTERS}.initializer: found 'glorot_uniform'", "did you mean"),
    ),
    "a split in another spelling": (
        *("method: random", "method: randon"),
        *("split.method: found 'randon'", "expected 'random' or 'tail'"),
    ),
    # Numbers.
    "a power of ten": (
        *(ADAMW, ADAMW.replace("0.008", "8e-3")),
        *(f"{LETTERS}.optimizer.learning_rate: found 8e-3", "text to YAML; write 8.0e-3"),
    ),
    "a power of ten elsewhere": (
        *("fp32: 1.0e-5", "fp32: 1e-5"),
        *("evaluate.tolerance.fp32: found 1e-5", "write 1.0e-5"),
    ),
    "a decimal comma": (
        *("  unsure_share: 0.01", "  unsure_share: 0,01"),
        *("train.unsure_share: found 0,01", "write 0.01"),
    ),
    "a number in quotes": ("epochs: 12", 'epochs: "12"', f"{LETTERS}.epochs: found '12'", "whole"),
    "a fraction for a count": (
        *("batch_size: 64", "batch_size: 64.5"),
        *(f"{LETTERS}.batch_size: found 64.5", "expected a whole number"),
    ),
    "nothing for a number": ("epochs: 12", "epochs:", f"{LETTERS}.epochs: found null", "whole"),
    "no epochs at all": ("epochs: 12", "epochs: 0", f"{LETTERS}.epochs: found 0", "above 0"),
    "a rate below 0": (
        *(ADAMW, ADAMW.replace("0.008", "-0.008")),
        *(f"{LETTERS}.optimizer.learning_rate: found -0.008", "expected a positive"),
    ),
    "percents for a share": (
        *("validation_share: 0.02", "validation_share: 2"),
        *("split.validation_share: found 2", "expected a number below 1"),
    ),
    "yes for a count": ("threads: 1", "threads: yes", "train.threads: found true", "whole number"),
    # Networks.
    "a layer of another library": (
        *("{type: convolution, filters: 24, kernel: 5", "{type: conv2d, filters: 24, kernel: 5"),
        *(f"{NETWORK}: layer 1: found type 'conv2d'", ""),
    ),
    "an option of a layer in another spelling": (
        *(DENSE, "{type: dense, unit: 160, bias: false}"),
        *(f"{NETWORK}: layer 14 (dense): found option", "unit"),
    ),
    "a kernel of no size": (
        *("filters: 24, kernel: 5", "filters: 24, kernel: 0"),
        *(f"{NETWORK}: layer 1 (convolution): kernel: found 0", "expected a whole number"),
    ),
    "as many outputs as in a book": (
        *("        - {type: dense, units: letters}\n    initializer: he", "    initializer: he"),
        *(f"{NETWORK}: found (160,) for the shape of its outputs", "`units: letters`"),
    ),
    "no flatten before a dense layer": (
        *(FLAT, f"        - {DENSE}"),
        *(f"{NETWORK}: found no flatten before dense_1", "{type: flatten} before it"),
    ),
    "keys that were deleted": (
        *("  threads: 1\n", ""),
        *("train.threads: missing", ""),
    ),
    "a list that is none": (
        *("corpora: [cyrillic-mnist, comnist, kyrgyz]", "corpora: cyrillic-mnist"),
        *("fetch.corpora: found 'cyrillic-mnist'", "expected a list"),
    ),
    "a corpus in another spelling": (
        *("repeats: {comnist: 4}", "repeats: {comnst: 4}"),
        *(f"{LETTERS}.repeats: found 'comnst'", "did you mean `comnist`?"),
    ),
    # The file itself.
    "a tab": ("  profile: letters", "\tprofile: letters", "not valid YAML: line", "'\\t'"),
    "a bracket that stays open": (CYCLE, CYCLE[:-1], "not valid YAML: line", "column"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_said_in_one_short_line(mistake, workplace):
    right, wrong, beginning, rest = MISTAKES[mistake]
    text = Path("params.yaml").read_text("utf-8")
    assert right in text
    # That of the profile `letters`, if that of the ink network comes before it.
    before, _, after = text.rpartition(right) if right == DENSE else text.partition(right)
    Path("params.yaml").write_text(f"{before}{wrong}{after}", "utf-8")
    with pytest.raises(PipelineError) as caught:
        params.read()
    message = str(caught.value)
    assert message.startswith(f"params.yaml: {beginning}")
    assert rest in message
    assert "\n" not in message
    assert len(f"pipeline: {message}") < 200
