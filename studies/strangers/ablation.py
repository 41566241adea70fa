"""The ablation: variants of a profile, trained alike, show what an ingredient is worth."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from edge.ink import ink
from pipeline.data import alphabet
from pipeline.data.corpora import named
from pipeline.data.letters import METHODS, read_split, repeated
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.files import SPLIT, write_json
from pipeline.nn.metrics import accuracy
from pipeline.params import Count, Params, Profile, Section, checked, section
from pipeline.training import trainer
from studies.engine import run_all
from studies.strangers import PARAMS, RESULTS

# What decides the result of a run besides its job and its data.
CODE = (
    *("edge.augmentation", "edge.ink", "pipeline.data", "pipeline.nn", "pipeline.training"),
    "studies.strangers.ablation",
)


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
    shared = {"profile": variant.model_dump(), "threads": params.train.threads}
    jobs = [
        shared | {"method": method, "seed": params.seed + seed}
        for seed in range(table.seeds)
        for method in table.splits
    ]
    data = [path for method in table.splits for path in sorted((SPLIT / method).glob("*/*.npz"))]
    results = {method: {} for method in table.splits}
    shares = run_all(_measure, jobs, f"{table_name}: {name}", code=CODE, data=data)
    for job, of_kinds in zip(jobs, shares, strict=True):
        for kind, share in of_kinds.items():
            results[job["method"]].setdefault(kind, []).append(share)
    write_json(RESULTS / table_name / f"{name}.json", results)


def varied(profile: Profile, changes: Mapping) -> Profile:
    """Change what `changes` names, however deep; raises PipelineError on a bad result."""
    return checked(Profile, _merged(profile.model_dump(), changes), "a variant that cannot be")


def _merged(old: object, new: object) -> object:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {name: _merged(old.get(name), value) for name, value in new.items()}


def _measure(job: dict) -> dict[str, float]:
    """Train on one split with one seed; return the accuracy on the test letters of each kind."""
    profile, method = Profile(**job["profile"]), job["method"]
    parts = repeated(read_split(method, "train"), profile.repeats)
    rng = stream(job["seed"], "training")
    network = trainer.untrained(profile, len(alphabet.read(SPLIT / method)), rng)
    where = f"the variant trained on {method} with seed {job['seed']}"
    trainer.train(network, profile, parts, rng, job["threads"], where)
    return {
        named(name).kind: accuracy(letters.labels, network.predict(ink(letters.images)))
        for name, letters in read_split(method, "test").items()
    }
