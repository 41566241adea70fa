"""Packs made by hand, byte by byte, so that the tests need no library that writes them."""

import hashlib
import json
import math
import struct

from edge import pack as edge_pack

LETTERS = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
RELU, FLATTEN = {"type": "relu"}, {"type": "flatten"}
NETWORK = {
    "input_shape": [28, 28],
    "layers": [FLATTEN, {"type": "dense", "units": 5}, RELU, {"type": "dense", "units": 33}],
}
SHAPES = {
    "dense_1/weights": [784, 5],
    "dense_1/bias": [5],
    "dense_2/weights": [5, 33],
    "dense_2/bias": [33],
}


def convolution(filters, kernel, **options):
    return {"type": "convolution", "filters": filters, "kernel": kernel, **options}


# Kernels, strides and paddings of all kinds: equal and not, with and without, as far as they go.
CONVOLUTIONS = {
    "profile": [
        convolution(16, 5, stride=2),
        RELU,
        convolution(28, 3, stride=2, padding=1),
        RELU,
        convolution(48, 3, stride=2, padding=1),
        RELU,
        FLATTEN,
        {"type": "dense", "units": 80},
        RELU,
    ],
    "defaults": [convolution(2, 3)],
    "negative inputs": [
        convolution(3, 3, stride=3),
        convolution(4, [1, 2], padding=[0, 1]),
        FLATTEN,
    ],
    "rectangles": [
        convolution(3, [5, 2], stride=[1, 4]),
        RELU,
        convolution(5, [2, 4], stride=[3, 1], padding=[1, 3]),
    ],
    "strides beyond the kernel": [RELU, convolution(3, 2, stride=[5, 3], padding=1)],
    "one window": [convolution(4, 28), convolution(6, 1, bias=True)],
}


def network(name):
    """Describe one of CONVOLUTIONS, with the dense layer of the letters at its end."""
    layers = [*CONVOLUTIONS[name], {"type": "dense", "units": 33}]
    return {"input_shape": [28, 28], "layers": layers}


def tensors(dtype="F16", seed=1, shapes=SHAPES):
    """Return `(header entries, bytes)` of small pseudo-random weights."""
    code = {"F16": "e", "F32": "f"}[dtype]
    entries, data, state = {}, b"", seed
    for name, shape in shapes.items():
        count = math.prod(shape)
        values = []
        for _ in range(count):
            state = (state * 1103515245 + 12345) % (1 << 31)
            values.append(state / (1 << 31) - 0.5)
        begin = len(data)
        data += struct.pack(f"<{count}{code}", *values)
        offsets = [begin, len(data)]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    return entries, data


def description(data, **changes):
    return {
        "format": 1,
        "profile": "test",
        "letters": LETTERS,
        "network": NETWORK,
        "preparation": {"size": 28, "extent": 22, "ink": "1 - pixel / 255"},
        "training": {"corpora": ["none"], "split": "random"},
        "accuracy": {"none": 0.5},
        "sha256": hashlib.sha256(data).hexdigest(),
        **changes,
    }


def assemble(header, data):
    """Put a header, an object or raw bytes, before the tensors' bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def pack(dtype="F16", shapes=SHAPES, data=None, **changes):
    """Return a whole pack, of small weights or of these bytes; `changes` are its description's."""
    entries, weights = tensors(dtype, shapes=shapes)
    data = data or weights
    document = json.dumps(description(data, **changes), ensure_ascii=False)
    return assemble({"__metadata__": {"pack": document}, **entries}, data)


def convolutional(name, dtype):
    """Return the pack, read, of one of CONVOLUTIONS."""
    described = network(name)
    return edge_pack.parse(pack(dtype, edge_pack.parameter_shapes(described), network=described))
