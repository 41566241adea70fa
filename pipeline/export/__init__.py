"""The trained network in the formats that others read: the pack of `edge`, and ONNX."""

from collections.abc import Mapping
from pathlib import Path

import numpy
from safetensors.numpy import load_file

from pipeline.export.onnx_model import write_onnx
from pipeline.export.pack_file import describe, write_pack
from pipeline.params import Export

PRECISIONS = {"fp32": numpy.float32, "fp16": numpy.float16}


def stored_weights(folder: Path) -> dict[str, dict[str, numpy.ndarray]]:
    """Return the weights of the training in `folder` as stored, by precision and name.

    fp16 is post-training quantization: a storage type, computed in fp32.
    """
    trained = load_file(folder / "fp32.safetensors")
    return {
        precision: {name: array.astype(dtype) for name, array in trained.items()}
        for precision, dtype in PRECISIONS.items()
    }


def export(target: Path, folder: Path, accuracy: Mapping[str, float], versions: Export) -> None:
    """Write the training in `folder` as `<target>/<precision>/letters.{safetensors,onnx}`.

    `accuracy` is what both say of themselves: what has been measured, by test set.
    """
    description = describe(folder, accuracy)
    for precision, weights in stored_weights(folder).items():
        write_pack(target / precision / "letters.safetensors", description, weights)
        write_onnx(target / precision / "letters.onnx", description, weights, versions)
