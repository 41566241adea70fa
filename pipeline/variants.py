"""Variants of a profile, trained and measured alike: what an ingredient is worth.

A study's `params.yaml` has groups of them; `studies/strangers` is one.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy
import yaml
from pydantic import Field, TypeAdapter, ValidationError

from edge.ink import ink
from pipeline import processes, recipe
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.nn.metrics import accuracy
from pipeline.params import Count, Params, Profile, Section
from pipeline.stages import doubt, split


class Group(Section):
    """Variants of one profile: what each changes of it, and how many times it is trained."""

    profile: str
    seeds: Count
    splits: Annotated[list[Literal["random", "tail"]], Field(min_length=1)]
    epochs: Count | None = None
    variants: dict[str, dict]


def run(params: Params, study: Path, group_name: str, name: str) -> None:
    """Train one variant on the group's splits, once a seed, and write its accuracies.

    To `results/<group>/<variant>.json` beside the study's `params.yaml`: a list, one share a seed,
    for each kind of letters and each split. Raises PipelineError on what the study does not have.
    """
    group = _read(study / "params.yaml", group_name)
    if group.profile not in params.profiles or name not in group.variants:
        raise PipelineError(
            f"{study / 'params.yaml'}: {group_name}: no profile {group.profile}, or no variant"
            f" {name} among {', '.join(group.variants)}"
        )
    changes = group.variants[name] | ({"epochs": group.epochs} if group.epochs else {})
    profile = varied(params.profiles[group.profile], changes)
    jobs = [(method, params.seed + seed) for seed in range(group.seeds) for method in group.splits]
    shares = processes.map_all(
        partial(_measure, profile, params.train.threads),
        jobs,
        f"{group_name}: {name}",
        threads=params.train.threads,
    )
    results = {method: {} for method in group.splits}
    for (method, _), of_kinds in zip(jobs, shares, strict=True):
        for kind, share in of_kinds.items():
            results[method].setdefault(kind, []).append(share)
    write_json(study / "results" / group_name / f"{name}.json", results)


def varied(profile: Profile, changes: Mapping) -> Profile:
    """Change what `changes` names, however deep; raises PipelineError if it then cannot be."""
    try:
        return Profile.model_validate(_merged(profile.model_dump(), changes))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise PipelineError(f"a variant that cannot be: {problems}") from None


def _merged(old: dict, changes: Mapping) -> dict:
    return old | {
        name: _merged(old[name], value)
        if isinstance(value, dict) and isinstance(old.get(name), dict)
        else value
        for name, value in changes.items()
    }


def _read(path: Path, name: str) -> Group:
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return TypeAdapter(dict[str, Group]).validate_python(groups)[name]
    except KeyError:
        raise PipelineError(f"{path}: found {', '.join(groups)}, expected {name}") from None
    except ValidationError as error:
        raise PipelineError(f"{path}: {' '.join(str(error).split())}") from None


def _measure(profile: Profile, threads: int, job: tuple[str, int]) -> dict[str, float]:
    """Train on one split with one seed, and give the accuracy on the test letters of each kind."""
    method, seed = job
    parts = doubt.without(split.read(method, "train"), method, profile.drop_below)
    network, _ = recipe.learn(
        profile,
        recipe.chosen(parts, profile),
        numpy.random.default_rng([seed, 2]),
        threads,
    )
    return {
        CORPORA[name].kind: accuracy(letters.labels, network.predict(ink(letters.images)))
        for name, letters in split.read(method, "test").items()
    }
