"""Sections of numbers: results, training, runtimes, robustness, provenance."""

import hashlib
import platform
from importlib.metadata import version
from math import prod
from pathlib import Path

import numpy
import yaml

import edge
from edge import pack
from pipeline import source
from pipeline.distortions import CURVES
from pipeline.files import DIST, METRICS, PLOTS, read_json
from pipeline.nn import metrics
from pipeline.report import charts, sheets
from pipeline.report.inputs import METHODS, PACK, Inputs, read_csv, studied
from pipeline.stages.export import EXPORT, PRECISIONS

# What computes here, and the names by which a person knows it.
LIBRARIES = ("numpy", "onnx", "onnxruntime", "safetensors", "matplotlib", "pillow", "jinja2")
RUNTIMES = {"edge": "edge, NumPy", "onnx": "ONNX Runtime", "pure": "edge, standard library"}


def results(inputs: Inputs) -> dict:
    """Lay out the accuracy on every test set, by split and precision, beside the source work's."""
    measured = {method: read_json(METRICS / method / "quantize.json") for method in METHODS}
    trained = {method: read_json(METRICS / method / "train.json") for method in METHODS}
    rows = []
    for corpus, kind in inputs.kinds.items():
        for precision in measured["random"]["accuracy"][kind]:
            shares = [measured[method]["accuracy"][kind][precision] for method in METHODS]
            reported = {"fp32": source.FP32, "fp16": source.FP16}.get(precision)
            rows.append((kind, precision, shares, reported if kind == "scans" else None))
        for precision in PRECISIONS:
            share = _accuracy(inputs, inputs.shares[precision]["onnx"], corpus)
            shares = [share if method == inputs.params.split.method else None for method in METHODS]
            rows.append((kind, f"{precision}, ONNX Runtime", shares, None))
    read = read_json(METRICS / "describe.json")["accuracy"]
    cases = [
        (inputs.kinds[corpus], case, [read[method][corpus][case]["accuracy"] for method in METHODS])
        for corpus, by_case in read["random"].items()
        for case in by_case
        if len(by_case) > 1
    ]
    return {
        "rows": rows,
        "cases": cases,
        "validation": [trained[method]["validation_accuracy"] for method in METHODS],
        "epochs": [trained[method]["epoch"] for method in METHODS],
        "all_epochs": inputs.description["training"].get("epochs"),
        "bytes": measured["random"]["bytes"],
        "source_best": source.BEST,
    }


def training(inputs: Inputs) -> dict:
    """Draw loss and accuracy by epoch, of the letters learned from and of those held back."""
    parts = []
    for method in METHODS:
        history = read_csv(PLOTS / method / "training.csv")
        chosen = read_json(METRICS / method / "train.json")
        drawn = []
        for quantity, label in (("loss", "cross-entropy"), ("accuracy", "accuracy")):
            lines = [
                charts.Line(
                    part,
                    [int(row["epoch"]) for row in history],
                    [float(row[f"{part}_{quantity}"]) for row in history],
                    colour,
                    style,
                )
                for part, colour, style in (
                    ("training", charts.TEXT, "--"),
                    ("validation", charts.ACCENT, "-"),
                )
            ]
            last = " and ".join(f"{line.label} {line.y[-1]:.4g}" for line in lines)
            drawn.append(
                charts.draw(
                    f"{method}-{quantity}",
                    lines,
                    f"{label} by epoch, {method} split; in the last of {len(history)}: {last}",
                    x_label="epoch",
                    y_label=label,
                    shares=quantity == "accuracy",
                    mark=chosen["epoch"],
                )
            )
        parts.append({"method": method, "epoch": chosen["epoch"], "charts": drawn})
    return {"parts": parts}


def runtimes(inputs: Inputs) -> dict:
    """Hold all runtimes at both precisions against `edge` at fp32, and tell the files' sizes."""
    reference = inputs.shares["fp32"]["edge"]
    rows = []
    for runtime, name in RUNTIMES.items():
        for precision in PRECISIONS:
            shares = inputs.shares[precision][runtime]
            count = len(shares)
            differing = shares.argmax(axis=1) != reference[:count].argmax(axis=1)
            rows.append(
                {
                    "runtime": name,
                    "precision": precision,
                    "letters": count,
                    "accuracy": [_accuracy(inputs, shares, corpus) for corpus in inputs.kinds],
                    "difference": float(abs(shares - reference[:count]).max()),
                    "differing": int(differing.sum()),
                }
            )
    files = [
        EXPORT / precision / f"letters.{suffix}"
        for suffix in ("safetensors", "onnx")
        for precision in PRECISIONS
    ]
    return {
        "kinds": list(inputs.kinds.values()),
        "rows": rows,
        "files": [
            (path.as_posix(), path.stat().st_size, _sha256(path))
            for path in [*files, *sorted(DIST.glob("*.whl"))]
        ],
        "largest_error": read_json(METRICS / inputs.params.split.method / "quantize.json")[
            "largest_error"
        ],
    }


def robustness(inputs: Inputs) -> dict:
    """Draw what a change costs, as the study has measured it.

    The study reads the pack that this pipeline exports and runs when somebody asks for it. Were its
    results dependencies of the stage `report`, DVC would run the study, minutes of it, with every
    `dvc repro`. So they are read where they are, and stand beside the pack that they were
    measured on; where that was trained on other corpora, they are left out.
    """
    path = METRICS / "robustness.json"
    study, curves = studied(inputs.study, "robustness", path), []
    measured = read_json(path) if study else {}
    if not set(measured) <= set(inputs.kinds.values()):
        return {"study": None, "photographs": None}
    for name, curve in CURVES.items() if study else ():
        lines, rows = [], []
        for kind, steps in measured.items():
            points = {float(value): share for value, share in steps.get(name, {}).items()}
            if points:
                lines.append(charts.Line(kind, [*points], [*points.values()], charts.COLOURS[kind]))
            rows.append((kind, [points.get(float(value)) for value in curve.shown]))
        if not lines:
            continue
        worst = "; ".join(f"{line.label} at worst {min(line.y):.0%}" for line in lines)
        chart = charts.draw(
            f"curve-{name}",
            lines,
            f"accuracy by {curve.title}: {worst}",
            x_label=curve.title,
            y_label="accuracy",
            shares=True,
            ticks=curve.shown,
            tick=curve.label.format,
            logarithmic=name == "resolution",
        )
        steps = [curve.label.format(value) for value in curve.shown]
        curves.append({"title": curve.title, "chart": chart, "steps": steps, "rows": rows})
    return {"study": study, "curves": curves, "photographs": _photographs(inputs)}


def _photographs(inputs: Inputs) -> dict | None:
    """Lay out what is read on photographs, scene by scene: measured like `robustness`."""
    paths = METRICS / "photographs.json", PLOTS / "photographs.png"
    study = studied(inputs.study, "photographs", *paths)
    measured = read_json(paths[0]) if study else {}
    if not study or not set(measured) <= set(inputs.kinds.values()):
        return None
    scenes = {
        scene: [shares[scene] for shares in measured.values()]
        for scene in next(iter(measured.values()))
    }
    return {
        "study": study,
        "kinds": list(measured),
        "scenes": scenes,
        "picture": sheets.photograph(paths[1]),
    }


def provenance(inputs: Inputs) -> dict:
    """Tell what the model is, what it was made with, and every parameter that it stands on."""
    network = inputs.description["network"]
    shapes = pack.parameter_shapes(network)
    layers = [
        (
            layer.name,
            " x ".join(map(str, layer.output_shape)),
            sum(prod(shape) for name, shape in shapes.items() if name.startswith(f"{layer.name}/")),
        )
        for layer in pack.layers(network)
    ]
    chosen = inputs.params.train.profile
    parameters = inputs.params.model_dump(exclude={"robustness", "photographs"})
    parameters["profiles"] = {chosen: parameters["profiles"][chosen]}
    return {
        "layers": layers,
        "parameters": sum(prod(shape) for shape in shapes.values()),
        "params": yaml.safe_dump(
            parameters, sort_keys=False, allow_unicode=True, default_flow_style=None, width=88
        ),
        "sha256": _sha256(PACK),
        "versions": {
            "Python": platform.python_version(),
            "edge": edge.__version__,
            **{name: version(name) for name in LIBRARIES},
        },
    }


def _accuracy(inputs: Inputs, shares: numpy.ndarray, corpus: str) -> float | None:
    """Give the share of a corpus' letters that is read rightly; None where not all were read."""
    if len(shares) < len(inputs.corpora):
        return None
    chosen = inputs.corpora == corpus
    return metrics.accuracy(inputs.test.labels[chosen], shares[chosen].argmax(axis=1))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
