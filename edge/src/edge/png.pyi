from typing import NamedTuple

__all__ = ["Image", "PngError", "decode"]

class PngError(ValueError): ...

class Image(NamedTuple):
    width: int
    height: int
    rgba: bytes

def decode(data: bytes, strict: bool = False) -> Image: ...
def encode_gray(width: int, height: int, gray: bytes) -> bytes: ...
