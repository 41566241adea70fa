"""The generated parts of README.md: what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""

import re
import subprocess
from itertools import zip_longest
from operator import sub
from pathlib import Path
from statistics import mean, stdev

from pipeline import params, source, variants
from pipeline.corpora import CORPORA, strokes
from pipeline.distortions import CURVES
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PLOTS, read_json

README = Path("README.md")
BENCHMARKS = Path("benchmarks")
STUDY = Path("studies/strangers")
# Whose test letters, and by which split the network was trained.
TEST_SETS = [("scans", "random"), ("scans", "tail"), ("touch", "random"), ("touch", "tail")]


def run(check: bool) -> None:
    """Write the generated parts anew; with `check`, only raise PipelineError if they differ."""
    text = README.read_text(encoding="utf-8")
    new = text
    for part in (
        results,
        profiles,
        ablation,
        confused,
        robustness,
        photographs,
        speed,
        inference,
        dag,
    ):
        name, body = part.__name__, part()
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        new = re.sub(pattern, lambda found, body=body: found[1] + body + found[2], new, flags=re.S)
    if check and new != text:
        raise PipelineError(f"{README}: out of date; run `make readme`")
    README.write_text(new, encoding="utf-8", newline="\n")


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


def robustness() -> str:
    """Lay out how many letters are read after a change, weak or strong, and link the curves."""
    report = read_json(METRICS / "robustness.json")
    rows = [
        f"| {' / '.join(report)} | | | | | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, curve in CURVES.items():
        cells = []
        for value in curve.shown:
            shares = [report[kind].get(name, {}).get(f"{value}") for kind in report]
            read = " / ".join("–" if share is None else f"{share:.0%}" for share in shares)
            cells.append(f"{curve.label.format(value)}: {read}")
        rows.append(f"| {curve.title} | {' | '.join(cells)} |")
    loss = report["touch"]["pen_loss_3_to_13"]
    picture = PLOTS / "robustness.png"
    return "\n".join(rows) + (
        f"\n\nBetween the best and the worst pen from 3% to 13% lie {100 * loss:.1f} points."
        f"\n\n![Accuracy on test letters that are changed step by step]({picture})\n"
    )


def photographs() -> str:
    """Lay out how many letters are read on photographs, scene by scene."""
    report = read_json(METRICS / "photographs.json")
    rows = [f"| on a photograph | {' | '.join(report)} |", f"| --- {'| --- ' * len(report)}|"]
    for scene in next(iter(report.values())):
        rows.append(f"| {scene} | {' | '.join(f'{report[kind][scene]:.0%}' for kind in report)} |")
    picture = PLOTS / "photographs.png"
    return "\n".join(rows) + f"\n\n![A letter on photographs]({picture})\n"


def speed() -> str:
    """Lay out what the benchmarks have measured: an epoch here and in PyTorch, and the memory."""
    training, memory = (read_json(BENCHMARKS / f"{name}.json") for name in ("training", "memory"))
    rows = [
        f"| an epoch of {training['examples']:,} pictures | here | PyTorch {training['torch']} "
        "| ratio | in matrix products |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in training["rows"]:
        threads = f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}"
        rows.append(
            f"| {row['network']}, batches of {row['batch_size']}, {threads} "
            f"| {row['ours_seconds']:.2f} s | {row['torch_seconds']:.2f} s "
            f"| **{row['ratio']:.2f}** | {row['product_share']:.0%} |"
        )
    letters, peak = list(memory["peak_bytes"].items())[-1]
    return "\n".join(rows) + (
        f"\n\nMedians of {training['runs']} runs in turn on {training['machine']}. Training on"
        f" {int(letters):,} letters takes {peak / 1e6:.0f} MB of memory at its peak:"
        f" {memory['bytes_at_none'] / 1e6:.0f} MB and {memory['bytes_a_letter'] / 1e3:.1f} kB a"
        " letter.\n"
    )


def inference() -> str:
    """Lay out how fast `edge` is, beside ONNX Runtime and from a cold start."""
    report, cold = (read_json(BENCHMARKS / f"{name}.json") for name in ("inference", "cold_start"))
    rows = [
        f"| profile, threads | {report['letters']:,} letters | ONNX Runtime {report['onnxruntime']}"
        " | ratio | one letter | ONNX Runtime | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in report["rows"]:
        many, one = row["batched"], row["singly"]
        rows.append(
            f"| `{row['profile']}`, {row['threads']} | {many['edge_seconds'] * 1e3:.0f} ms"
            f" | {many['onnx_seconds_at_once'] * 1e3:.0f} ms, in batches of {many['onnx_batch']}"
            f" {many['onnx_seconds'] * 1e3:.0f} ms"
            f" | **{many['edge_seconds'] / many['onnx_seconds_at_once']:.2f}**, {many['ratio']:.2f}"
            f" | {one['edge_seconds'] * 1e6:.0f} µs | {one['onnx_seconds'] * 1e6:.0f} µs"
            f" | **{one['ratio']:.2f}** |"
        )
    seconds, ratios = cold["cold_start"]["seconds"], cold["cold_start"]["ratios"]
    return "\n".join(rows) + (
        f"\n\nMedians of {report['runs']} runs in turn on {report['device']['cores']} cores of"
        f" {report['device']['processor']}. A whole `edge classify letter.png`, from a cold start,"
        f" takes {seconds['edge'] * 1e3:.0f} ms: {ratios['bare']:.1f} times a Python that does"
        f" nothing, and {ratios['numpy']:.2f} times one that imports NumPy. Up to"
        f" {cold['crossover']['constant']} pictures are read without NumPy; the lines cross at"
        f" {cold['crossover']['crossover']:.0f}.\n"
    )


def dag() -> str:
    """Draw the stages as DVC sees them, in Mermaid."""
    # All that the last one stands on; the studies are pipelines of their own.
    command = ["dvc", "dag", "--mermaid", "report"]
    drawn = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    return f"```mermaid\n{drawn.strip()}\n```\n"
