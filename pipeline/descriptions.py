"""What parameters describe of the network library as plain data, checked before a stage runs."""

import inspect
from collections.abc import Mapping

from pipeline.faults import instead, shown
from pipeline.nn.checks import number
from pipeline.nn.initializers import zeros
from pipeline.nn.network import Network
from pipeline.nn.optimizers import OPTIMIZERS
from pipeline.nn.schedules import SCHEDULES


def network(description: dict) -> Network:
    """Build a network without weights; raises ValueError, also where a `flatten` was forgotten.

    The library flattens what a dense layer takes, but whoever reads the file cannot know that.
    """
    built = Network(description, None, zeros)
    flat, numbers = [len(built.input_shape) == 1], 0
    for layer, sources in zip(built.layers, built.sources, strict=True):
        if layer.type == "dense":
            numbers += 1
            if not flat[sources[0]]:
                found = f"no flatten before dense_{numbers}, which takes a picture"
                raise ValueError(f"found {found}; write {{type: flatten}} before it")
        ends = layer.type in ("dense", "flatten", "global_average_pooling")
        flat.append(ends or flat[sources[0]])
    return built


def _built(known: Mapping[str, type], description: dict) -> object:
    """Make what a description names by its `type`, with its other items for options.

    Raises ValueError that begins with the option that is wrong.
    """
    kind = description.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise ValueError(f"type: found {shown(kind)}, {instead(kind, known)}")
    parameters = inspect.signature(known[kind]).parameters
    options = {name: value for name, value in description.items() if name != "type"}
    for name in options:
        if name not in parameters or name == "schedule":
            others = [other for other in parameters if other != "schedule"]
            raise ValueError(f"{name}: unknown option of {kind}, {instead(name, others)}")
    for name, parameter in parameters.items():
        if name not in options and parameter.default is parameter.empty:
            raise ValueError(f"{name}: missing, {kind} needs one")
    if isinstance(options.get("then"), dict):
        try:
            options["then"] = _built(known, options["then"])
        except ValueError as error:
            raise ValueError(f"then.{error}") from None
    return known[kind](**options)


def checked_optimizer(description: dict) -> dict:
    """Return an optimizer's description; raises ValueError that begins with a wrong option."""
    options = dict(description)
    if options.get("type") == "sgd" and "l2_lambda" in options:
        number("l2_lambda", options.pop("l2_lambda"), 0)
        if "weight_decay" in options:
            raise ValueError("weight_decay: found beside l2_lambda, expected one of the two")
    _built(OPTIMIZERS, options)
    return description


def checked_schedule(description: dict) -> dict:
    """Return a schedule's description; raises ValueError that begins with a wrong option."""
    _built(SCHEDULES, description)
    return description
