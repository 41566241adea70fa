"""The same trainings on `pipeline.nn` and on Keras: what both programs share, and their measuring.

The programs are `with_nn` and `with_keras` beside this module.
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
from typing import Annotated, Literal, get_args

from pydantic import Field

from edge.bench.hardware import device
from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.nn.training import TrainingDiverged
from pipeline.params import Count, Params, Positive, Section, Share, checked, load
from studies.datasets import Examples, mnist_examples

FOLDER = Path("studies/keras")
PROGRAMS = {"nn": "studies.keras.with_nn", "keras": "studies.keras.with_keras"}

Name = Literal["tanh_dropout", "relu_adam"]


class Hyperparameters(Section):
    """The numbers of one network and its training; the rest is in the programs."""

    # Learn from the first training images, and choose the epoch by the last ones.
    examples: Count
    validation: Count
    hidden: Count
    dropout: Share = 0.0
    learning_rate: Positive
    batch_size: Count
    # In the first one Keras compiles.
    epochs: Annotated[int, Field(ge=2)]
    # What the source document reports: accuracy in per cent, and how long the training took.
    reported: Positive
    reported_minutes: Positive


class Comparison(Section):
    """The study's `params.yaml`."""

    # A standard deviation needs two.
    seeds: Annotated[int, Field(ge=2)]
    networks: dict[Name, Hyperparameters]


# Examples to learn from, to choose the epoch, and to test on.
Digits = tuple[Examples, Examples, Examples]

# The accuracy on the test digits, the epoch chosen, and every epoch's seconds without validation.
Result = tuple[float, int, list[float]]


def main(train: Callable[[str, Hyperparameters, Digits, int], Result]) -> None:
    """Run one of the programs, `train(network, hyperparameters, digits, seed)`."""
    parser = argparse.ArgumentParser(description="Train one network of params.yaml, and test it.")
    parser.add_argument("network", choices=get_args(Name))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a line")
    arguments = parser.parse_args()
    try:
        chosen = read().networks[arguments.network]
        accuracy, epoch, seconds = train(arguments.network, chosen, _digits(chosen), arguments.seed)
    except (PipelineError, TrainingDiverged) as error:
        raise SystemExit(str(error)) from None
    report = {
        "accuracy": accuracy,
        "epoch": epoch,
        "first_epoch_seconds": seconds[0],
        "epoch_seconds": median(seconds[1:]),
    }
    print(json.dumps(report) if arguments.json else _line(report))


def run(params: Params) -> None:
    """Train every network with both programs, once a seed, and write `results/comparison.json`.

    Every training is a process of its own. Raises PipelineError without Keras, and if a program
    fails.
    """
    comparison = read()
    missing = [package for package in ("keras", "jax") if find_spec(package) is None]
    if missing:
        raise PipelineError(
            f"{FOLDER}: {' and '.join(missing)} not installed;"
            " `pip install -e '.[yardsticks]'` brings Keras and its backend"
        )
    networks = {}
    for name in comparison.networks:
        measured = {library: [] for library in PROGRAMS}
        for seed in range(params.seed, params.seed + comparison.seeds):
            # In turn, so that whatever else the machine does hits both.
            for library, program in PROGRAMS.items():
                report = _measured(program, name, seed)
                measured[library].append(report)
                print(f"{name}, seed {seed}, {library}: {_line(report)}", flush=True)
        networks[name] = {
            library: {key: [report[key] for report in reports] for key in reports[0]}
            for library, reports in measured.items()
        }
    machine = device()
    report = {
        "machine": {name: machine[name] for name in ("processor", "threads", "python")},
        "versions": {package: version(package) for package in ("numpy", "keras", "jax")},
        "networks": networks,
    }
    write_json(FOLDER / "results" / "comparison.json", report)


def read() -> Comparison:
    """Read the study's `params.yaml`; raises PipelineError that names every bad parameter."""
    path = FOLDER / "params.yaml"
    return checked(Comparison, load(path), path)


def _digits(chosen: Hyperparameters) -> Digits:
    training, test = mnist_examples()
    count = len(training.labels)
    if chosen.examples + chosen.validation > count:
        raise PipelineError(
            f"params.yaml: examples and validation: {chosen.examples} and {chosen.validation},"
            f" expected {count} together at most"
        )
    validation = training.take(slice(-chosen.validation, None))
    return training.take(slice(chosen.examples)), validation, test


def _measured(program: str, name: str, seed: int) -> dict:
    """Run a program; return its report, and the seconds of the whole process."""
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", program, name, "--seed", str(seed), "--json"],
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
