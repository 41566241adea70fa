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

PRECISIONS = "fp32", "fp16"

# A step between two weights is about this share of the deviation of those that lead to one output.
# It costs 0.03 points of the test letters, the mean of all kinds and both splits; 0.3 costs 0.08.
STEP = 0.22


def stored_weights(folder: Path) -> dict[str, dict[str, numpy.ndarray]]:
    """Return the weights of the training in `folder`, and of the ink network, as stored.

    By precision and name; fp16 is post-training quantization: a storage type, computed in fp32,
    for weights on a grid.
    """
    trained = load_file(folder / "fp32.safetensors")
    ink = load_file(INK / "fp32.safetensors")
    trained |= {packs.INK + name: array for name, array in ink.items()}
    rounded = {name: on_grid(array).astype(numpy.float16) for name, array in trained.items()}
    return dict(zip(PRECISIONS, (trained, rounded), strict=True))


def on_grid(array: numpy.ndarray) -> numpy.ndarray:
    """Return weights, float32 `(..., outputs)`, rounded to even steps for each output.

    As int8 has them (Krishnamoorthi, Quantizing deep convolutional networks for efficient
    inference, 2018, section 2), but each step is a power of two, so that fp16 has them exactly,
    most of its bits are zero, and a wheel, which is a ZIP, packs them into less than half. What
    rounding adds to a weight is taken from the next one of the same output (Floyd and Steinberg,
    An adaptive algorithm for spatial greyscale, 1976): neighbouring inputs are much alike, and
    what they have in common is kept. What is no matrix stays as it is.
    """
    if array.ndim < 2:
        return array
    deviation = array.std(axis=tuple(range(array.ndim - 1)))
    smallest = numpy.finfo(numpy.float16).smallest_subnormal
    step = numpy.exp2(numpy.rint(numpy.log2(numpy.maximum(STEP * deviation, smallest))))
    sums = numpy.cumsum((array / step).reshape(-1, len(step)), axis=0, dtype=numpy.float64)
    steps = numpy.diff(numpy.rint(sums), axis=0, prepend=0)
    return (steps.reshape(array.shape) * step).astype(numpy.float32)


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
