"""Packs made by hand, byte by byte, so that the tests need no library that writes them."""

import hashlib
import json
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


def tensors(dtype="F16", seed=1):
    """Give `(header entries, bytes)` of small pseudo-random weights."""
    code, size = {"F16": ("e", 2), "F32": ("f", 4)}[dtype]
    entries, data, state = {}, b"", seed
    for name, shape in SHAPES.items():
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
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


def pack(dtype="F16", **changes):
    entries, data = tensors(dtype)
    document = json.dumps(description(data, **changes), ensure_ascii=False)
    return assemble({"__metadata__": {"pack": document}, **entries}, data)
