"""Which depth approximates which function best: every function and depth, once a seed."""

from itertools import product
from pathlib import Path
from typing import Annotated, Literal

import numpy
from pydantic import Field

from pipeline.checkpoints import computed_with
from pipeline.errors import PipelineError
from pipeline.experiments import approximation
from pipeline.experiments.approximation import FUNCTIONS, Approximation, Recipe, parameter_count
from pipeline.experiments.engine import run_all
from pipeline.files import replacing, write_json
from pipeline.params import Count, Params, Section, checked, load

GROUP = "approximation"


class Group(Section):
    """What is compared: every function of every number of arguments at every depth.

    And that after every activation; a recipe is what all share and what the activation adds.
    """

    seeds: Annotated[int, Field(ge=2)]
    functions: Annotated[list[Literal[*FUNCTIONS]], Field(min_length=1)]
    arguments: Annotated[list[Count], Field(min_length=1)]
    depths: Annotated[list[Count], Field(min_length=2)]
    shared: dict
    activations: Annotated[dict[str, dict], Field(min_length=1)]

    def recipes(self, where: object) -> dict[str, Recipe]:
        """Give the recipe by activation; raises PipelineError on what cannot be."""
        document = {
            name: self.shared | {"activation": name} | changes
            for name, changes in self.activations.items()
        }
        recipes = checked(dict[str, Recipe], document, where)
        needed = parameter_count(max(self.arguments), max(self.depths), 1)
        for name, recipe in recipes.items():
            if recipe.parameters < needed:
                raise PipelineError(
                    f"{where}: {name}.parameters: found {recipe.parameters}, expected at least"
                    f" {needed} for {max(self.depths)} hidden layers and {max(self.arguments)}"
                    " arguments"
                )
        return recipes


def read(study: Path) -> tuple[Group, dict[str, Recipe]]:
    """Read the group and its recipes from `params.yaml`; raises PipelineError on what cannot be."""
    path = study / "params.yaml"
    groups = load(path)
    if not isinstance(groups, dict) or GROUP not in groups:
        raise PipelineError(f"{path}: no group {GROUP} in it")
    where = f"{path}: {GROUP}"
    group = checked(Group, groups[GROUP], where)
    return group, group.recipes(where)


def run(params: Params, study: Path) -> None:
    """Train every network of the group and write the errors, and a drawing of them.

    `results/approximation.json`: by function, activation, number of arguments and depth, the
    `width` of the layers, and one a seed the `learning_rates` that validation has chosen, and the
    `errors`. `curves/approximation.png`: the errors by depth.
    """
    group, recipes = read(study)
    cells = list(product(group.functions, recipes, group.arguments, group.depths))
    jobs = [
        {
            "approximation": Approximation(
                function=function,
                arguments=arguments,
                depth=depth,
                **recipes[activation].model_dump(),
            ).model_dump(),
            "seed": params.seed + seed,
        }
        for function, activation, arguments, depth in cells
        for seed in range(group.seeds)
    ]
    circumstances = computed_with(approximation.__file__)
    done = iter(run_all(approximation.run, jobs, circumstances, f"{study.name}: {GROUP}"))
    results = {}
    for function, activation, arguments, depth in cells:
        runs = [next(done) for _ in range(group.seeds)]
        of_function = results.setdefault(function, {}).setdefault(activation, {})
        of_function.setdefault(f"{arguments}", {})[f"{depth}"] = {
            "width": runs[0]["width"],
            "learning_rates": [run["learning_rate"] for run in runs],
            "errors": [run["error"] for run in runs],
        }
    write_json(study / "results" / f"{GROUP}.json", results)
    with replacing(study / "curves" / f"{GROUP}.png") as path:
        draw(path, results)


def draw(path: Path, results: dict) -> None:
    """Draw the error by depth, a line for each number of arguments, as a PNG.

    `results` is as `run` writes it: a function has a column of panels, an activation a row. Every
    seed is a point, their mean a line.
    """
    # Matplotlib takes a second that reading the group does not need.
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    activations = list(next(iter(results.values())))
    size = (3.8 * len(results), 3.4 * len(activations))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    grid = figure.subplots(len(activations), len(results), sharex=True, sharey=True, squeeze=False)
    for column, (function, of_function) in zip(grid.T, results.items(), strict=True):
        for axis, (activation, measured) in zip(column, of_function.items(), strict=True):
            colours = colormaps["viridis"](numpy.linspace(0, 0.8, len(measured)))
            for colour, (arguments, by_depth) in zip(colours, measured.items(), strict=True):
                depths = [int(depth) for depth in by_depth]
                errors = numpy.array([cell["errors"] for cell in by_depth.values()])
                axis.plot(depths, errors, ".", color=colour, alpha=0.5)
                axis.plot(depths, errors.mean(axis=1), color=colour, label=f"{arguments} arguments")
            axis.set(title=f"{function}, {activation}", xticks=depths, yscale="log")
            axis.grid(alpha=0.3, which="both")
    figure.supxlabel("hidden layers")
    figure.supylabel("error / standard deviation of the targets")
    grid[0, -1].legend()
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
