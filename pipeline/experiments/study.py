"""A study's groups of experiments: every row of a group, once a seed, with its curves."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline import augment
from pipeline.checkpoints import computed_with
from pipeline.experiments import datasets, experiment
from pipeline.experiments.engine import digests, run_all
from pipeline.experiments.experiment import Experiment
from pipeline.files import replacing, write_json, writing_csv
from pipeline.params import Count, Params, Section, checked, section


class Group(Section):
    """Experiments that differ in little: what they share, and what each row changes of it.

    In a row, `reported` is the accuracy that the source document reports, in per cent.
    """

    seeds: Count
    # Draw the last epoch's accuracy by this field of the rows, instead of all epochs.
    drawn_by: str | None = None
    shared: dict
    rows: Annotated[list[dict], Field(min_length=1)]

    def experiments(self, where: str) -> dict[str, Experiment]:
        """Give every row's experiment by the row's name; raises PipelineError on what cannot be."""
        rows = [{key: row[key] for key in row if key != "reported"} for row in self.rows]
        document = [self.shared | row for row in rows]
        made = checked(list[Experiment], document, where)
        return dict(zip(map(_name, rows), made, strict=True))

    def reported(self) -> list[float | None]:
        """Give what the source document reports of every row, in per cent."""
        return [row.get("reported") for row in self.rows]


def read(study: Path, name: str) -> Group:
    """Read a group from the study's `params.yaml`; raises PipelineError if it isn't there."""
    return section(Group, study / "params.yaml", name)


def run(params: Params, study: Path, name: str) -> None:
    """Carry out a group's experiments and write what came of them, beside the `params.yaml`.

    `results/<group>.json`: for every row and test set, one share a seed: `final` of the last epoch,
    `best` of the one with the best validation, `highest` of the one that is best on the test set
    itself, which flatters, and `fp16` of the best one's weights at half precision.
    `curves/<group>.csv` and `.png`: all epochs.
    """
    # Matplotlib takes a second that nothing else here needs.
    from pipeline.experiments import figures

    group = read(study, name)
    experiments = group.experiments(f"{study / 'params.yaml'}: {name}")
    jobs = [
        {"experiment": row.model_dump(), "seed": params.seed + seed}
        for row in experiments.values()
        for seed in range(group.seeds)
    ]
    circumstances = computed_with(experiment.__file__, datasets.__file__, augment.__file__)
    circumstances["data"] = digests(
        sorted({path for row in experiments.values() for path in datasets.files(row.data)})
    )
    done = iter(run_all(experiment.run, jobs, circumstances, f"{study.name}: {name}"))
    runs = {row: [next(done) for _ in range(group.seeds)] for row in experiments}
    write_json(
        study / "results" / f"{name}.json", {row: _summary(runs[row]) for row in experiments}
    )
    with writing_csv(study / "curves" / f"{name}.csv") as writer:
        columns = list(next(iter(runs.values()))[0]["history"])
        writer.writerow(["row", "seed", *columns])
        for row, seeds in runs.items():
            for number, each in enumerate(seeds):
                histories = zip(*each["history"].values(), strict=True)
                writer.writerows([row, params.seed + number, *values] for values in histories)
    with replacing(study / "curves" / f"{name}.png") as path:
        if group.drawn_by:
            values = [getattr(row, group.drawn_by) for row in experiments.values()]
            figures.draw_by(path, group.drawn_by, values, runs)
        else:
            figures.draw_epochs(path, runs)


def _name(row: dict) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in row.items()) or "as shared"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value)) or "none"
    return "all" if value is None else str(value)


def _summary(runs: list[dict]) -> dict:
    """Gather for every test set what every seed came to."""
    summary = {"best_epoch": [run["best"] for run in runs]}
    for test in runs[0]["fp16"]:
        shares = [run["history"][f"accuracy/{test}"] for run in runs]
        summary[test] = {
            "final": [each[-1] for each in shares],
            "best": [each[run["best"] - 1] for each, run in zip(shares, runs, strict=True)],
            "highest": [max(each) for each in shares],
            "fp16": [run["fp16"][test] for run in runs],
        }
    return summary
