"""A network in one file: safetensors, whose metadata is the network's description.

Of `nn`, this alone knows of files and needs more than NumPy.
"""

import json
from os import PathLike
from pathlib import Path

import numpy
from numpy import ndarray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save


def write(path: str | PathLike, description: dict, parameters: dict[str, ndarray]) -> None:
    """Write a network over any file at `path`, whole or not at all."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(save(parameters, {"network": json.dumps(description)}))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: str | PathLike) -> tuple[dict, dict[str, ndarray], numpy.dtype]:
    """Return the description, the parameters and their dtype of a file that `write` wrote.

    Raises ValueError on another file or a damaged one, FileNotFoundError if there is none.
    """
    try:
        with safe_open(path, "numpy") as file:
            description = json.loads((file.metadata() or {})["network"])
            parameters = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"found no network in the safetensors format ({error!r})") from None
    dtypes = {array.dtype.name for array in parameters.values()} or {"float32"}
    if not isinstance(description, dict) or dtypes not in ({"float32"}, {"float64"}):
        found = f"{type(description).__name__} and parameters of {sorted(dtypes)}"
        raise ValueError(f"found {found}, expected a dict and all of float32 or all of float64")
    return description, parameters, numpy.dtype(*dtypes)
