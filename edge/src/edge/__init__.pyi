from collections.abc import Sequence
from os import PathLike

import numpy
from numpy.typing import NDArray

from edge.classifier import Classifier, Prediction, load

__all__ = ["Classifier", "Prediction", "load", "teach"]
__version__: str

def teach(
    pictures: Sequence[str | PathLike[str] | bytes | NDArray[numpy.uint8]],
    letters: Sequence[str],
    base: Classifier | None = None,
) -> Classifier: ...
