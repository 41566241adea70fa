"""Checkpoints: everything a training needs to go on as if it had never stopped."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

import numpy
from numpy import ndarray

from .network import Network
from .optimizers import Optimizer


class Checkpoint(NamedTuple):
    """The state of a training between two epochs, as arrays and plain data that JSON can hold.

    `arrays` are named `parameters/...`, `best/...` (those of the best epoch) and `optimizer/...`.
    `facts` has `recipe` (everything that decides the result, see `fit`), `history` (one list per
    epoch) and `generators` (the states of the random generators).
    """

    arrays: dict[str, ndarray]
    facts: dict


class CheckpointStore(Protocol):
    """Where a training keeps its last checkpoint."""

    def load(self) -> Checkpoint | None:
        """Return the checkpoint to go on from, or None to begin."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Store a checkpoint in place of the last; its arrays change with the next step."""


class ForeignCheckpoint(ValueError):  # noqa: N818 - says what it is
    """A checkpoint of another training."""


def check_recipe(found: Mapping, expected: Mapping) -> None:
    """Raise ForeignCheckpoint, naming every difference, unless both recipes are equal."""
    pairs = {name: (found.get(name), expected.get(name)) for name in sorted({*found, *expected})}
    differences = [
        f"{name} {was!r}, now {now!r}" for name, (was, now) in pairs.items() if was != now
    ]
    if differences:
        raise ForeignCheckpoint(f"made by another training: {'; '.join(differences)}")


def recipe_of(
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    data: Iterable[ndarray],
    functions: Mapping[str, object],
    **numbers: int | None,
) -> dict:
    """Return everything that decides the result of a training, as plain data."""
    recipe = {
        "network": network.description(),
        "optimizer": repr(optimizer),
        **{name: _name_of(function) for name, function in functions.items()},
        **numbers,
        "data": _digest(data),
        "initial state": _digest(
            [*network.parameters.values(), *optimizer.state.values()],
            *(generator.bit_generator.state for generator in (rng, *network.generators)),
        ),
    }
    # As it is read back from a file: with lists where a description may have tuples.
    return json.loads(json.dumps(recipe))


def snapshot(
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    best: Mapping[str, ndarray],
    history: Iterable[tuple],
    recipe: dict,
) -> Checkpoint:
    """Return a checkpoint of a training's state; its arrays are the live ones."""
    named = {"parameters": network.parameters, "best": best, "optimizer": optimizer.state}
    arrays = {
        f"{prefix}/{name}": array for prefix in named for name, array in named[prefix].items()
    }
    states = [generator.bit_generator.state for generator in (rng, *network.generators)]
    # Some generators have arrays in their state, and accept lists for them as well.
    states = json.loads(json.dumps(states, default=ndarray.tolist))
    facts = {"recipe": recipe, "history": list(map(list, history)), "generators": states}
    return Checkpoint(arrays, facts)


def restore(
    checkpoint: Checkpoint,
    network: Network,
    rng: numpy.random.Generator,
    optimizer: Optimizer,
    recipe: dict,
) -> tuple[list[list], dict[str, ndarray]]:
    """Set a training back to a checkpoint; return its history and its best parameters.

    Raises ForeignCheckpoint unless a training of the same recipe made it.
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


def _name_of(function: object) -> str:
    """Return the name of a function, with the arguments of a partial one, or a dataclass's repr."""
    if isinstance(function, partial):
        return f"{_name_of(function.func)}, {function.args}, {function.keywords}"
    return getattr(function, "__qualname__", None) or repr(function)


def _digest(arrays: Iterable[ndarray], *plain: object) -> str:
    """Return 16 digits of the SHA-256 of plain data and of arrays with their dtypes and shapes."""
    hashed = hashlib.sha256(repr(plain).encode())
    for array in arrays:
        hashed.update(f"{array.dtype.str}{array.shape}".encode())
        hashed.update(numpy.ascontiguousarray(array).data)
    return hashed.hexdigest()[:16]
