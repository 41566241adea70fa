"""The tables of `studies/README.md`: what the source documents report, and what is measured here.

They are made of files alone: each study's `params.yaml`, `dvc.lock` and `results/`.
"""

import os
import re
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import mean, median

import yaml

from pipeline.data.corpora.cyrillic_mnist import CORPUS
from pipeline.files import read_json
from tools.pages.markdown import percent, table
from tools.pages.speed import threads

STUDIES = Path("studies")

TABLES = {
    "thesis": (
        *("learning_rate", "cross_entropy", "mini_batch", "hidden_layers", "l2"),
        *("initial_weights", "relu", "long", "labels"),
    ),
    "digits": ("ladder", "thousand", "l2", "initial_weights", "amount", "augmentation"),
    "perceptron": ("softmax",),
}


def trained(study: str, name: str) -> str:
    """Return a table of trainings: each row's reported accuracy beside those measured."""
    asked, measured = params(study, name), results(study, name)
    corrected = any("corrected" in row for row in measured.values())
    head = ["", "reported", "last epoch", "best on validation", "best on test"]
    head += ["best, under the right labels"] * corrected + ["best, as fp16"] * (study == "thesis")
    best = max(mean(row["test"]["best"]) for row in measured.values())
    rows = []
    for (row, found), of in zip(measured.items(), asked["rows"], strict=True):
        test = found["test"]
        shown = percent(test["best"])
        cells = [f"{of['reported']:g}%" if "reported" in of else "", percent(test["final"])]
        cells += [f"**{shown}**" if mean(test["best"]) == best else shown, percent(test["highest"])]
        if corrected:
            cells.append(percent(found.get("corrected", test)["best"]))
        if study == "thesis":
            cells.append(percent(test["fp16"]))
        rows.append([row.replace("_", " ").replace("l2 lambda", "λ"), *cells])
    epochs = sorted({(asked["shared"] | row)["epochs"] for row in asked["rows"]})
    lengths = f"{epochs[0]:,}" if len(epochs) == 1 else f"{epochs[0]:,} to {epochs[-1]:,}"
    seeds = f"{asked['seeds']} seed{'s' if asked['seeds'] > 1 else ''}"
    return table(head, rows) + (f"\n{seeds}, {lengths} epochs; {data(study, name)}.\n")


def digits_read() -> str:
    """Return precision and recall of every digit, and what the picture from outside is read as."""
    found = results("digits", "digits")
    rows = [
        [digit, f"{scores['precision']:.2%}", f"{scores['recall']:.2%}"]
        for digit, scores in found["digits"].items()
    ]
    likeliest = ", ".join(f"{digit} {share:.2%}" for digit, share in found["outside"].items())
    return table(["digit", "precision", "recall"], rows) + (
        f"\n1 seed; {data('digits', 'misread')}. The digit from outside is read as {likeliest}.\n"
    )


def digits_loop() -> str:
    """Return the time of an epoch by matrices and by examples."""
    found = results("digits", "loop")
    rows = [
        ["example by example", "", f"{found['examples']:.2f} s"],
        ["mini-batches as matrices", "", f"{found['matrices']:.2f} s"],
        ["ratio", 4, f"{found['ratio']:.1f}"],
    ]
    return table(["an epoch of 50,000 images", "reported", "measured"], rows) + (
        f"\nMedians of 5 trainings in turn, one thread; {data('digits', 'loop')}.\n"
    )


def keras_comparison() -> str:
    """Return accuracy and time of every network, here and on Keras."""
    report = results("keras", "comparison")
    libraries, networks = ("nn", "keras"), report["networks"]
    rows = [
        [
            f"`{name}`",
            f"{of['reported']:g}%",
            *(percent(of[library]["accuracy"]) for library in libraries),
            *(f"{median(of[library]['epoch_seconds']):.3f} s" for library in libraries),
            *(f"{median(of[library]['program_seconds']):.1f} s" for library in libraries),
        ]
        for name, of in networks.items()
    ]
    first = [of["keras"]["first_epoch_seconds"] for of in networks.values()]
    versions, machine = report["versions"], report["machine"]
    here = ("accuracy: `pipeline/nn`", "an epoch: `pipeline/nn`", "whole program: `pipeline/nn`")
    head = ["", "reported", *(name for column in here for name in (column, "Keras"))]
    return table(head, rows) + (
        f"\n{data('keras', 'comparison')}. Accuracies are means and standard deviations over"
        f" {len(first[0])} seeds, times medians of as many runs in turn, with NumPy"
        f" {versions['numpy']}, and Keras {versions['keras']} on JAX {versions['jax']}, on"
        f" {threads(machine['threads'])} of {machine['processor']}. An epoch is one of training,"
        " without validation, and not the first, in which Keras compiles: that one takes it"
        f" {median(chain(*first)):.1f} s.\n"
    )


def params(study: str, name: str) -> dict:
    """Return a section of a study's parameters."""
    return yaml.safe_load((STUDIES / study / "params.yaml").read_text(encoding="utf-8"))[name]


def results(study: str, name: str) -> dict:
    """Return what a study has measured."""
    return read_json(STUDIES / study / "results" / f"{name}.json")


def data(study: str, name: str) -> str:
    """Return which data a table was measured on: where it was published, and DVC's digest of it."""
    lock = yaml.safe_load((STUDIES / study / "dvc.lock").read_text(encoding="utf-8"))
    stage = next(stage for key, stage in lock["stages"].items() if key.rpartition("@")[2] == name)
    (used,) = [part for part in stage["deps"] if re.match(r"(\.\./)?data/", part["path"])]
    published = "MNIST as published"
    if "split" in used["path"]:
        published = f"Cyrillic-MNIST at commit `{CORPUS.url.rpartition('/')[2][:7]}`"
    path = os.path.normpath(STUDIES / used["path"])
    return f"{published}, `{path}` `{used['md5'][:7]}`"


PARTS = {
    f"{study}_{name}": partial(trained, study, name)
    for study, names in TABLES.items()
    for name in names
} | {part.__name__: part for part in (digits_read, digits_loop, keras_comparison)}
