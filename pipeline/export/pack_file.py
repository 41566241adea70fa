"""The pack that `edge` reads: a safetensors file that describes itself."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy
from safetensors.numpy import save

from edge import pack as packs
from edge.picture import SIZE
from edge.preparation import EXTENT
from pipeline.files import INK, read_json, replacing

PURPOSE = "names the handwritten letter, one of its alphabet, in a picture of one letter"
LIMITS = "not for words, documents, other alphabets or telling who wrote; see MODEL_CARD.md"
LICENSE = "MIT; the terms of the corpora that it has learned from are in data/README.md"


def describe(folder: Path, accuracy: Mapping[str, float]) -> dict:
    """Return the pack's JSON document, without its digest, for the training in `folder`.

    `accuracy` is what has been measured, by test set.
    """
    training = read_json(folder / "training.json")
    return {
        "format": packs.FORMAT,
        "purpose": PURPOSE,
        "limits": LIMITS,
        "license": LICENSE,
        "profile": training.pop("profile"),
        "letters": _written(training.pop("alphabet")),
        "network": read_json(folder / "network.json"),
        "preparation": {"size": SIZE, "extent": EXTENT, "ink": "1 - pixel / 255"},
        "unsure_below": training.pop("unsure_below"),
        "ink": {"network": read_json(INK / "network.json"), **read_json(INK / "training.json")},
        "training": training,
        "accuracy": dict(accuracy),
    }


def _written(alphabet: list[str]) -> str | list[str]:
    """Return an alphabet as a pack has it: a word, or a list if a letter takes several signs."""
    return "".join(alphabet) if all(len(letter) == 1 for letter in alphabet) else alphabet


def write_pack(path: Path, description: Mapping, weights: Mapping[str, numpy.ndarray]) -> dict:
    """Write a pack; return its description, with the SHA-256 of the tensors' bytes.

    Raises PackError if `edge` could not read it.
    """
    # The order of the tensors is the library's: the digest is taken of what it makes.
    data = save(weights)
    tensors = data[8 + int.from_bytes(data[:8], "little") :]
    document = {**description, "sha256": hashlib.sha256(tensors).hexdigest()}
    data = save(weights, {"pack": json.dumps(document, ensure_ascii=False)})
    packs.parse(data)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return document
