"""Which depth approximates which function best: every function and depth, once a seed."""

from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.errors import PipelineError
from pipeline.files import replacing, write_json
from pipeline.params import Count, Params, Section, checked, section
from studies.engine import run_all
from studies.perceptron import approximation
from studies.perceptron.approximation import FUNCTIONS, Approximation, Hyperparameters

FOLDER = Path("studies/perceptron")
SECTION = "approximation"


class Grid(Section):
    """Every function of every number of arguments, at every depth and with every activation.

    The hyperparameters are those that all share and those that the activation adds.
    """

    seeds: Annotated[int, Field(ge=2)]
    functions: Annotated[list[Literal[*FUNCTIONS]], Field(min_length=1)]
    arguments: Annotated[list[Count], Field(min_length=1)]
    depths: Annotated[list[Count], Field(min_length=2)]
    shared: dict
    activations: Annotated[dict[str, dict], Field(min_length=1)]

    def hyperparameters(self, where: object) -> dict[str, Hyperparameters]:
        """Return them by activation; raises PipelineError, which names `where`, on bad ones."""
        document = {
            name: self.shared | {"activation": name} | changes
            for name, changes in self.activations.items()
        }
        made = checked(dict[str, Hyperparameters], document, where)
        needed = approximation.parameter_count(max(self.arguments), max(self.depths), 1)
        for name, chosen in made.items():
            if chosen.parameters < needed:
                raise PipelineError(
                    f"{where}: {name}.parameters: found {chosen.parameters}, expected at least"
                    f" {needed} for {max(self.depths)} hidden layers and {max(self.arguments)}"
                    " arguments"
                )
        return made


def read() -> tuple[Grid, dict[str, Hyperparameters]]:
    """Read the grid, and its hyperparameters by activation; raises PipelineError on a bad one."""
    path = FOLDER / "params.yaml"
    grid = section(Grid, path, SECTION)
    return grid, grid.hyperparameters(f"{path}: {SECTION}")


def run(params: Params) -> None:
    """Train every network of the grid and write the errors, and a drawing of them.

    `results/approximation.json`: by function, activation, number of arguments and depth, the
    `width` of the layers, and for every seed the `learning_rates` that validation has chosen and
    the `errors`. `curves/approximation.png`: the errors by depth.
    """
    # Matplotlib takes a second that reading the grid does not need.
    from pipeline.report.plots import curves

    grid, hyperparameters = read()
    cells = list(product(grid.functions, hyperparameters, grid.arguments, grid.depths))
    jobs = []
    for function, activation, arguments, depth in cells:
        chosen = {"function": function, "arguments": arguments, "depth": depth}
        whole = Approximation(**hyperparameters[activation].model_dump(), **chosen).model_dump()
        jobs += [{"approximation": whole, "seed": params.seed + seed} for seed in range(grid.seeds)]
    title = f"{FOLDER.name}: {SECTION}"
    done = iter(run_all(approximation.run, jobs, title, code=approximation.CODE))
    results = {}
    for function, activation, arguments, depth in cells:
        runs = [next(done) for _ in range(grid.seeds)]
        of_function = results.setdefault(function, {}).setdefault(activation, {})
        of_function.setdefault(f"{arguments}", {})[f"{depth}"] = {
            "width": runs[0]["width"],
            "learning_rates": [run["learning_rate"] for run in runs],
            "errors": [run["error"] for run in runs],
        }
    write_json(FOLDER / "results" / f"{SECTION}.json", results)
    with replacing(FOLDER / "curves" / f"{SECTION}.png") as path:
        curves.draw_depths(path, results)
