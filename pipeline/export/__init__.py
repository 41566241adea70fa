"""The trained network in the formats that others read: the pack of `edge`, and ONNX."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy
from safetensors.numpy import load_file

import edge
from edge import pack as packs
from edge.picture import SIZE
from pipeline.errors import PipelineError
from pipeline.export.onnx_model import write_onnx
from pipeline.export.pack_file import describe, write_pack
from pipeline.files import INK, read_json
from pipeline.params import Export

PRECISIONS = {"fp32": numpy.float32, "fp16": numpy.float16}


def stored_weights(folder: Path) -> dict[str, dict[str, numpy.ndarray]]:
    """Return the weights of the training in `folder`, and of the ink network, as stored.

    By precision and name; fp16 is post-training quantization: a storage type, computed in fp32.
    """
    trained = load_file(folder / "fp32.safetensors")
    ink = load_file(INK / "fp32.safetensors")
    # As precise as bfloat16: a wheel, which is a ZIP, packs it into a seventh fewer bytes.
    trained |= {packs.INK + name: _rounded(array) for name, array in ink.items()}
    return {
        precision: {name: array.astype(dtype) for name, array in trained.items()}
        for precision, dtype in PRECISIONS.items()
    }


def export(
    target: Path,
    folder: Path,
    accuracy: Mapping[str, float],
    versions: Export,
    language: Path | None = None,
) -> None:
    """Write the training in `folder` as `<target>/<precision>/letters.{safetensors,onnx}`.

    `accuracy` is what both say of themselves: what has been measured, by test set. Beside them,
    `<target>/fp32/letters.float.onnx` takes ink, for runtimes that take no integers and no fp16.
    What the folder `language` expects of words goes into the packs, if it has the same letters;
    raises PipelineError if it is not there.
    """
    description = describe(folder, accuracy)
    expected, costs = _language(language, description["letters"]) if language else ({}, {})
    for precision, weights in stored_weights(folder).items():
        path = target / precision / "letters.safetensors"
        described = write_pack(path, {**description, **expected}, {**weights, **costs})
        # The ONNX models name letters alone.
        described.pop("language", None)
        write_onnx(path.with_suffix(".onnx"), described, weights, versions)
        if precision == "fp32":
            write_onnx(path.with_suffix(".float.onnx"), described, weights, versions, "ink")


def _language(folder: Path, letters: str | list[str]) -> tuple[dict, dict]:
    """Return what a pack of these letters describes of a language, and its tensor, if any."""
    if not folder.exists():
        raise PipelineError(f"{folder}: not found; run the stage `language` first")
    if not any(folder.iterdir()):
        return {}, {}
    document = read_json(folder / "language.json")
    if document.pop("letters") != letters:
        return {}, {}
    return {"language": document}, {packs.LANGUAGE: numpy.load(folder / "costs.npy")}


def refusal(folder: Path) -> str | None:
    """Return why `edge` cannot read letters with the training in `folder`; None if it can.

    It names the profile and the layer, the n-th of its type.
    """
    description, paper = describe(folder, {}), numpy.full((1, SIZE, SIZE), 255, numpy.uint8)
    with tempfile.TemporaryDirectory() as target:
        try:
            for precision, weights in stored_weights(folder).items():
                path = Path(target) / precision
                write_pack(path, description, weights)
                edge.load(path, "numpy").predict(paper)
        except packs.PackError as error:
            profile = read_json(folder / "training.json")["profile"]
            return f"profiles.{profile}.network: {error}"
    return None


def _rounded(array: numpy.ndarray) -> numpy.ndarray:
    """Return numbers rounded to eight significant bits."""
    mantissas, exponents = numpy.frexp(array)
    return numpy.ldexp(numpy.rint(mantissas * 256) / 256, exponents)
