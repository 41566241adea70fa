"""The optimizer that a recipe in `params.yaml` names."""

from pipeline.nn.optimizers import SGD, AdamW, Optimizer
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.schedules import Constant, OneCycle
from pipeline.params import Ink, Profile


def optimizer_of(recipe: Profile | Ink, count: int) -> Optimizer:
    """Return the recipe's optimizer with its schedule, for `count` training examples."""
    chosen, schedule = recipe.optimizer, recipe.schedule
    rates = OneCycle(rise=schedule.rise) if schedule.type == "one_cycle" else Constant()
    if chosen.type == "adamw":
        return AdamW(chosen.learning_rate, weight_decay=chosen.weight_decay, schedule=rates)
    # The source work's convention: its lambda is divided by the number of training letters.
    decay = weight_decay_of_lambda(chosen.l2_lambda, count)
    return SGD(chosen.learning_rate, weight_decay=decay, schedule=rates)
