"""The tables of `studies/README.md`: what the source documents report, and what came of it here."""

from functools import partial
from pathlib import Path
from statistics import mean, stdev

import yaml

from pipeline.corpora.cyrillic_mnist import CORPUS
from pipeline.experiments import study
from pipeline.files import read_json

STUDIES = Path("studies")

MNIST = "MNIST as published"


def group(folder: str, name: str) -> str:
    """Lay out a group: each row's reported accuracy beside those measured, and where it is from."""
    read = study.read(STUDIES / folder, name)
    measured = read_json(STUDIES / folder / "results" / f"{name}.json")
    experiments = read.experiments(f"{folder}: {name}")
    corrected = any("corrected" in row for row in measured.values())
    head = ["reported", "last epoch", "best on validation", "best on test"]
    head += ["best, under the right labels"] * corrected + ["best, as fp16"] * (folder == "thesis")
    rows = [f"| | {' | '.join(head)} |", f"| --- {'| --- ' * len(head)}|"]
    best = max(mean(row["test"]["best"]) for row in measured.values())
    for (row, found), reported in zip(measured.items(), read.reported(), strict=True):
        test = found["test"]
        cells = [_reported(reported), _share(test["final"])]
        shown = _share(test["best"])
        cells += [f"**{shown}**" if mean(test["best"]) == best else shown, _share(test["highest"])]
        if corrected:
            cells.append(_share(found.get("corrected", test)["best"]))
        if folder == "thesis":
            cells.append(_share(test["fp16"]))
        rows.append(f"| {_words(row)} | {' | '.join(cells)} |")
    epochs = sorted({each.epochs for each in experiments.values()})
    seeds = f"{read.seeds} seed{'s' * (read.seeds > 1)}"
    return (
        "\n".join(rows)
        + f"\n\n{seeds}, {_range(epochs)} epochs; {data(folder, name)}.\n\n"
        + f"![Accuracy by epoch]({folder}/curves/{name}.png)\n"
    )


def digits_read() -> str:
    """Lay out precision and recall of every digit, and what the picture from outside is read as."""
    found = read_json(STUDIES / "digits" / "results" / "digits.json")
    rows = ["| digit | precision | recall |", "| --- | --- | --- |"]
    rows += [
        f"| {digit} | {scores['precision']:.2%} | {scores['recall']:.2%} |"
        for digit, scores in found["digits"].items()
    ]
    likeliest = ", ".join(f"{digit} {share:.2%}" for digit, share in found["outside"].items())
    return (
        "\n".join(rows)
        + f"\n\n1 seed; {data('digits', 'look')}.\n\n![The digits that are misread with most"
        + " confidence](digits/misread.png)\n\n![A digit from outside](digits/outside.png) is read"
        + f" as: {likeliest}.\n"
    )


def digits_loop() -> str:
    """Lay out the time of an epoch by matrices and by examples."""
    found = read_json(STUDIES / "digits" / "results" / "loop.json")
    return (
        "| an epoch of 50,000 images | reported | measured |\n| --- | --- | --- |\n"
        f"| example by example | | {found['examples']:.2f} s |\n"
        f"| mini-batches as matrices | | {found['matrices']:.2f} s |\n"
        f"| ratio | 4 | {found['ratio']:.1f} |\n\n"
        f"Medians of 5 trainings in turn, one thread; {data('digits', 'loop')}.\n"
    )


def data(folder: str, name: str) -> str:
    """Say which data a group was measured on: the commit it was published at, and DVC's digest."""
    lock = yaml.safe_load((STUDIES / folder / "dvc.lock").read_text(encoding="utf-8"))
    stage = next(stage for key, stage in lock["stages"].items() if key.rpartition("@")[2] == name)
    (used,) = [part for part in stage["deps"] if part["path"].startswith("data/")]
    commit = CORPUS.url.rpartition("/")[2]
    published = f"Cyrillic-MNIST at commit `{commit[:7]}`" if "split" in used["path"] else MNIST
    return f"{published}, `{used['path']}` `{used['md5'][:7]}`"


def _reported(share: float | None) -> str:
    return "" if share is None else f"{share:g}%"


def _share(shares: list[float]) -> str:
    """Give a mean in per cent, and the standard deviation where there is more than one."""
    percent = [100 * share for share in shares]
    spread = f" ± {stdev(percent):.2f}" if len(percent) > 1 else ""
    return f"{mean(percent):.2f}%{spread}"


def _words(row: str) -> str:
    return row.replace("_", " ").replace("l2 lambda", "λ")


def _range(numbers: list[int]) -> str:
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"


GROUPS = {
    f"{folder}_{name}": partial(group, folder, name)
    for folder, names in {
        "thesis": (
            "learning_rate",
            "cross_entropy",
            "mini_batch",
            "hidden_layers",
            "l2",
            "initial_weights",
            "relu",
            "long",
            "labels",
        ),
        "digits": (
            "ladder",
            "thousand",
            "l2",
            "initial_weights",
            "amount",
            "augmentation",
        ),
        "perceptron": ("softmax",),
    }.items()
    for name in names
}
