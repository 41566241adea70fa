"""Which depth approximates which function best: every function and depth, once a seed."""

from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.checkpoints import computed_with
from pipeline.errors import PipelineError
from pipeline.experiments import approximation
from pipeline.experiments.approximation import FUNCTIONS, Approximation, Recipe, parameter_count
from pipeline.experiments.engine import run_all
from pipeline.files import replacing, write_json
from pipeline.params import Count, Params, Section, checked, section

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
    group = section(Group, path, GROUP)
    return group, group.recipes(f"{path}: {GROUP}")


def run(params: Params, study: Path) -> None:
    """Train every network of the group and write the errors, and a drawing of them.

    `results/approximation.json`: by function, activation, number of arguments and depth, the
    `width` of the layers, and one a seed the `learning_rates` that validation has chosen, and the
    `errors`. `curves/approximation.png`: the errors by depth.
    """
    # Matplotlib takes a second that reading the group does not need.
    from pipeline.experiments import figures

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
        figures.draw_depths(path, results)
