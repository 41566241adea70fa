"""A study's tables: every row of a table, once a seed, with its curves."""

import math
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Annotated

from pydantic import Field

from pipeline.files import replacing, write_json, writing_csv
from pipeline.params import Count, Params, Section, checked, section
from studies import augmented, datasets, row
from studies.engine import finished, run_all
from studies.row import Row

STUDIES = Path("studies")

# What is said about a row, but changes nothing in its training.
ABOUT = ("reported", "seeds")


class Table(Section):
    """Rows that differ in little: what they share, and what each of them changes.

    In a row, `reported` is what the source document reports, accuracy in per cent or its words; a
    row without it is ours. `seeds` is how often the row is trained, if not as often as the others.
    """

    seeds: Count
    # Draw the last epoch's accuracy by this field of the rows, instead of all epochs.
    drawn_by: str | None = None
    shared: dict
    rows: Annotated[list[dict], Field(min_length=1)]

    def named_rows(self, where: str) -> dict[str, Row]:
        """Return the rows by name; raises PipelineError, which names `where`, on a bad one."""
        changes = [{key: each[key] for key in each if key not in ABOUT} for each in self.rows]
        made = checked(list[Row], [self.shared | each for each in changes], where)
        return dict(zip(map(_name, changes), made, strict=True))

    def seeds_of_rows(self, where: str) -> list[int]:
        """Return how often each row is trained; raises PipelineError as `named_rows`."""
        found = [each.get("seeds", self.seeds) for each in self.rows]
        return checked(list[Count], found, f"{where}: seeds")


def read(study: str, name: str) -> tuple[Table, dict[str, Row]]:
    """Read a table of a study's `params.yaml`, and its rows by name.

    Raises PipelineError if it is missing or bad.
    """
    path = STUDIES / study / "params.yaml"
    table = section(Table, path, name)
    return table, table.named_rows(f"{path}: {name}")


def run(params: Params, study: str, name: str, only_finished: bool = False) -> None:
    """Train a table's rows and write the results into the study's folder.

    With `only_finished`, nothing is trained, and the results are those of the runs that have
    finished so far, if any.

    `results/<table>.json`: for every row and test set, one share a seed: `first` of the first
    epoch, `final` of the last one, `best` of the one with the best validation, if there is one,
    `highest` of the one that is best on the test set itself, which flatters, and `fp16` of the best
    one's weights at half precision. Of all training examples, `training`, the accuracy after the
    last epoch. Of the accuracy on the test set `test`, `rise`, its mean in the last eighth of the
    epochs less that in the eighth before, and `wobble`, its mean change from epoch to epoch in the
    last eighth. `seconds` are those that the run has had a processor, null if that is not known.
    `curves/<table>.csv` and `.png`: all epochs.
    """
    # Matplotlib takes a second that nothing else here needs.
    from pipeline.report.plots import curves

    table, rows = read(study, name)
    seeds = table.seeds_of_rows(f"{STUDIES / study / 'params.yaml'}: {name}")
    asked = [
        (title, {"row": each.model_dump(), "seed": params.seed + seed})
        for (title, each), count in zip(rows.items(), seeds, strict=True)
        for seed in range(count)
    ]
    data = sorted({path for each in rows.values() for path in datasets.files(each.data)})
    decided_by = {"code": row.CODE, "data": data}
    if any(each.augments for each in rows.values()):
        decided_by["code"] += augmented.CODE
    jobs = [job for _, job in asked]
    if not only_finished:
        run_all(row.run, jobs, f"{study}: {name}", **decided_by)
    runs = {}
    for (title, job), kept in zip(asked, finished(row.run, jobs, **decided_by), strict=True):
        if kept:
            seconds = {"seconds": kept.get("seconds")}
            runs.setdefault(title, {})[job["seed"]] = kept["result"] | seconds
    _write(STUDIES / study, name, runs)
    with replacing(STUDIES / study / "curves" / f"{name}.png") as path:
        drawn = {title: list(of_row.values()) for title, of_row in runs.items()}
        if table.drawn_by:
            values = [getattr(rows[title], table.drawn_by) for title in runs]
            curves.draw_by(path, table.drawn_by, values, drawn)
        else:
            curves.draw_epochs(path, drawn)


def _write(folder: Path, name: str, runs: dict[str, dict[int, dict]]) -> None:
    """Write the results by row, and every epoch of every row and seed."""
    summaries = {title: _summary(list(of_row.values())) for title, of_row in runs.items()}
    write_json(folder / "results" / f"{name}.json", summaries)
    histories = [
        (title, seed, run["history"])
        for title, of_row in runs.items()
        for seed, run in of_row.items()
    ]
    # Not all data have a part for validation.
    columns = list(dict.fromkeys(column for _, _, history in histories for column in history))
    with writing_csv(folder / "curves" / f"{name}.csv") as writer:
        writer.writerow(["row", "seed", *columns])
        for title, seed, history in histories:
            for epoch in range(len(history["epoch"])):
                values = [f"{history[key][epoch]:.6g}" if key in history else "" for key in columns]
                writer.writerow([title, seed, *values])


def _name(changes: dict) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in changes.items()) or "as shared"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value)) or "none"
    return "all" if value is None else str(value)


def _summary(runs: list[dict]) -> dict:
    """Gather the shares of every test set, one a seed."""
    summary = {key: [run[key] for run in runs] for key in ("training", "seconds")}
    if runs[0]["best"]:
        summary["best_epoch"] = [run["best"] for run in runs]
    for test in runs[0]["fp16"]:
        shares = [run["history"][f"accuracy/{test}"] for run in runs]
        summary[test] = {
            "first": [each[0] for each in shares],
            "final": [each[-1] for each in shares],
            "highest": [max(each) for each in shares],
            "fp16": [run["fp16"][test] for run in runs],
        }
        if runs[0]["best"]:
            summary[test]["best"] = [
                each[run["best"] - 1] for each, run in zip(shares, runs, strict=True)
            ]
    curves = [run["history"]["accuracy/test"] for run in runs]
    return summary | {"rise": list(map(rise, curves)), "wobble": list(map(wobble, curves))}


def rise(shares: list[float]) -> float:
    """Return the mean of the last eighth less that of the eighth before, 0 if there is none."""
    eighth = _eighth(shares)
    before = shares[-2 * eighth : -eighth] or shares
    return mean(shares[-eighth:]) - mean(before)


def wobble(shares: list[float]) -> float:
    """Return the mean size of the changes in the last eighth, 0 if there is none."""
    changes = [abs(after - before) for before, after in pairwise(shares)]
    return mean(changes[-_eighth(shares) :]) if changes else 0.0


def _eighth(shares: list[float]) -> int:
    return math.ceil(len(shares) / 8)
