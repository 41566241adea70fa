"""Which depth approximates which function best: every function and depth, once a seed."""

from itertools import product
from pathlib import Path
from typing import Annotated, Literal

import numpy
from pydantic import Field, model_validator

from pipeline.checkpoints import computed_with
from pipeline.errors import PipelineError
from pipeline.experiments import approximation
from pipeline.experiments.approximation import (
    FUNCTIONS,
    Approximation,
    Recipe,
    parameter_count,
)
from pipeline.experiments.engine import run_all
from pipeline.files import replacing, write_json
from pipeline.params import Count, Params, Section, checked, load

GROUP = "approximation"


class Group(Section):
    """What is compared: every function of every number of arguments at every depth."""

    seeds: Annotated[int, Field(ge=2)]
    functions: Annotated[list[Literal[*FUNCTIONS]], Field(min_length=1)]
    arguments: Annotated[list[Count], Field(min_length=1)]
    depths: Annotated[list[Count], Field(min_length=2)]
    shared: Recipe

    @model_validator(mode="after")
    def _fits(self) -> "Group":
        needed = parameter_count(max(self.arguments), max(self.depths), 1)
        if self.shared.parameters < needed:
            raise ValueError(
                f"shared.parameters: found {self.shared.parameters}, expected at least {needed}"
                f" for {max(self.depths)} hidden layers and {max(self.arguments)} arguments"
            )
        return self


def read(study: Path) -> Group:
    """Read the group from the study's `params.yaml`; raises PipelineError if it isn't there."""
    path = study / "params.yaml"
    groups = load(path)
    if not isinstance(groups, dict) or GROUP not in groups:
        raise PipelineError(f"{path}: no group {GROUP} in it")
    return checked(Group, groups[GROUP], f"{path}: {GROUP}")


def run(params: Params, study: Path) -> None:
    """Train every network of the group and write the errors, and a drawing of them.

    `results/approximation.json`: by function, number of arguments and depth, the `width` of the
    layers, and one a seed the `learning_rates` that validation has chosen, and the `errors`.
    `curves/approximation.png`: the errors by depth.
    """
    group = read(study)
    cells = list(product(group.functions, group.arguments, group.depths))
    seeds = [params.seed + number for number in range(group.seeds)]
    jobs = [
        {"approximation": _approximation(group, *cell).model_dump(), "seed": seed}
        for cell in cells
        for seed in seeds
    ]
    circumstances = computed_with(approximation.__file__)
    done = iter(run_all(approximation.run, jobs, circumstances, f"{study.name}: {GROUP}"))
    results = {
        function: {f"{arguments}": {} for arguments in group.arguments}
        for function in group.functions
    }
    for function, arguments, depth in cells:
        runs = [next(done) for _ in seeds]
        results[function][f"{arguments}"][f"{depth}"] = {
            "width": runs[0]["width"],
            "learning_rates": [run["learning_rate"] for run in runs],
            "errors": [run["error"] for run in runs],
        }
    write_json(study / "results" / f"{GROUP}.json", results)
    with replacing(study / "curves" / f"{GROUP}.png") as path:
        draw(path, results)


def _approximation(group: Group, function: str, arguments: int, depth: int) -> Approximation:
    return Approximation(
        function=function, arguments=arguments, depth=depth, **group.shared.model_dump()
    )


def draw(path: Path, results: dict) -> None:
    """Draw a panel a function: the error by depth, a line for each number of arguments, as a PNG.

    `results` is as `run` writes it; every seed is a point, their mean a line.
    """
    # Matplotlib takes a second that reading the group does not need.
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.8 * len(results), 4.2), dpi=100, layout="constrained")
    panels = figure.subplots(1, len(results), sharey=True, squeeze=False)[0]
    for axis, (function, measured) in zip(panels, results.items(), strict=True):
        colours = colormaps["viridis"](numpy.linspace(0, 0.8, len(measured)))
        for colour, (arguments, by_depth) in zip(colours, measured.items(), strict=True):
            depths = [int(depth) for depth in by_depth]
            errors = numpy.array([cell["errors"] for cell in by_depth.values()])
            axis.plot(depths, errors, ".", color=colour, alpha=0.5)
            axis.plot(depths, errors.mean(axis=1), color=colour, label=f"{arguments} arguments")
        axis.set(title=function, xlabel="hidden layers", xticks=depths, yscale="log")
        axis.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("error / standard deviation of the targets")
    panels[-1].legend()
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
