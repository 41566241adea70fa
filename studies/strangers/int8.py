"""What it costs to store the weights as int8: only measured, no pack has it."""

from collections.abc import Mapping

import numpy
from safetensors.numpy import load_file, save

from edge.network import Network
from pipeline.data.corpora import named
from pipeline.data.letters import METHODS, read_split
from pipeline.files import MODELS, read_json, write_json
from pipeline.nn.metrics import accuracy
from studies.strangers import RESULTS


def run() -> None:
    """Read the test letters of each split with its model's weights rounded to int8.

    `results/int8.json` has the accuracy by split and kind of letters, and the `bytes` of the
    weights.
    """
    report = {}
    for method in METHODS:
        folder = MODELS / method
        stored, restored = int8(load_file(folder / "fp32.safetensors"))
        network = Network(read_json(folder / "network.json"), restored)
        report[method] = {}
        for name, letters in read_split(method, "test").items():
            classes = network.probabilities(letters.images).argmax(axis=1)
            kind, share = named(name).kind, accuracy(letters.labels, classes)
            report[method][kind] = share
            print(f"{kind}, {method}: int8 {share:.2%}")
    write_json(RESULTS / "int8.json", report | {"bytes": len(save(stored))})


def int8(
    weights: Mapping[str, numpy.ndarray],
) -> tuple[dict[str, numpy.ndarray], dict[str, numpy.ndarray]]:
    """Round weights to int8, with a scale for each output; return them as stored, and as fp32.

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
