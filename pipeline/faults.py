"""Faults in a file of parameters, a line each: where, what was found, what is expected."""

import difflib
import re
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

# A longer line is cut: what it begins with says where. `pipeline: ` comes before it.
LONGEST = 189
LONGEST_VALUE = 40

# By pydantic's name of a fault, what it expects.
EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a group of parameters",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "int_type": "a whole number",
    "invalid_key": "a text for its name",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a group of parameters",
    "string_type": "a text",
    "too_long": "at most {max_length}",
    "too_short": "at least {min_length}",
}


def lines(kind: Any, document: object, problems: list[dict], where: object) -> list[str]:
    """Say what pydantic finds wrong with plain data that should be a `kind`, a line each.

    Of a key that is unknown and the missing one that is meant, the first is enough; so it is of a
    number that YAML takes for text. Keys that one group lacks are said together.
    """
    texts = dict(_numbers_as_text(document))
    found = [((), place, said) for place, said in texts.items()]
    unknown = {}
    for problem in problems:
        location = tuple(part for part in problem["loc"] if part != "[key]")
        place = _name(document, location)
        if any(f"{text}.".startswith(f"{place}." if place else "") for text in texts):
            continue
        if problem["type"] == "extra_forbidden":
            known = _keys(kind, location[:-1])
            meant = nearest(location[-1], known)
            unknown[location[:-1], meant] = place
            found.append((location, place, f"unknown, {instead(location[-1], known)}"))
        else:
            found.append((location, place, _said(problem)))
    missing = {}
    for location, _, what in found:
        if what == "missing" and (location[:-1], location[-1]) not in unknown:
            missing.setdefault(location[:-1], []).append(str(location[-1]))
    said = [(place, what) for _, place, what in found if what != "missing"]
    for group, names in missing.items():
        place = _name(document, group)
        alone = f"{place}.{names[0]}" if place else names[0]
        said.append(
            (place, f"missing {', '.join(names)}") if len(names) > 1 else (alone, "missing")
        )
    return [_cut(f"{where}: {_joined(place, what)}") for place, what in said]


def shown(value: object) -> str:
    """Return a value as YAML has it, cut."""
    plain = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return plain[value]
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def nearest(name: object, known: Collection[str]) -> str | None:
    """Return the known name that is most like another one, if any is like it."""
    return next(iter(difflib.get_close_matches(str(name).lower(), known, 1)), None)


def instead(name: object, known: Collection[str]) -> str:
    """Say what may stand in the place of a name that is not known."""
    if meant := nearest(name, known):
        return f"did you mean `{meant}`?"
    return f"expected one of {', '.join(known)}" if known else "expected nothing"


def _said(problem: dict) -> str:
    if problem["type"] == "missing":
        return "missing"
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return str(context["error"])
    expected = problem["msg"].removeprefix("Input should be ")
    if problem["type"] in EXPECTED:
        expected = EXPECTED[problem["type"]].format(**context)
    # Of few names all are said.
    many = problem["type"] == "literal_error" and len(expected) > LONGEST_VALUE
    if many and (meant := nearest(problem["input"], re.findall(r"'([^']*)'", expected))):
        return f"found {shown(problem['input'])}, did you mean `{meant}`?"
    return f"found {shown(problem['input'])}, expected {expected}"


def _joined(place: str, said: str) -> str:
    """Join a place with what is said there, which may begin with the name of a key below it."""
    deeper = re.match(r"[a-z]\w*(\.[a-z]\w*)*: ", said)
    return f"{place}{'.' if deeper else ': '}{said}" if place else said


def _cut(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _name(document: object, location: tuple) -> str:
    """Name a parameter as `dvc exp run -S` does, without the tag of a discriminated union."""
    names = []
    for number, part in enumerate(location, 1):
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            if number < len(location):
                continue
        names.append(str(part))
    return ".".join(names)


def _keys(kind: Any, location: tuple) -> list[str]:
    """Return the keys that a group at a location within a `kind` may have; none if it is no group.

    `kind` is what pydantic checks: a model, or a container or union of some.
    """
    kinds = [kind]
    for part in location:
        kinds = [inner for each in kinds for inner in _within(each, part)]
    return [key for each in kinds for model in _models(each) for key in model.model_fields]


def _within(kind: Any, part: object) -> Iterator[Any]:
    """Yield what may stand at a key, or a number, of a kind."""
    if hasattr(kind, "model_fields"):
        if part in kind.model_fields:
            yield kind.model_fields[part].annotation
    elif get_origin(kind) in (Annotated, Union, types.UnionType):
        for each in get_args(kind):
            yield from _within(each, part)
    elif get_args(kind):
        # Of a mapping the values, of a list its items.
        yield get_args(kind)[-1]


def _models(kind: Any) -> Iterator[Any]:
    if hasattr(kind, "model_fields"):
        yield kind
    elif get_origin(kind) in (Annotated, Union, types.UnionType):
        for each in get_args(kind):
            yield from _models(each)


def _numbers_as_text(document: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the places of texts that were meant for numbers, `1e-3` and `0,5`, and what is said."""
    if isinstance(document, str):
        if power := re.fullmatch(r"([-+]?\d+)(\.\d*)?[eE]([-+]?)(\d+)", document):
            whole, digits, sign, exponent = power.groups()
            digits = digits if digits and len(digits) > 1 else ".0"
            number = f"{whole}{digits}e{sign or '+'}{exponent}"
        elif re.fullmatch(r"[-+]?\d+,\d+", document):
            number = document.replace(",", ".")
        else:
            return
        yield place, f"found {document}, which is text to YAML; write {number}"
    elif isinstance(document, Mapping | list):
        items = document.items() if isinstance(document, Mapping) else enumerate(document)
        for key, value in items:
            yield from _numbers_as_text(value, f"{place}.{key}" if place else str(key))
