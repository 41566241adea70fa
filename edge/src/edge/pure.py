"""The forward pass with the standard library alone, for a few pictures from a cold start.

Importing NumPy takes longer than reading several letters this way. Zeros are skipped: most of a
picture is paper, and ReLU silences about half of a layer.
"""

from math import exp
from operator import mul
from struct import unpack_from

from edge.pack import BYTES_PER_ELEMENT

_CODES = {"F16": "e", "F32": "f"}


def probabilities(pack, picture):
    """Read one picture, 784 bytes of 28x28 pixels: a list of probabilities, one a letter."""
    # Written so that paper is exactly 0 and drops out of every sum.
    activations = [(255 - pixel) / 255 for pixel in picture]
    dense = 0
    for layer in pack.description["network"]["layers"]:
        if layer["type"] == "dense":
            dense += 1
            activations = _dense(pack, f"dense_{dense}", activations)
        elif layer["type"] == "relu":
            activations = [value if value > 0 else 0.0 for value in activations]
    return _softmax(activations)


def _dense(pack, name, inputs):
    """Multiply by the weights, reading only the rows whose input is not zero, and add the bias."""
    weights = pack.tensors[f"{name}/weights"]
    columns = weights.shape[1]
    row_format = f"<{columns}{_CODES[weights.dtype]}"
    row_bytes = columns * BYTES_PER_ELEMENT[weights.dtype]
    active = [(index, value) for index, value in enumerate(inputs) if value]
    rows = [
        unpack_from(row_format, pack.data, weights.offset + index * row_bytes)
        for index, _ in active
    ]
    values = [value for _, value in active]
    bias = pack.tensors[f"{name}/bias"]
    sums = unpack_from(f"<{columns}{_CODES[bias.dtype]}", pack.data, bias.offset)
    if not rows:
        return list(sums)
    return [start + sum(map(mul, values, column)) for start, column in zip(sums, zip(*rows))]


def _softmax(sums):
    largest = max(sums)
    exponentials = [exp(value - largest) for value in sums]
    total = sum(exponentials)
    return [value / total for value in exponentials]
