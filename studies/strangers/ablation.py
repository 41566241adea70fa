"""The ablation: variants of a profile, trained alike, show what an ingredient is worth."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy
from pydantic import Field

from edge.ink import ink
from pipeline.data import alphabet
from pipeline.data.corpora import named
from pipeline.data.letters import METHODS, Letters, read_split, repeated
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.files import SPLIT, write_json
from pipeline.nn.losses import softmax
from pipeline.nn.metrics import accuracy
from pipeline.nn.network import Network
from pipeline.params import Count, Params, Profile, Section, checked, section
from pipeline.training import trainer
from studies.engine import run_all
from studies.strangers import PARAMS, RESULTS, doubted


class Variant(Profile):
    """A profile, and what only a study does with it."""

    # Leave out letters whose label got a smaller probability from `doubt`; 0 drops none.
    drop_below: Annotated[float, Field(ge=0, le=doubted.LARGEST_DOUBT)] = 0.0
    # Measure the running mean of the weights: the share of itself that it keeps a step.
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    # Learn half from labels and half from a network that is trained first: what differs in it.
    teacher: dict | None = None


class Table(Section):
    """Variants of one profile: what each changes of it, and how many times it is trained."""

    profile: str
    seeds: Count
    splits: Annotated[list[Literal[*METHODS]], Field(min_length=1)]
    epochs: Count | None = None
    variants: dict[str, dict]


def run(params: Params, table_name: str, name: str) -> None:
    """Train one variant on the table's splits, once a seed, and write its accuracies.

    `results/<table>/<variant>.json` has a list, one share a seed, for each split and each kind of
    letters. Raises PipelineError on a table, a profile or a variant that is not there.
    """
    table = section(Table, PARAMS, table_name)
    if table.profile not in params.profiles or name not in table.variants:
        raise PipelineError(
            f"{PARAMS}: {table_name}: no profile {table.profile}, or no variant {name} among"
            f" {', '.join(table.variants)}"
        )
    changes = table.variants[name] | ({"epochs": table.epochs} if table.epochs else {})
    variant = varied(params.profiles[table.profile], changes)
    shared = {"variant": variant.model_dump(), "threads": params.train.threads}
    jobs = [
        shared | {"method": method, "seed": params.seed + seed}
        for seed in range(table.seeds)
        for method in table.splits
    ]
    data = [path for method in table.splits for path in sorted((SPLIT / method).glob("*/*.npz"))]
    if variant.drop_below:
        data += [doubted.listed(method) for method in table.splits]
    results = {method: {} for method in table.splits}
    shares = run_all(_measure, jobs, f"{table_name}: {name}", data=data)
    for job, of_kinds in zip(jobs, shares, strict=True):
        for kind, share in of_kinds.items():
            results[job["method"]].setdefault(kind, []).append(share)
    write_json(RESULTS / table_name / f"{name}.json", results)


def varied(profile: Profile, changes: Mapping) -> Variant:
    """Change what `changes` names, however deep; raises PipelineError on a bad result."""
    return checked(Variant, _merged(profile.model_dump(), changes), "a variant that cannot be")


def _merged(old: object, new: object) -> object:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {name: _merged(old.get(name), value) for name, value in new.items()}


def _measure(job: dict) -> dict[str, float]:
    """Train on one split with one seed; return the accuracy on the test letters of each kind."""
    variant, method = Variant(**job["variant"]), job["method"]
    parts = read_split(method, "train")
    if variant.drop_below:
        parts = doubted.without(parts, method, variant.drop_below)
    parts = repeated(parts, variant.repeats)
    teacher = None
    if variant.teacher is not None:
        alone = variant.model_copy(update={"teacher": None})
        teacher = _trained(varied(alone, variant.teacher), job, parts)
    network = _trained(variant, job, parts, teacher)
    return {
        named(name).kind: accuracy(letters.labels, network.predict(ink(letters.images)))
        for name, letters in read_split(method, "test").items()
    }


def _trained(variant: Variant, job: dict, parts: Mapping[str, Letters], teacher=None) -> Network:
    """Train on `parts` as the job says; if there is a teacher, half by its probabilities."""
    rng = stream(job["seed"], "training")
    network = trainer.untrained(variant, len(alphabet.read(SPLIT / job["method"])), rng)
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
    where = f"the variant trained on {job['method']} with seed {job['seed']}"
    trainer.train(network, variant, parts, rng, job["threads"], where, **options)
    if variant.averaging:
        network.set_parameters(average)
    return network
