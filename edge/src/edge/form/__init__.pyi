from collections.abc import Sequence
from os import PathLike

import numpy
from numpy.typing import NDArray

_Pixels = NDArray[numpy.uint8]

def cut(
    picture: str | PathLike[str] | bytes | _Pixels, letters: Sequence[str]
) -> list[tuple[str, _Pixels]]: ...
def contact_sheet(taken: Sequence[tuple[str, _Pixels | None]]) -> bytes: ...
