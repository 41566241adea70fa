"""What decides a computed result besides its parameters and its data."""

import hashlib
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy

from edge import ink
from pipeline import data, nn, training

# A training runs through these rooms whole; of `edge` it uses the conversion to ink alone.
TRAINING = (data, nn, training, ink)


@cache
def computed_with(*modules: ModuleType) -> dict:
    """Return NumPy's version, its BLAS, and a digest of the code of `TRAINING` and `modules`.

    A package stands for all the modules in it.
    """
    code = hashlib.sha256()
    for module in (*TRAINING, *modules):
        path = Path(module.__file__)
        whole = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
        for file in whole:
            code.update(file.read_bytes())
    # The one that NumPy was built with: which others are loaded depends on what else is imported.
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "numpy": numpy.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "code": code.hexdigest()[:16],
    }
