"""Trainings over a grid of parameters, named as `dvc exp run -S` names them.

The grammar is Hydra's (https://hydra.cc/docs/advanced/override_grammar/basic), read as DVC reads
it: `seed=1,2`, `seed=range(1,4)`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import get_hydra_sweeps, to_hydra_overrides
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from rich.table import Table

from edge.ink import ink
from pipeline.data import alphabet
from pipeline.data.corpora import named
from pipeline.data.letters import clean_paths, read_clean, repeated
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.files import CLEAN
from pipeline.nn.metrics import accuracy
from pipeline.params import PARAMS, Count, Params, Profile, Section, Split, checked, load
from pipeline.stages.split import divide
from pipeline.training import trainer
from studies import engine

# What decides the result of a run besides its parameters and its data.
CODE = (
    *("edge.augmentation", "edge.ink", "pipeline.data", "pipeline.nn", "pipeline.stages.split"),
    *("pipeline.training", "studies.sweep"),
)

# The sections of params.yaml that a training depends on.
DECIDING = {"seed", "split", "train", "profiles"}

BAD_GRID = (HydraException, OmegaConfBaseException, InvalidArgumentError)


class Training(Section):
    """What decides a training, and nothing else: combinations that share one are one run."""

    seed: int
    split: Split
    threads: Count
    profile: Profile


class Combination(NamedTuple):
    """A point of the grid: the parameters that it sets, and the training that they make."""

    parameters: dict
    training: Training


def run(
    set_params: Sequence[str], scheduler: str | None, workers: int | None, as_json: bool
) -> None:
    """Train and measure every combination, and print them, best validation accuracy first.

    Raises PipelineError on a bad grid, before anything runs, and at the end if a training of it has
    failed; otherwise as `engine.run_all`.
    """
    grid = combinations(set_params)
    jobs = [point.training.model_dump() for point in grid]
    of_runs = {"code": CODE, "data": clean_paths(), "scheduler": scheduler, "workers": workers}
    results = engine.run_all(train, jobs, "sweep", **of_runs)
    rows = [
        {"parameters": point.parameters, **result}
        for point, result in zip(grid, results, strict=True)
    ]
    done = [row for row in rows if "error" not in row]
    failed = [row for row in rows if "error" in row]
    done.sort(key=lambda row: row["validation_accuracy"], reverse=True)
    if as_json:
        for row in done + failed:
            print(json.dumps(row, ensure_ascii=False))
    else:
        _print_table(done)
        for row in failed:
            named = ", ".join(f"{name}={value}" for name, value in row["parameters"].items())
            print(f"{named}: {row['error']}", file=sys.stderr)
    if failed:
        raise PipelineError(f"sweep: {len(failed)} of {len(rows)} trainings have failed")


def combinations(set_params: Sequence[str]) -> list[Combination]:
    """Return every combination; raises one PipelineError that names all bad ones."""
    document = load(PARAMS)
    checked(Params, document, PARAMS)
    _all_or_none(_check_override, set_params)
    grid = get_hydra_sweeps({str(PARAMS): list(set_params)})
    return _all_or_none(partial(_combination, document), [point[str(PARAMS)] for point in grid])


def _all_or_none(function: Callable[[Any], Any], items: Iterable) -> list:
    """Call the function with every item; raises one PipelineError of all that it raises."""
    made, problems = [], []
    for item in items:
        try:
            made.append(function(item))
        except PipelineError as error:
            problems.append(str(error))
    if problems:
        raise PipelineError("; ".join(dict.fromkeys(problems)))
    return made


def _check_override(text: str) -> None:
    try:
        (override,) = to_hydra_overrides([text])
        get_hydra_sweeps({str(PARAMS): [text]})
    except BAD_GRID as error:
        raise PipelineError(f"-S '{text}': {_on_one_line(error)}") from None
    if override.is_delete():
        raise PipelineError(f"-S '{text}': a sweep takes no parameter away")
    if override.key_or_group.partition(".")[0] in Params.model_fields.keys() - DECIDING:
        raise PipelineError(
            f"-S '{text}': changes nothing that a sweep measures; `dvc exp run --queue -S '{text}'`"
            " runs the stages that it changes"
        )


def _combination(document: dict, overrides: list[str]) -> Combination:
    """Set the parameters of one point; `name=value` must be there, `+name=value` adds one."""
    config = OmegaConf.create(document)
    OmegaConf.set_struct(config, True)
    parsed = to_hydra_overrides(overrides)
    for each in parsed:
        added = each.is_add() or each.is_force_add()
        try:
            OmegaConf.update(config, each.key_or_group, each.value(), force_add=added)
        except BAD_GRID as error:
            problem = _on_one_line(error)
            raise PipelineError(f"Could not override '{each.key_or_group}': {problem}") from None
    params = checked(Params, OmegaConf.to_object(config), PARAMS)
    of_stages = {"split": params.split, "threads": params.train.threads, "profile": params.profile}
    training = Training(seed=params.seed, **of_stages)
    return Combination({each.key_or_group: each.value() for each in parsed}, training)


def train(job: dict) -> dict:
    """Train as the stages `split` and `train` do, and measure; returns an `error` if that fails.

    A training that diverges is a result too: it says something about its parameters.
    """
    training = Training(**job)
    profile, seed, how = training.profile, training.seed, training.split
    begin = perf_counter()
    try:
        known = alphabet.read(CLEAN)
        divided = {
            name: divide(named(name), known, letters, how, how.method, seed)
            for name, letters in read_clean().items()
        }
        parts = repeated({name: learned for name, (learned, _) in divided.items()}, profile.repeats)
        rng = stream(seed, "training")
        network = trainer.untrained(profile, len(known), rng)
        best = trainer.train(network, profile, parts, rng, training.threads, "training").best
    except PipelineError as error:
        return {"error": str(error)}
    return {
        "best_epoch": best.epoch,
        "validation_accuracy": best.validation_accuracy,
        "test_accuracy": {
            named(name).kind: accuracy(tested.labels, network.predict(ink(tested.images)))
            for name, (_, tested) in divided.items()
        },
        "seconds": perf_counter() - begin,
    }


def _print_table(rows: list[dict]) -> None:
    if not rows:
        return
    kinds = list(rows[0]["test_accuracy"])
    table = Table(box=None, pad_edge=False)
    for name in (*rows[0]["parameters"], "validation", *kinds, "best epoch", "seconds"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            *map(str, row["parameters"].values()),
            f"{row['validation_accuracy']:.2%}",
            *(f"{row['test_accuracy'][kind]:.2%}" for kind in kinds),
            str(row["best_epoch"]),
            f"{row['seconds']:.1f}",
        )
    # In a file a line may be as long as it is.
    Console(width=None if sys.stdout.isatty() else 1000).print(table)


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
