"""Sections of numbers: results, training, runtimes, robustness, provenance."""

import hashlib
import platform
from importlib.metadata import version
from math import prod
from pathlib import Path

import yaml

import edge
from edge import pack
from edge.bench import reported
from pipeline.data.letters import METHODS
from pipeline.export import PRECISIONS
from pipeline.files import DIST, EXPORT, METRICS, PLOTS, read_csv, read_json
from pipeline.report.inputs import PACK, Inputs
from pipeline.report.plots import embedded, svg
from pipeline.results.predictions import UNKNOWN, measured

# What computes here, and the names by which a person knows it.
LIBRARIES = ("numpy", "onnx", "onnxruntime", "safetensors", "matplotlib", "pillow", "jinja2")
RUNTIMES = {"edge": "edge, NumPy", "onnx": "ONNX Runtime", "pure": "edge, standard library"}

# What a training is followed on: the letters learned from and those held back.
PARTS = (("training", svg.TEXT, "--"), ("validation", svg.ACCENT, "-"))

# The study that measures how much a letter may change. It reads the exported pack, so that it runs
# after the pipeline, when somebody asks for it; its last results are in git.
STUDY = Path("studies/strangers/results")


def results(inputs: Inputs) -> dict:
    """Return the accuracy on every test set, by split and precision, beside the source work's."""
    found = {method: measured(method) for method in METHODS}
    trained = {method: read_json(METRICS / method / "train.json") for method in METHODS}
    return {
        "rows": [
            (
                kind,
                precision,
                [found[method]["accuracy"][kind][precision] for method in METHODS],
                reported.ACCURACY[precision] if kind == "scans" else None,
            )
            for kind in inputs.kinds.values()
            for precision in PRECISIONS
        ],
        "classified": [
            (kind, [found[method]["classified"][kind] for method in METHODS])
            for kind in inputs.kinds.values()
        ],
        "cases": [
            (kind, case, [found[method]["cases"][kind][case]["accuracy"] for method in METHODS])
            for kind, cases in found["random"]["cases"].items()
            for case in cases
            if case != UNKNOWN
        ],
        "validation": [trained[method]["validation_accuracy"] for method in METHODS],
        "epochs": [trained[method]["epoch"] for method in METHODS],
        "all_epochs": inputs.description["training"].get("epochs"),
        "bytes": found["random"]["bytes"],
        "source_best": reported.BEST_ACCURACY,
    }


def training(inputs: Inputs) -> dict:
    """Draw loss and accuracy by epoch, of the letters learned from and of those held back."""
    parts = []
    for method in METHODS:
        history = read_csv(PLOTS / method / "training.csv")
        chosen = read_json(METRICS / method / "train.json")
        drawn = []
        loss = inputs.description["training"].get("loss", "cross-entropy").replace("_", " ")
        for quantity, label in (("loss", loss), ("accuracy", "accuracy")):
            lines = [
                svg.Line(
                    part,
                    [int(row["epoch"]) for row in history],
                    [float(row[f"{part}_{quantity}"]) for row in history],
                    colour,
                    style,
                )
                for part, colour, style in PARTS
            ]
            last = " and ".join(f"{line.label} {line.y[-1]:.4g}" for line in lines)
            drawn.append(
                svg.draw(
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
    """Compare all runtimes at both precisions with `edge` at fp32, and list the exported files."""
    read = inputs.predictions
    reference = read.probabilities["fp32/edge"]
    rows = []
    for runtime, name in RUNTIMES.items():
        for precision in PRECISIONS:
            reader = f"{precision}/{runtime}"
            shares = read.probabilities[reader]
            count = len(shares)
            differing = shares.argmax(axis=1) != reference[:count].argmax(axis=1)
            rows.append(
                {
                    "runtime": name,
                    "precision": precision,
                    "letters": count,
                    # None if not all letters of the corpus were read.
                    "accuracy": [
                        part.accuracy(reader) if reader in part.probabilities else None
                        for part in map(read.of, inputs.kinds)
                    ],
                    "difference": float(abs(shares - reference[:count]).max()),
                    "differing": int(differing.sum()),
                }
            )
    files = [
        EXPORT / precision / f"letters.{suffix}"
        for suffix in ("safetensors", "onnx")
        for precision in PRECISIONS
    ]
    files.append(EXPORT / "fp32" / "letters.float.onnx")
    return {
        "kinds": list(inputs.kinds.values()),
        "rows": rows,
        "files": [
            (path.as_posix(), path.stat().st_size, _sha256(path))
            for path in [*files, *sorted(DIST.glob("*.whl"))]
        ],
        "largest_error": measured(inputs.params.split.method)["largest_error"],
    }


def robustness(inputs: Inputs) -> dict:
    """Draw what a change costs, as the study has measured it, beside the pack that it measured.

    Results on other corpora are left out.
    """
    curves = _studied(inputs, "robustness")
    if curves:
        curves["charts"] = [
            _curve(name, curve, curves["kinds"]) for name, curve in curves["curves"].items()
        ]
    scenes = _studied(inputs, "scenes")
    if scenes:
        scenes["picture"] = embedded.photograph(STUDY / "scenes.png")
    # Nobody asks how a program that draws letters reads those that a person has photographed.
    photographs = None if inputs.demonstration else _studied(inputs, "photographs")
    if photographs:
        photographs["picture"] = embedded.photograph(STUDY / "photographs.png")
    return {"study": curves, "scenes": scenes, "photographs": photographs}


def _studied(inputs: Inputs, name: str) -> dict | None:
    """Read a study's results, and whether they are of the exported pack; None if of no use here."""
    path = STUDY / f"{name}.json"
    if not path.exists():
        return None
    found = read_json(path)
    kinds = _kinds(found)
    if not set(kinds) <= set(inputs.kinds.values()):
        return None
    return found | {"kinds": kinds, "current": found["pack"] == inputs.description["sha256"]}


def _kinds(found: dict) -> list[str]:
    """Return the kinds of test letters that results are of: none if they are of photographs."""
    if "scenes" in found:
        first = next(iter(found["scenes"].values()))
        return [name for name in first if name not in ("group", "together")]
    return found.get("kinds", [])


def _curve(name: str, curve: dict, kinds: list[str]) -> dict:
    """Draw the accuracy by the steps of one change."""
    lines, rows = [], []
    for kind in kinds:
        points = {float(value): share for value, share in curve["accuracy"].get(kind, {}).items()}
        if points:
            lines.append(svg.Line(kind, [*points], [*points.values()], svg.COLOURS[kind]))
        rows.append((kind, [points.get(float(value)) for value in curve["shown"]]))
    worst = "; ".join(f"{line.label} at worst {min(line.y):.0%}" for line in lines)
    labels = {float(value): label for value, label in curve["shown"].items()}
    chart = svg.draw(
        f"curve-{name}",
        lines,
        f"accuracy by {curve['title']}: {worst}",
        x_label=curve["title"],
        y_label="accuracy",
        shares=True,
        ticks=tuple(labels),
        tick=labels.get,
        logarithmic=curve["logarithmic"],
    )
    return {"title": curve["title"], "chart": chart, "steps": [*labels.values()], "rows": rows}


def provenance(inputs: Inputs) -> dict:
    """Return what the model is, what it was made with, and every parameter behind it."""
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
    parameters = inputs.params.model_dump()
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


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
