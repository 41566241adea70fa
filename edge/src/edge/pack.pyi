from os import PathLike
from typing import Any, NamedTuple

INK: str

class PackError(ValueError): ...

class Tensor(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    offset: int

class Pack(NamedTuple):
    description: dict[str, Any]
    tensors: dict[str, Tensor]
    data: bytes

def read(path: str | PathLike[str] | None = None) -> Pack: ...
def parse(data: bytes) -> Pack: ...
