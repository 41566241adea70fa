"""Checks of options, whose errors say what was found and what was expected."""

import difflib
import inspect
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import numpy
from numpy import ndarray

Kind = TypeVar("Kind")


def is_number(value: object) -> bool:
    """Return whether `value` is a finite number and not a bool."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(name: str, value: object, least: float, below: float = math.inf) -> float:
    """Return `value`; raise ValueError unless it is a number, least <= value < below."""
    if not is_number(value) or not least <= value < below:
        kind = f"number from {least} to less than {below}"
        if below == math.inf:
            kind = f"finite number from {least} on"
        raise ValueError(f"{name}: found {value!r}, expected a {kind}")
    return value


def positive(name: str, value: object, below: float = math.inf) -> float:
    """Return `value`; raise ValueError unless it is a number, 0 < value < below."""
    if not is_number(value) or not 0 < value < below:
        kind = f"number above 0 and below {below}" if below < math.inf else "positive finite number"
        raise ValueError(f"{name}: found {value!r}, expected a {kind}")
    return value


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Return `value`; raise ValueError unless it is a whole number of at least `least`."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name}: found {value!r}, expected a whole number of at least {least}")
    return value


def meant(found: object, known: Collection[str]) -> str:
    """Ask whether the nearest of the `known` names was meant; nothing if none is near."""
    near = difflib.get_close_matches(str(found).lower(), known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def one_of(known: Collection[str]) -> str:
    """Say which names there are."""
    return f"expected one of {', '.join(sorted(known))}" if known else "expected none"


def named(name: str, value: object, known: Mapping[str, Kind]) -> Kind:
    """Return what is `known` by the name `value`; raise ValueError if nothing is."""
    if not isinstance(value, str) or value not in known:
        question = f", {meant(value, known)}" if meant(value, known) else ""
        raise ValueError(f"{name}: found {value!r}, {one_of(known)}{question}")
    return known[value]


def chosen(name: str, value: object, known: Mapping[str, Any], kind: type = Callable) -> Any:
    """Return `value`, or what is `known` by that name; of a class, an object with its defaults.

    Raises ValueError if it is not a `kind`.
    """
    found = named(name, value, known) if isinstance(value, str) else value
    if isinstance(found, type):
        found = found()
    if not isinstance(found, kind):
        noun = "a function" if kind is Callable else f"an {kind.__name__}"
        raise ValueError(f"{name}: found {value!r}, {one_of(known)}, or {noun}")
    return found


def as_array(name: str, values: object, dtype: numpy.dtype | None = None) -> ndarray:
    """Return an array as it is, and lists as one, of `dtype`; raise ValueError if they are none."""
    if isinstance(values, ndarray):
        return values
    try:
        return numpy.array(values, dtype, ndmin=1)
    except (TypeError, ValueError) as error:
        found, expected = type(values).__name__, "an array, or a list of examples of one shape"
        why = str(error).split(". ")[0]
        raise ValueError(f"{name}: found a {found}, expected {expected} ({why})") from None


def described(kind: type[Kind], name: str, description: object) -> Kind:
    """Make what a layer's option `name` describes, the arguments of `kind` by name.

    Raises ValueError on other arguments, or impossible ones.
    """
    known = inspect.signature(kind).parameters
    if not isinstance(description, Mapping) or not set(description) <= set(known):
        expected = ", ".join(f"{argument!r}: ..." for argument in known)
        raise ValueError(f"{name}: found {description!r}, expected {{{expected}}}")
    try:
        return kind(**description)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
