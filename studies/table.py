"""A study's tables: every row of a table, once a seed, with its curves."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.files import replacing, write_json, writing_csv
from pipeline.params import Count, Params, Section, checked, section
from studies import datasets, row
from studies.engine import run_all
from studies.row import Row

STUDIES = Path("studies")


class Table(Section):
    """Rows that differ in little: what they share, and what each of them changes.

    In a row, `reported` is the accuracy that the source document reports, in per cent.
    """

    seeds: Count
    # Draw the last epoch's accuracy by this field of the rows, instead of all epochs.
    drawn_by: str | None = None
    shared: dict
    rows: Annotated[list[dict], Field(min_length=1)]

    def named_rows(self, where: str) -> dict[str, Row]:
        """Return the rows by name; raises PipelineError, which names `where`, on a bad one."""
        changes = [{key: each[key] for key in each if key != "reported"} for each in self.rows]
        made = checked(list[Row], [self.shared | each for each in changes], where)
        return dict(zip(map(_name, changes), made, strict=True))


def read(study: str, name: str) -> tuple[Table, dict[str, Row]]:
    """Read a table of a study's `params.yaml`, and its rows by name.

    Raises PipelineError if it is missing or bad.
    """
    path = STUDIES / study / "params.yaml"
    table = section(Table, path, name)
    return table, table.named_rows(f"{path}: {name}")


def run(params: Params, study: str, name: str) -> None:
    """Train a table's rows and write the results into the study's folder.

    `results/<table>.json`: for every row and test set, one share a seed: `final` of the last epoch,
    `best` of the one with the best validation, `highest` of the one that is best on the test set
    itself, which flatters, and `fp16` of the best one's weights at half precision.
    `curves/<table>.csv` and `.png`: all epochs.
    """
    # Matplotlib takes a second that nothing else here needs.
    from pipeline.report.plots import curves

    table, rows = read(study, name)
    jobs = [
        {"row": each.model_dump(), "seed": params.seed + seed}
        for each in rows.values()
        for seed in range(table.seeds)
    ]
    data = sorted({path for each in rows.values() for path in datasets.files(each.data)})
    done = iter(run_all(row.run, jobs, f"{study}: {name}", code=row.CODE, data=data))
    runs = {title: [next(done) for _ in range(table.seeds)] for title in rows}
    folder = STUDIES / study
    summaries = {title: _summary(of_row) for title, of_row in runs.items()}
    write_json(folder / "results" / f"{name}.json", summaries)
    with writing_csv(folder / "curves" / f"{name}.csv") as writer:
        columns = list(next(iter(runs.values()))[0]["history"])
        writer.writerow(["row", "seed", *columns])
        for title, of_row in runs.items():
            for seed, each in enumerate(of_row, params.seed):
                epochs = zip(*each["history"].values(), strict=True)
                writer.writerows([title, seed, *values] for values in epochs)
    with replacing(folder / "curves" / f"{name}.png") as path:
        if table.drawn_by:
            values = [getattr(each, table.drawn_by) for each in rows.values()]
            curves.draw_by(path, table.drawn_by, values, runs)
        else:
            curves.draw_epochs(path, runs)


def _name(changes: dict) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in changes.items()) or "as shared"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value)) or "none"
    return "all" if value is None else str(value)


def _summary(runs: list[dict]) -> dict:
    """Gather the shares of every test set, one a seed."""
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
