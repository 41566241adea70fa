"""Checks of options, whose errors say what was found and what was expected."""

import inspect
import math
from collections.abc import Mapping
from typing import TypeVar

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


def described(kind: type[Kind], name: str, description: Mapping | None) -> Kind | None:
    """Make what a layer's option `name` describes, the arguments of `kind` by name, or None.

    Raises ValueError on other arguments, or impossible ones.
    """
    if description is None:
        return None
    known = inspect.signature(kind).parameters
    if not isinstance(description, Mapping) or not set(description) <= set(known):
        expected = ", ".join(f"{argument!r}: ..." for argument in known)
        raise ValueError(f"{name}: found {description!r}, expected {{{expected}}}")
    try:
        return kind(**description)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
