"""Checkpoints: all that a training needs to go on as if it had never stopped."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

import numpy

from .network import Network
from .optimizers import Optimizer


class Checkpoint(NamedTuple):
    """A training between two epochs, as arrays and plain data that JSON can hold.

    `arrays` are named `parameters/...`, `best/...` (those of the best epoch) and `optimizer/...`.
    `facts` has `recipe` (what the training is made of, see `fit`), `history` (one list an epoch)
    and `generators` (the states of the random generators).
    """

    arrays: dict[str, numpy.ndarray]
    facts: dict


class ForeignCheckpoint(ValueError):  # noqa: N818 - says what it is
    """A checkpoint of another training."""


def check_recipe(found: Mapping, expected: Mapping) -> None:
    """Raise ForeignCheckpoint, with all that differs, unless both are the same."""
    names = sorted(
        name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
    )
    if names:
        differences = (f"{name} {found.get(name)!r}, now {expected.get(name)!r}" for name in names)
        raise ForeignCheckpoint(f"made by another training: {'; '.join(differences)}")


def recipe_of(
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    data: Iterable[numpy.ndarray],
    **options: object,
) -> dict:
    """Put into plain data all that decides what a training comes to."""
    recipe = {
        "network": network.description(),
        "optimizer": repr(optimizer),
        **options,
        "data": _digest(data),
        "initial state": _digest(
            [*network.parameters.values(), *optimizer.state.values()],
            *(generator.bit_generator.state for generator in (rng, *network.generators)),
        ),
    }
    # As it comes back from a file: lists, where a description may have tuples.
    return json.loads(json.dumps(recipe))


def snapshot(
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    best: Mapping[str, numpy.ndarray],
    history: Iterable[tuple],
    recipe: dict,
) -> Checkpoint:
    """Put a training's state into a checkpoint, whose arrays are the live ones."""
    named = {"parameters": network.parameters, "best": best, "optimizer": optimizer.state}
    arrays = {
        f"{prefix}/{name}": array for prefix in named for name, array in named[prefix].items()
    }
    states = [generator.bit_generator.state for generator in (rng, *network.generators)]
    # Some generators keep arrays in their state; they take lists back as well.
    states = json.loads(json.dumps(states, default=numpy.ndarray.tolist))
    facts = {"recipe": recipe, "history": list(map(list, history)), "generators": states}
    return Checkpoint(arrays, facts)


def restore(
    checkpoint: Checkpoint,
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    recipe: dict,
) -> tuple[list[list], dict[str, numpy.ndarray]]:
    """Bring a training back to a checkpoint; return its history and its best parameters.

    Raises ForeignCheckpoint unless it was made by a training of the same recipe.
    """
    check_recipe(checkpoint.facts["recipe"], recipe)
    named = {"parameters": {}, "best": {}, "optimizer": {}}
    for path, array in checkpoint.arrays.items():
        prefix, name = path.split("/", 1)
        named[prefix][name] = array.copy()
    network.set_parameters(named["parameters"])
    optimizer.state = named["optimizer"]
    generators = (rng, *network.generators)
    for generator, state in zip(generators, checkpoint.facts["generators"], strict=True):
        generator.bit_generator.state = state
    return checkpoint.facts["history"], named["best"]


def name_of(function: object) -> str:
    """Name a function for a recipe, or say all that a dataclass or a partial one holds."""
    if isinstance(function, partial):
        return f"{name_of(function.func)}, {function.args}, {function.keywords}"
    return getattr(function, "__qualname__", None) or repr(function)


def _digest(arrays: Iterable[numpy.ndarray], *plain: object) -> str:
    """Compute the SHA-256 of arrays, dtypes and shapes too, and plain data: 16 digits of it."""
    hashed = hashlib.sha256(repr(plain).encode())
    for array in arrays:
        hashed.update(f"{array.dtype.str}{array.shape}".encode())
        hashed.update(numpy.ascontiguousarray(array).data)
    return hashed.hexdigest()[:16]
