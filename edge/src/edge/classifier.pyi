from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple

import numpy
from numpy.typing import NDArray

from edge.pack import Pack
from edge.reading import Text

_Backend = Literal["auto", "numpy", "pure"]
_Picture = str | PathLike[str] | bytes | NDArray[numpy.uint8]

class Letter(NamedTuple):
    views: list[bytes]
    letters: int = 1
    alone: float = 0

class _Answer(NamedTuple):
    letter: str
    probability: float
    top: list[tuple[str, float]]

class Prediction(_Answer):
    sure: bool
    letters: int

class Classifier:
    description: dict[str, Any]
    letters: Sequence[str]
    backend: _Backend
    pack: Pack
    def __init__(self, pack: Pack, backend: _Backend = "auto", threads: int = 1) -> None: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def classify(self, picture: _Picture) -> Prediction: ...
    def letters_in(self, picture: _Picture) -> list[Letter]: ...
    def classify_prepared(self, letters: Sequence[Letter]) -> list[Prediction]: ...
    def read_text(
        self, picture: _Picture, language: bool = True, boxes: bool | None = None
    ) -> Text: ...
    def predict(self, images: NDArray[numpy.uint8]) -> NDArray[numpy.float32]: ...

def load(
    path: str | PathLike[str] | None = None, backend: _Backend = "auto", threads: int = 1
) -> Classifier: ...
def prepare(picture: _Picture) -> bytes: ...
