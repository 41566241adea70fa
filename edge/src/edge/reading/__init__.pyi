from typing import Any, NamedTuple

class Letter(NamedTuple):
    letter: str | None
    probability: float | None
    top: list[tuple[str, float]]
    box: tuple[int, int, int, int]

class Line(NamedTuple):
    text: str
    letters: list[Letter]
    lattice: Any
    way: Any

class Row(NamedTuple):
    candidates: Any
    inks: Any
    boxes: Any
    spaces: Any
    empty: Any
    views: Any

class Text(NamedTuple):
    lines: list[Line]
