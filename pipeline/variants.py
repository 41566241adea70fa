"""Variants of a profile, trained and measured alike: what an ingredient is worth.

A study's `params.yaml` has groups of them; `studies/strangers` is one.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy
from pydantic import Field

from edge import ink
from pipeline import augment, recipe
from pipeline.checkpoints import computed_with
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.experiments.engine import digests, run_all
from pipeline.files import DOUBTS, SPLIT, write_json
from pipeline.nn.losses import softmax
from pipeline.nn.metrics import accuracy
from pipeline.nn.network import Network
from pipeline.params import Count, Params, Profile, Section, checked, load
from pipeline.stages import doubt, split


class Variant(Profile):
    """A profile, and what only a study does with it."""

    # Measure the running mean of the weights: what it keeps of itself a step.
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    # Learn half from labels and half from a network that is trained first: what differs in it.
    teacher: dict | None = None


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
    group = read(study, group_name)
    if group.profile not in params.profiles or name not in group.variants:
        raise PipelineError(
            f"{study / 'params.yaml'}: {group_name}: no profile {group.profile}, or no variant"
            f" {name} among {', '.join(group.variants)}"
        )
    changes = group.variants[name] | ({"epochs": group.epochs} if group.epochs else {})
    profile = varied(params.profiles[group.profile], changes)
    jobs = [
        {
            "variant": profile.model_dump(),
            "threads": params.train.threads,
            "method": method,
            "seed": params.seed + seed,
        }
        for seed in range(group.seeds)
        for method in group.splits
    ]
    data = []
    for method in group.splits:
        data += [*DOUBTS.glob(f"{method}.csv"), *sorted((SPLIT / method).glob("*/*.npz"))]
    sources = (recipe, augment, ink, doubt, split)
    circumstances = computed_with(*(source.__file__ for source in sources), __file__)
    circumstances["data"] = digests(data)
    shares = run_all(_measure, jobs, circumstances, f"{group_name}: {name}")
    results = {method: {} for method in group.splits}
    for job, of_kinds in zip(jobs, shares, strict=True):
        for kind, share in of_kinds.items():
            results[job["method"]].setdefault(kind, []).append(share)
    write_json(study / "results" / group_name / f"{name}.json", results)


def read(study: Path, name: str) -> Group:
    """Read a group from the study's `params.yaml`; raises PipelineError if it isn't there."""
    path = study / "params.yaml"
    groups = checked(dict[str, Group], load(path), path)
    if name not in groups:
        raise PipelineError(f"{path}: found {', '.join(groups)}, expected {name}")
    return groups[name]


def varied(profile: Profile, changes: Mapping) -> Variant:
    """Change what `changes` names, however deep; raises PipelineError if it then cannot be."""
    return checked(Variant, _merged(profile.model_dump(), changes), "a variant that cannot be")


def _merged(old: dict, changes: Mapping) -> dict:
    return old | {
        name: _merged(old[name], value)
        if isinstance(value, dict) and isinstance(old.get(name), dict)
        else value
        for name, value in changes.items()
    }


def _measure(job: dict) -> dict[str, float]:
    """Train on one split with one seed, and give the accuracy on the test letters of each kind."""
    variant, method, seed = Variant(**job["variant"]), job["method"], job["seed"]
    parts = doubt.without(split.read(method, "train"), method, variant.drop_below)
    parts = recipe.chosen(parts, variant)
    where = f"the variant trained on {method} with seed {seed}"
    learn = partial(_learned, parts=parts, seed=seed, threads=job["threads"], where=where)
    teacher = None
    if variant.teacher is not None:
        teacher = learn(varied(variant.model_copy(update={"teacher": None}), variant.teacher))
    network = learn(variant, teacher=teacher)
    return {
        CORPORA[name].kind: accuracy(letters.labels, network.predict(ink.ink(letters.images)))
        for name, letters in split.read(method, "test").items()
    }


def _learned(
    variant: Variant,
    parts: Mapping[str, split.Letters],
    seed: int,
    threads: int,
    where: str,
    teacher: Network | None = None,
) -> Network:
    """Train on `parts`, where there is a teacher half by its probabilities."""
    rng = numpy.random.default_rng([seed, 2])
    network = recipe.untrained(variant, rng)
    average = {name: array.copy() for name, array in network.parameters.items()}

    def follow(done: int, total: int) -> None:
        for name, array in network.parameters.items():
            average[name] += (1 - variant.averaging) * (array - average[name])

    def between(inputs: numpy.ndarray, labels: numpy.ndarray) -> numpy.ndarray:
        targets = softmax(teacher.forward(inputs)) / 2
        targets[numpy.arange(len(labels)), labels] += 0.5
        return targets

    options = {"on_batch": follow} if variant.averaging else {}
    if teacher:
        options["targets"] = between
    recipe.learn(network, variant, parts, rng, threads, where, **options)
    if variant.averaging:
        network.set_parameters(average)
    return network
