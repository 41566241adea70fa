"""Store the weights as fp16 by post-training quantization; measure what that and int8 cost."""

import numpy
from safetensors.numpy import load_file, save, save_file

from edge import network
from pipeline.corpora import CORPORA
from pipeline.files import METRICS, MODELS, read_json, replacing, write_json
from pipeline.nn import metrics
from pipeline.params import Params
from pipeline.stages import split


def run(params: Params, method: str) -> None:
    """Quantize the weights trained on the split `method`, and read its test set at each precision.

    fp16 and int8 are storage types: the weights are rounded once and computed with in fp32. int8 is
    only measured: no pack has it.
    """
    folder = MODELS / method
    weights = {"fp32": load_file(folder / "fp32.safetensors")}
    half = {name: array.astype(numpy.float16) for name, array in weights["fp32"].items()}
    with replacing(folder / "fp16.safetensors") as path:
        save_file(half, path)
    weights["fp16"] = {name: array.astype(numpy.float32) for name, array in half.items()}
    stored, weights["int8"] = int8(weights["fp32"])

    description = read_json(folder / "network.json")
    accuracy = {
        CORPORA[name].kind: {
            precision: _accuracy(description, arrays, letters)
            for precision, arrays in weights.items()
        }
        for name, letters in split.read(method, "test").items()
    }
    error = max(
        float(abs(array - weights["fp16"][name]).max()) for name, array in weights["fp32"].items()
    )
    sizes = {
        precision: (folder / f"{precision}.safetensors").stat().st_size
        for precision in ("fp32", "fp16")
    } | {"int8": len(save(stored))}
    report = {"accuracy": accuracy, "bytes": sizes, "largest_error": error}
    write_json(METRICS / method / "quantize.json", report)
    for kind, shares in accuracy.items():
        shown = ", ".join(f"{precision} {share:.2%}" for precision, share in shares.items())
        print(f"{kind}, {method}: {shown}")
    shown = ", ".join(f"{precision} {size:,}" for precision, size in sizes.items())
    print(f"bytes: {shown}; largest error of a weight at fp16 {error:.2e}")


def int8(weights: dict) -> tuple[dict, dict]:
    """Round weights to int8, a scale for each output; give them as stored, and as fp32 again.

    Symmetric, per channel: Krishnamoorthi, Quantizing deep convolutional networks for efficient
    inference, 2018, section 2. Biases stay at fp16, as they are few.
    """
    stored, restored = {}, {}
    for name, array in weights.items():
        if name.endswith("/bias"):
            stored[name] = array.astype(numpy.float16)
            restored[name] = stored[name].astype(numpy.float32)
            continue
        largest = abs(array).max(axis=tuple(range(array.ndim - 1)))
        scale = numpy.maximum(largest, numpy.finfo(numpy.float32).tiny) / numpy.float32(127)
        stored[name] = numpy.rint(array / scale).astype(numpy.int8)
        stored[f"{name}/scale"] = scale
        restored[name] = stored[name] * scale
    return stored, restored


def _accuracy(description: dict, arrays: dict, letters: split.Letters) -> float:
    shares = network.Network(description, arrays).probabilities(letters.images)
    return metrics.accuracy(letters.labels, shares.argmax(axis=1))
