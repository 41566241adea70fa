"""Packs made by hand, byte by byte, so that the tests need no library that writes them."""

import hashlib
import json
import math
import struct

LETTERS = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
NETWORK = {
    "input_shape": [28, 28],
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 5},
        {"type": "relu"},
        {"type": "dense", "units": 33},
    ],
}
SHAPES = {
    "dense_1/weights": [784, 5],
    "dense_1/bias": [5],
    "dense_2/weights": [5, 33],
    "dense_2/bias": [33],
}


# Kernels, strides and paddings of all kinds: equal and not, with and without, as far as they go.
CONVOLUTIONS = {
    "profile": [
        {"type": "convolution", "filters": 16, "kernel": 5, "stride": 2},
        {"type": "relu"},
        {"type": "convolution", "filters": 28, "kernel": 3, "stride": 2, "padding": 1},
        {"type": "relu"},
        {"type": "convolution", "filters": 48, "kernel": 3, "stride": 2, "padding": 1},
        {"type": "relu"},
        {"type": "flatten"},
        {"type": "dense", "units": 80},
        {"type": "relu"},
    ],
    "defaults": [{"type": "convolution", "filters": 2, "kernel": 3}],
    "negative inputs": [
        {"type": "convolution", "filters": 3, "kernel": 3, "stride": 3},
        {"type": "convolution", "filters": 4, "kernel": [1, 2], "padding": [0, 1]},
        {"type": "flatten"},
    ],
    "rectangles": [
        {"type": "convolution", "filters": 3, "kernel": [5, 2], "stride": [1, 4]},
        {"type": "relu"},
        {
            "type": "convolution",
            "filters": 5,
            "kernel": [2, 4],
            "stride": [3, 1],
            "padding": [1, 3],
        },
    ],
    "strides beyond the kernel": [
        {"type": "relu"},
        {"type": "convolution", "filters": 3, "kernel": 2, "stride": [5, 3], "padding": 1},
    ],
    "one window": [
        {"type": "convolution", "filters": 4, "kernel": 28},
        {"type": "convolution", "filters": 6, "kernel": 1, "bias": True},
    ],
}


def network(name):
    """Describe one of CONVOLUTIONS, with the dense layer of the letters at its end."""
    layers = [*CONVOLUTIONS[name], {"type": "dense", "units": 33}]
    return {"input_shape": [28, 28], "layers": layers}


def tensors(dtype="F16", seed=1, shapes=SHAPES):
    """Give `(header entries, bytes)` of small pseudo-random weights."""
    code, size = {"F16": ("e", 2), "F32": ("f", 4)}[dtype]
    entries, data, state = {}, b"", seed
    for name, shape in shapes.items():
        count = math.prod(shape)
        values = []
        for _ in range(count):
            state = (state * 1103515245 + 12345) % (1 << 31)
            values.append(state / (1 << 31) - 0.5)
        begin = len(data)
        data += struct.pack(f"<{count}{code}", *values)
        entries[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [begin, begin + count * size],
        }
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


def pack(dtype="F16", shapes=SHAPES, **changes):
    entries, data = tensors(dtype, shapes=shapes)
    document = json.dumps(description(data, **changes), ensure_ascii=False)
    return assemble({"__metadata__": {"pack": document}, **entries}, data)
