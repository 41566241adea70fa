"""A network's description, plain data, checked and made layers of."""

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .activations import ACTIVATIONS
from .checks import meant, named, one_of
from .dense import Weighted
from .layer import Layer, Shape
from .layers import LAYERS

INPUT = "input"  # what the network's own inputs are called
GRAPH = ("type", "name", "inputs")  # what a description says of every layer


class Described(NamedTuple):
    """A description's input shape, and its layers, each by four things.

    `descriptions` are plain data, in which an `activation` is a layer of its own; `layers` are not
    built yet; `sources` says what each takes: 0 is the network's inputs, n the n-th layer's
    outputs; `places` is where it stands in the description, for errors.
    """

    input_shape: Shape
    descriptions: list[dict]
    layers: list[Layer]
    sources: list[tuple[int, ...]]
    places: list[str]


def parsed(description: Mapping) -> Described:
    """Check a network's description, and make its layers; raises ValueError on any other."""
    shape, layers = description.get("input_shape"), description.get("layers")
    sizes = shape if isinstance(shape, (list, tuple)) else ()
    if not sizes or not all(type(size) is int and size >= 1 for size in sizes):
        expected = "a list of whole numbers of at least 1"
        raise ValueError(f"input_shape: found {shape!r}, expected {expected}")
    if not isinstance(layers, (list, tuple)) or not layers:
        raise ValueError(f"layers: found {layers!r}, expected a list of at least one layer")
    descriptions, made, places = [], [], []
    for number, layer in enumerate(layers, 1):
        for each in _apart(number, layer):
            descriptions.append(copy.deepcopy(each))
            made.append(_layer(number, each))
            places.append(f"layer {number} ({each['type']})")
    sources = _sources(descriptions, made, places)
    for layer, taken, place in zip(made, sources, places, strict=True):
        if 0 in taken and layer.of_pictures and _has_channels_last(shape):
            expected = f"channels first, [{shape[2]}, {shape[0]}, {shape[1]}]"
            raise ValueError(f"input_shape: found {list(shape)} for {place}, expected {expected}")
    return Described(tuple(shape), descriptions, made, sources, places)


def _has_channels_last(shape: Sequence[int]) -> bool:
    """Return whether a shape is that of square pictures, gray or in colours, as Keras has them."""
    return len(shape) == 3 and shape[0] == shape[1] > 4 and shape[2] in (1, 3, 4)


def _apart(number: int, description: Mapping) -> Iterator[dict]:
    """Yield what is described: a layer, and what its `activation` is short for.

    The name is then that of the activation, whose outputs others take.
    """
    if not isinstance(description, Mapping):
        raise ValueError(f"layer {number}: expected {{'type': ...}}, found {description!r}")
    layer, kind = dict(description), description.get("type")
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(
            f"layer {number}: found type {kind!r}, {meant(kind, LAYERS) or one_of(LAYERS)}"
        )
    activation = layer.pop("activation", None) if issubclass(LAYERS[kind], Weighted) else None
    if activation is None:
        yield layer
        return
    options = dict(activation) if isinstance(activation, Mapping) else {"type": activation}
    known = {each.type: each for each in ACTIVATIONS}
    named(f"layer {number} ({kind}): activation", options.get("type"), known)
    if "name" in layer:
        options["name"] = layer.pop("name")
    yield layer
    yield options


def _layer(number: int, description: Mapping) -> Layer:
    kind = description["type"]
    options = {name: value for name, value in description.items() if name not in GRAPH}
    known = inspect.signature(LAYERS[kind]).parameters
    needed = [name for name, option in known.items() if option.default is option.empty]
    place = f"layer {number} ({kind})"
    offered = [*known, "activation"] if issubclass(LAYERS[kind], Weighted) else [*known]
    for name in options:
        if name not in known:
            raise ValueError(
                f"{place}: found option {name!r}, {meant(name, offered) or one_of(offered)}"
            )
    if missing := [name for name in needed if name not in options]:
        raise ValueError(f"{place}: found no option {missing[0]!r}, expected one")
    try:
        return LAYERS[kind](**options)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _sources(
    descriptions: Sequence[Mapping], layers: Sequence[Layer], places: Sequence[str]
) -> list[tuple[int, ...]]:
    """Return for each layer the numbers of those that it takes, 0 for the network's inputs.

    Raises ValueError on a name that is not that of one earlier layer, or outputs without a taker.
    """
    names, sources = {INPUT: 0}, []
    described = zip(descriptions, layers, places, strict=True)
    for number, (description, layer, place) in enumerate(described, 1):
        found = description.get("inputs")
        taken = [found] if isinstance(found, str) else found
        if found is None and not layer.several:
            sources.append((number - 1,))
        elif not isinstance(taken, (list, tuple)) or not all(
            isinstance(name, str) and name in names for name in taken
        ):
            expected = f"names of earlier layers, of {sorted(names)}"
            raise ValueError(f"{place}: inputs: found {found!r}, expected {expected}")
        elif len(taken) < 2 if layer.several else len(taken) != 1:
            expected = "at least two" if layer.several else "one"
            raise ValueError(f"{place}: inputs: found {found!r}, expected {expected}")
        else:
            sources.append(tuple(names[name] for name in taken))
        if "name" in description:
            name = description["name"]
            if not isinstance(name, str) or not name or name in names:
                expected = f"a string that is not one of {sorted(names)}"
                raise ValueError(f"{place}: name: found {name!r}, expected {expected}")
            names[name] = number
    unused = set(range(1, len(layers))) - {source for taken in sources for source in taken}
    if unused:
        raise ValueError(
            f"{places[min(unused) - 1]}: found no layer that takes its outputs,"
            " expected one for each but the last"
        )
    return sources
