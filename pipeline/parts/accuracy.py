"""How good the network is: on both splits, beside other profiles, and what it takes for what."""

from itertools import zip_longest
from operator import sub
from pathlib import Path
from statistics import mean, stdev

from pipeline import params, source, variants
from pipeline.corpora import CORPORA, strokes
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PLOTS, read_json

STUDY = Path("studies/strangers")
# Whose test letters, and by which split the network was trained.
TEST_SETS = [("scans", "random"), ("scans", "tail"), ("touch", "random"), ("touch", "tail")]


def results() -> str:
    """Lay out what the metrics of both splits say, beside what the source work reports."""
    trained = {method: read_json(METRICS / method / "train.json") for method in ("random", "tail")}
    measured = {
        method: read_json(METRICS / method / "quantize.json") for method in ("random", "tail")
    }
    if strokes.CORPUS.kind in measured["random"]["accuracy"]:
        raise PipelineError(f"{METRICS}: made on `strokes`, a demonstration; nothing for a README")
    rows = [
        "| | random split | tail split: nearest to unseen hands | the source work |",
        "| --- | --- | --- | --- |",
    ]
    sources = {"fp32": f"{source.FP32}%", "fp16": f"{source.FP16}%", "int8": "not measured"}
    for kind, shares in measured["random"]["accuracy"].items():
        for precision, share in shares.items():
            tail = measured["tail"]["accuracy"][kind][precision]
            rows.append(
                f"| {kind}, test, {precision} | **{share:.2%}** | **{tail:.2%}** "
                f"| {sources[precision] if kind == 'scans' else 'not measured'} |"
            )
    validation = [f"{trained[method]['validation_accuracy']:.2%}" for method in trained]
    epochs = [f"{trained[method]['epoch']}" for method in trained]
    of = params.read().profile.epochs
    rows.append(f"| validation, which chooses the epoch | {' | '.join(validation)} | none |")
    rows.append(f"| epoch chosen, of {of} | {' | '.join(epochs)} | {source.BEST}%, best on test |")
    stored = measured["random"]["bytes"]
    sizes = ", ".join(f"{size / 1e3:.0f} kB" for size in stored.values())
    rows.append(f"| weights: {', '.join(stored)} | {sizes} | the same | not said |")
    return "\n".join(rows) + "\n"


def profiles() -> str:
    """Lay out both profiles on both splits, with both corpora and with one."""
    accuracy = {
        method: read_json(METRICS / method / "quantize.json")["accuracy"]
        for method in ("random", "tail")
    }
    rows = {
        "`letters`, both corpora": [
            [100 * accuracy[method][kind]["fp32"]] for kind, method in TEST_SETS
        ],
        "`letters`, scans alone": _shares("letters", "scans_alone"),
        "`thesis`, both corpora": _shares("thesis", "both_corpora"),
        "`thesis`, scans alone": _shares("thesis", "scans_alone"),
    }
    return _table("profile", {name: [f"{row[0]:.2f}%" for row in rows[name]] for name in rows})


def ablation() -> str:
    """Lay out what every variant changes: means over the seeds, and standard deviations."""
    group = variants.read(STUDY, "ablation")
    full = params.read().profiles[group.profile].epochs
    default = _shares("ablation", "default")
    rows = {
        "default": [f"**{mean(row):.2f}%** ± {stdev(row):.2f}" for row in default],
    }
    for name in group.variants:
        if name != "default":
            # With its seed, a variant starts as the default does: in pairs they vary less.
            pairs = zip(_shares("ablation", name), default, strict=True)
            changes = [list(map(sub, row, of_default)) for row, of_default in pairs]
            rows[name.replace("_", " ")] = [
                f"{mean(row):+.2f} ± {stdev(row):.2f}" for row in changes
            ]
    return _table(f"{group.epochs} epochs, {group.seeds} seeds", rows) + (
        f"\nMeans and standard deviations over the seeds, {group.epochs} epochs each instead of"
        f" {full}: of the first row in per cent, of the others what they change of it, in points.\n"
    )


def _shares(group: str, variant: str) -> list[list[float]]:
    """Read what a variant comes to: for each of TEST_SETS one accuracy a seed, in per cent."""
    measured = read_json(STUDY / "results" / group / f"{variant}.json")
    return [[100 * share for share in measured[method][kind]] for kind, method in TEST_SETS]


def _table(title: str, rows: dict[str, list[str]]) -> str:
    """Lay out rows with a cell for each of TEST_SETS."""
    names = [f"{kind}, {method} split" for kind, method in TEST_SETS]
    lines = [f"| {title} | {' | '.join(names)} |", f"| --- {'| --- ' * len(names)}|"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def confused() -> str:
    """Lay out the pairs of letters that are most often taken for one another, by corpus."""
    report = read_json(METRICS / "evaluate.json")["confused"]
    kinds = [CORPORA[corpus].kind for corpus in report]
    rows = [f"| {' | '.join(kinds)} |", f"|{' --- |' * len(kinds)}"]
    for pairs in zip_longest(*report.values(), fillvalue={}):
        cells = [", ".join(f"{pair} {count}" for pair, count in cell.items()) for cell in pairs]
        rows.append(f"| {' | '.join(cells)} |")
    picture = PLOTS / "confused.png"
    return "\n".join(rows) + f"\n\n![Letters of these pairs that are misread]({picture})\n"
