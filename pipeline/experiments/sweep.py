"""Trainings over a grid of parameters, named as `dvc exp run -S` names them.

The grammar is Hydra's (https://hydra.cc/docs/advanced/override_grammar/basic), read as DVC reads
it: `seed=1,2`, `seed=range(1,4)`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import get_hydra_sweeps, to_hydra_overrides
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from rich.table import Table

from edge import ink
from pipeline import augment, corpora, recipe
from pipeline.checkpoints import computed_with
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.experiments import engine
from pipeline.files import CLEAN
from pipeline.nn.metrics import accuracy
from pipeline.params import PARAMS, Count, Params, Profile, Section, Split, checked, load
from pipeline.stages import split

# The sections of params.yaml that a training depends on.
DECIDING = {"seed", "split", "train", "profiles"}

BAD_GRID = (HydraException, OmegaConfBaseException, InvalidArgumentError)


class Training(Section):
    """What decides a training, and nothing else: combinations that are alike in it are one run."""

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

    Raises PipelineError where the grid cannot be, before anything runs, and at last where a
    training of it has failed; further as `engine.run_all`.
    """
    grid = combinations(set_params)
    paths = sorted(CLEAN.glob("*.npz"))
    if not paths:
        raise PipelineError(f"{CLEAN}: no letters; run the stage `clean` first")
    sources = [
        *sorted(map(str, Path(corpora.__file__).parent.glob("*.py"))),
        *(augment.__file__, ink.__file__, recipe.__file__, split.__file__, __file__),
    ]
    results = engine.run_all(
        train,
        [combination.training.model_dump() for combination in grid],
        {**computed_with(*sources), "data": engine.digests(paths)},
        "sweep",
        scheduler=scheduler,
        workers=workers,
    )
    rows = [
        {"parameters": combination.parameters, **result}
        for combination, result in zip(grid, results, strict=True)
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
            print(f"{_named(row['parameters'])}: {row['error']}", file=sys.stderr)
    if failed:
        raise PipelineError(f"sweep: {len(failed)} of {len(rows)} trainings have failed")


def combinations(set_params: Sequence[str]) -> list[Combination]:
    """Make every combination; raises PipelineError that names all that cannot be."""
    document = load(PARAMS)
    checked(Params, document, PARAMS)
    _all_or_none(_checked_override, set_params)
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


def _checked_override(text: str) -> None:
    try:
        (override,) = to_hydra_overrides([text])
        get_hydra_sweeps({str(PARAMS): [text]})
    except BAD_GRID as error:
        raise PipelineError(f"-S '{text}': {_on_one_line(error)}") from None
    if override.key_or_group.partition(".")[0] in Params.model_fields.keys() - DECIDING:
        raise PipelineError(
            f"-S '{text}': changes nothing that a sweep measures; `dvc exp run --queue -S '{text}'`"
            " runs the stages that it changes"
        )


def _combination(document: dict, overrides: list[str]) -> Combination:
    """Change the document as `dvc.utils.hydra.apply_overrides` changes a file."""
    config = OmegaConf.create(document)
    OmegaConf.set_struct(config, True)
    try:
        parsed = to_hydra_overrides(overrides)
        ConfigLoaderImpl._apply_overrides_to_config(parsed, config)
        changed = OmegaConf.to_object(config)
    except BAD_GRID as error:
        raise PipelineError(_on_one_line(error)) from None
    params = checked(Params, changed, PARAMS)
    if params.profile.drop_below:
        raise PipelineError(
            f"{params.profile_place}.drop_below: {params.profile.drop_below}, but a sweep judges no"
            " labels; set it to 0, or take `dvc exp run --queue`, which runs the stage `doubt`"
        )
    training = Training(
        seed=params.seed,
        split=params.split,
        threads=params.train.threads,
        profile=params.profile,
    )
    return Combination({each.key_or_group: each.value() for each in parsed}, training)


def train(job: dict) -> dict:
    """Train as the stages `split` and `train` do, and measure; gives an `error` where that fails.

    A training that diverges is a result too: it tells of its parameters.
    """
    training = Training(**job)
    profile = training.profile
    begin = perf_counter()
    try:
        divided = {
            path.stem: split.divide(path, training, training.split.method)
            for path in sorted(CLEAN.glob("*.npz"))
        }
        learned = {name: letters for name, (letters, _) in divided.items()}
        rng = numpy.random.default_rng([training.seed, 2])
        network = recipe.untrained(profile, rng)
        parts = recipe.chosen(learned, profile)
        best = recipe.learn(network, profile, parts, rng, training.threads, "training").best
    except PipelineError as error:
        return {"error": str(error)}
    return {
        "best_epoch": best.epoch,
        "validation_accuracy": best.validation_accuracy,
        "test_accuracy": {
            CORPORA[name].kind: accuracy(letters.labels, network.predict(ink.ink(letters.images)))
            for name, (_, letters) in divided.items()
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


def _named(parameters: dict) -> str:
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
