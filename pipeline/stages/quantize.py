"""Store the weights as fp16 by post-training quantization, and measure what that costs."""

import numpy
from safetensors.numpy import load_file, save_file

from edge import network
from pipeline.corpora import CORPORA
from pipeline.files import METRICS, MODELS, read_json, replacing, write_json
from pipeline.nn import metrics
from pipeline.params import Params
from pipeline.stages import split


def run(params: Params, method: str) -> None:
    """Quantize the weights trained on the split `method`, and read its test set at both precisions.

    fp16 is a storage type: the weights are rounded once and computed with in fp32.
    """
    folder = MODELS / method
    weights = {"fp32": load_file(folder / "fp32.safetensors")}
    half = {name: array.astype(numpy.float16) for name, array in weights["fp32"].items()}
    with replacing(folder / "fp16.safetensors") as path:
        save_file(half, path)
    weights["fp16"] = {name: array.astype(numpy.float32) for name, array in half.items()}

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
        precision: (folder / f"{precision}.safetensors").stat().st_size for precision in weights
    }
    report = {"accuracy": accuracy, "bytes": sizes, "largest_error": error}
    write_json(METRICS / method / "quantize.json", report)
    for kind, shares in accuracy.items():
        print(f"{kind}, {method}: fp32 {shares['fp32']:.2%}, fp16 {shares['fp16']:.2%}")
    print(f"{sizes['fp32']:,} and {sizes['fp16']:,} bytes; largest error of a weight {error:.2e}")


def _accuracy(description: dict, arrays: dict, letters: split.Letters) -> float:
    shares = network.Network(description, arrays).probabilities(letters.images)
    return metrics.accuracy(letters.labels, shares.argmax(axis=1))
