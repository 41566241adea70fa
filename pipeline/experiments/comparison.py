"""The same trainings on `pipeline/nn` and on Keras: what both programs share, and their measuring.

The programs are `with_nn.py` and `with_keras.py` in the study's folder.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from edge.bench import device
from edge.ink import ink
from pipeline import nn
from pipeline.errors import PipelineError
from pipeline.experiments import mnist
from pipeline.experiments.datasets import Examples
from pipeline.experiments.lines import lines_of_code, of_package
from pipeline.files import write_json
from pipeline.params import Count, Params, Positive, Section, Share, checked, load

PROGRAMS = {"nn": "with_nn.py", "keras": "with_keras.py"}

Name = Literal["tanh_dropout", "relu_adam"]


class Recipe(Section):
    """The numbers of one network and its training; the rest is in the programs."""

    # Learn from the first so many training images, and choose the epoch by the last so many.
    examples: Count
    validation: Count
    hidden: Count
    dropout: Share = 0.0
    learning_rate: Positive
    batch_size: Count
    # In the first, Keras compiles.
    epochs: Annotated[int, Field(ge=2)]
    # What the source document reports, in per cent.
    reported: Positive


class Comparison(Section):
    """The study's `params.yaml`."""

    seeds: Count
    networks: dict[Name, Recipe]


class Digits(NamedTuple):
    """Ink, float32 (n, 784), and classes, (n,), to learn from, to choose the epoch, to test on."""

    training: Examples
    validation: Examples
    test: Examples


class Result(NamedTuple):
    """The accuracy on the test digits, the epoch chosen, and the seconds of every epoch's training.

    The seconds are without validation.
    """

    accuracy: float
    epoch: int
    seconds: list[float]


def main(train: Callable[[str, Recipe, Digits, int], Result]) -> None:
    """Run one of the programs: `train(network, recipe, digits, seed)`, by the command line."""
    parser = argparse.ArgumentParser(description="Train one network of params.yaml, and test it.")
    parser.add_argument("network", choices=Name.__args__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a line")
    arguments = parser.parse_args()
    try:
        recipe = read(Path(sys.argv[0]).parent).networks[arguments.network]
        accuracy, epoch, seconds = train(arguments.network, recipe, _digits(recipe), arguments.seed)
    except (PipelineError, nn.TrainingDiverged) as error:
        raise SystemExit(str(error)) from None
    report = {
        "accuracy": accuracy,
        "epoch": epoch,
        "first_epoch_seconds": seconds[0],
        "epoch_seconds": median(seconds[1:]),
    }
    print(json.dumps(report) if arguments.json else _line(report))


def run(params: Params, study: Path) -> None:
    """Train every network with both programs, once a seed, and write `results/comparison.json`.

    Every training is a process of its own. Raises PipelineError without Keras, and where a program
    fails.
    """
    comparison = read(study)
    missing = [package for package in ("keras", "jax") if find_spec(package) is None]
    if missing:
        raise PipelineError(
            f"{study}: {' and '.join(missing)} not installed; `pip install -e '.[keras]'` brings"
            " Keras and its backend"
        )
    networks = {}
    for name, recipe in comparison.networks.items():
        measured = {library: [] for library in PROGRAMS}
        for seed in range(params.seed, params.seed + comparison.seeds):
            # In turn, so that whatever else the machine does hits both.
            for library, program in PROGRAMS.items():
                report = _measured(study / program, name, seed)
                measured[library].append(report)
                print(f"{name}, seed {seed}, {library}: {_line(report)}", flush=True)
        networks[name] = {"reported": recipe.reported} | {
            library: {key: [report[key] for report in reports] for key in reports[0]}
            for library, reports in measured.items()
        }
    machine = device()
    write_json(
        study / "results" / "comparison.json",
        {
            "machine": {name: machine[name] for name in ("processor", "threads", "python")},
            "versions": {package: version(package) for package in ("numpy", "keras", "jax")},
            "lines": {
                library: lines_of_code((study / program).read_text(encoding="utf-8"))
                for library, program in PROGRAMS.items()
            },
            "library_lines": {
                "nn": of_package(Path(nn.__file__).parent),
                "keras": of_package(Path(find_spec("keras").origin).parent / "src"),
            },
            "networks": networks,
        },
    )


def read(study: Path) -> Comparison:
    """Read the study's `params.yaml`; raises PipelineError that names every bad parameter."""
    path = study / "params.yaml"
    return checked(Comparison, load(path), path)


def _digits(recipe: Recipe) -> Digits:
    images = mnist.read()
    count = len(images.training_labels)
    if recipe.examples + recipe.validation > count:
        raise PipelineError(
            f"params.yaml: examples and validation: {recipe.examples} and {recipe.validation},"
            f" expected {count} together at most"
        )
    training = Examples(ink(255 - images.training_images), images.training_labels)
    return Digits(
        Examples._make(part[: recipe.examples] for part in training),
        Examples._make(part[-recipe.validation :] for part in training),
        Examples(ink(255 - images.test_images), images.test_labels),
    )


def _measured(program: Path, name: str, seed: int) -> dict:
    """Run a program, and give what it reports and the seconds that it took as a whole."""
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, program, name, "--seed", str(seed), "--json"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    seconds = perf_counter() - begin
    if done.returncode:
        reason = done.stderr.splitlines() or [f"status {done.returncode}"]
        raise PipelineError(f"{program} {name}: {reason[-1]}")
    return json.loads(done.stdout) | {"program_seconds": seconds}


def _line(report: dict) -> str:
    return (
        f"{report['accuracy']:.2%} in epoch {report['epoch']}, {report['epoch_seconds']:.3f} s an"
        f" epoch, {report['first_epoch_seconds']:.3f} s the first"
    )
