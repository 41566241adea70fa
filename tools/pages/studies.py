"""The tables of `studies/README.md`: what the source documents report, and what is measured here.

They are made of files alone: each study's `params.yaml`, `dvc.lock` and `results/`.
"""

import os
import re
from collections.abc import Callable
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from statistics import mean, median, stdev

import yaml

from edge.bench import reported as bench
from pipeline.data.corpora.cyrillic_mnist import CORPUS
from pipeline.files import read_csv, read_json
from studies.table import read
from tools.pages.markdown import percent, table
from tools.pages.speed import threads

STUDIES = Path("studies")

TABLES = {
    "thesis": (
        *("learning_rate", "cross_entropy", "mini_batch", "longer", "hidden_layers", "l2"),
        *("initial_weights", "relu", "labels", "ink"),
    ),
    "digits": (
        *("ladder", "thousand", "l2", "amount", "initial_weights", "demonstration"),
        "augmentation",
    ),
    "perceptron": ("softmax", "exercises"),
}

# Below a tenth of a point from one eighth of the epochs to the next, a curve is flat.
FLAT = 0.001


def trained(study: str, name: str) -> str:
    """Return a table of trainings: what each row's document reports beside what is measured."""
    asked, named = read(study, name)
    measured = results(study, name)
    columns = _columns(study, measured)
    means = [mean(row["test"]["best"]) for row in measured.values() if "best" in row["test"]]
    lines = []
    for row, of in zip(named, asked.rows, strict=True):
        cells = ["not finished"] * len(columns)
        if found := measured.get(row):
            cells = [cell(found) for cell in columns.values()]
            if "best" in found["test"] and mean(found["test"]["best"]) == max(means):
                place = list(columns).index(BEST)
                cells[place] = f"**{cells[place]}**"
        reported = of.get("reported", "ours")
        shown = reported if isinstance(reported, str) else f"{reported:g}%"
        lines.append([words(row), shown, *cells])
    epochs = sorted({of.epochs for of in named.values()})
    lengths = f"{epochs[0]:,}" if len(epochs) == 1 else f"{epochs[0]:,} to {epochs[-1]:,}"
    seeds = sorted({len(row["training"]) for row in measured.values()}) or [0]
    times = f"{seeds[-1]} seed{'' if seeds[-1] == 1 else 's'}"
    times = times if len(seeds) == 1 else f"{seeds[0]} to {times}"
    return table(["", "reported", *columns], lines) + (
        f"\n{times}, {lengths} epochs{_hours(measured)}; {data(study, name)}.\n"
    )


def _hours(measured: dict) -> str:
    """Return how long the runs took whose time is known."""
    seconds = list(chain(*(row["seconds"] for row in measured.values())))
    known = [each for each in seconds if each]
    if not known:
        return ""
    of = "" if len(known) == len(seconds) else f" for {len(known)} of {len(seconds)} runs"
    return f", {sum(known) / 3600:.1f} hours of one core{of}"


BEST = "best on validation"


def _columns(study: str, measured: dict) -> dict[str, Callable[[dict], str]]:
    """Return what a table shows of a row, by the heads of the columns."""

    def of_test(key: str, test: str = "test") -> Callable[[dict], str]:
        def cell(row: dict) -> str:
            measured = row.get(test, row["test"])
            return percent(measured[key]) if key in measured else "none"

        return cell

    columns = {}
    if study != "thesis":
        columns["first epoch"] = of_test("first")
    columns |= {"last epoch": of_test("final"), BEST: of_test("best")}
    columns["best on test"] = of_test("highest")
    if any("corrected" in row for row in measured.values()):
        columns["best, under the right labels"] = of_test("best", "corrected")
    if study == "thesis":
        columns |= {"best, as fp16": of_test("fp16"), "end of the curve": _end}
    columns["training, at the end"] = lambda row: percent(row["training"])
    return columns


def _end(row: dict) -> str:
    rise = mean(row["rise"])
    return "flat" if abs(rise) < FLAT else f"{100 * rise:+.2f}"


def words(row: str) -> str:
    """Return a row's name as sentences have it."""
    return row.replace("_", " ").replace("l2 lambda", "λ")


def thesis_devices() -> str:
    """Return the thesis' times by device, and what fp16 saves by them."""
    lines = [
        [device, f"{of['fp32']:.4f} s", f"{of['fp16']:.4f} s", f"{1 - of['fp16'] / of['fp32']:.1%}"]
        for device, of in bench.SECONDS.items()
    ]
    accuracy = ", ".join(f"{share:.2%} at {name}" for name, share in bench.ACCURACY.items())
    return table([f"{bench.PICTURES:,} letters", "fp32", "fp16", "saved"], lines) + (
        f"\nIts best model: {accuracy}.\n"
    )


def perceptron_lecture() -> str:
    """Return the figures of the lecture's softmax regression beside those measured."""
    (row,) = read("perceptron", "softmax")[0].rows
    reported = re.findall(r"\d\.\d+", row["reported"])
    curves = read_csv(STUDIES / "perceptron" / "curves" / "softmax.csv")
    by_seed = [list(of_seed) for _, of_seed in groupby(curves, lambda epoch: epoch["seed"])]
    figures = (
        ("loss in the first epoch", "training_loss", 0),
        ("accuracy in it", "training_accuracy", 0),
        ("loss in the second epoch", "training_loss", 1),
        ("accuracy in it", "training_accuracy", 1),
        ("loss on the test set at the end", "loss/test", -1),
        ("accuracy on it", "accuracy/test", -1),
    )
    lines = []
    for (title, column, epoch), figure in zip(figures, reported, strict=True):
        values = [float(of_seed[epoch][column]) for of_seed in by_seed]
        lines.append([title, figure, f"{mean(values):.4f} ± {stdev(values):.4f}"])
    return table(["", "reported", "measured"], lines)


def digits_neuron() -> str:
    """Return when a neuron has unlearned its wrong answer under both costs."""
    outputs = results("digits", "neuron")
    lines = [
        [
            words(cost),
            *(f"{values[epoch]:.2f}" for epoch in (0, 50, 150, len(values) - 1)),
            next((epoch for epoch, value in enumerate(values) if value < 0.5), "never"),
        ]
        for cost, values in outputs.items()
    ]
    last = len(next(iter(outputs.values()))) - 1
    head = ["", "output at first", "after 50 epochs", "after 150", f"after {last}"]
    return table([*head, "below 0.5 from epoch"], lines)


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
    asked = params("keras", "networks")
    rows = [
        [
            f"`{name}`",
            f"{asked[name]['reported']:g}%",
            f"{asked[name]['reported_minutes']:g} min",
            *(percent(of[library]["accuracy"]) for library in libraries),
            *(f"{median(of[library]['epoch_seconds']):.3f} s" for library in libraries),
            *(f"{median(of[library]['program_seconds']):.1f} s" for library in libraries),
        ]
        for name, of in networks.items()
    ]
    first = [of["keras"]["first_epoch_seconds"] for of in networks.values()]
    versions, machine = report["versions"], report["machine"]
    here = ("accuracy: `pipeline/nn`", "an epoch: `pipeline/nn`", "whole program: `pipeline/nn`")
    head = ["", "reported", "in", *(name for column in here for name in (column, "Keras"))]
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
    """Return which data a table was measured on: where it was published, and DVC's digest of it.

    A table whose stage has not been run to its end is said to be unfinished.
    """
    path = STUDIES / study / "dvc.lock"
    lock = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {"stages": {}}
    stages = {key.rpartition("@")[2]: stage for key, stage in lock["stages"].items()}
    if name not in stages:
        return "**not finished**: the same command goes on"
    stage = stages[name]
    (used,) = [part for part in stage["deps"] if re.match(r"(\.\./)?data/", part["path"])]
    published = "MNIST as published"
    if "split" in used["path"]:
        published = f"Cyrillic-MNIST at commit `{CORPUS.url.rpartition('/')[2][:7]}`"
    path = os.path.normpath(STUDIES / used["path"])
    return f"{published}, `{path}` `{used['md5'][:7]}`"


OWN = (
    thesis_devices,
    perceptron_lecture,
    digits_neuron,
    digits_read,
    digits_loop,
    keras_comparison,
)
PARTS = {
    f"{study}_{name}": partial(trained, study, name)
    for study, names in TABLES.items()
    for name in names
} | {part.__name__: part for part in OWN}
