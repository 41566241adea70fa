"""The optimizer that a recipe in `params.yaml` names."""

from pipeline.nn.optimizers import OPTIMIZERS, Optimizer
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.schedules import SCHEDULES, Schedule
from pipeline.params import Ink, Profile


def optimizer_of(recipe: Profile | Ink, count: int) -> Optimizer:
    """Return the recipe's optimizer with its schedule, for `count` training examples."""
    options = dict(recipe.optimizer)
    if "l2_lambda" in options:
        # The source work's convention: its lambda is divided by the number of training letters.
        options["weight_decay"] = weight_decay_of_lambda(options.pop("l2_lambda"), count)
    return OPTIMIZERS[options.pop("type")](**options, schedule=_schedule_of(recipe.schedule))


def _schedule_of(description: dict) -> Schedule:
    options = dict(description)
    if isinstance(options.get("then"), dict):
        options["then"] = _schedule_of(options["then"])
    return SCHEDULES[options.pop("type")](**options)
