"""The standard library's forward pass computes what the layers' definitions say."""

import itertools
import math
import random
import struct

import pytest

from edge import pack, pure
from tests.edge import packs


def numbers(opened, name):
    tensor = opened.tensors[name]
    code = {"F16": "e", "F32": "f"}[tensor.dtype]
    return struct.unpack_from(f"<{math.prod(tensor.shape)}{code}", opened.data, tensor.offset)


def convolved(opened, layer, inputs):
    """Sum over every window as the definition has it, number by number."""
    channels, height, width = layer.input_shape
    places = list(itertools.product(range(channels), *map(range, layer.kernel)))
    weights, bias = (numbers(opened, f"{layer.name}/{name}") for name in ("weights", "bias"))
    outputs = []
    for k, i, j in itertools.product(*map(range, layer.output_shape)):
        total = bias[k]
        for place, (c, u, v) in enumerate(places):
            y = i * layer.stride[0] + u - layer.padding[0]
            x = j * layer.stride[1] + v - layer.padding[1]
            if 0 <= y < height and 0 <= x < width:
                weight = weights[place * len(bias) + k]
                total += inputs[(c * height + y) * width + x] * weight
        outputs.append(total)
    return outputs


def multiplied(opened, layer, inputs):
    weights, bias = (numbers(opened, f"{layer.name}/{name}") for name in ("weights", "bias"))
    return [
        start + sum(map(float.__mul__, inputs, weights[unit :: len(bias)]))
        for unit, start in enumerate(bias)
    ]


def averaged(layer, inputs):
    channels, height, width = layer.input_shape
    parts = [inputs[c * height * width :][: height * width] for c in range(channels)]
    return [math.fsum(part) / (height * width) for part in parts]


def probabilities(opened, picture):
    values = [1 - pixel / 255 for pixel in picture]
    for layer in pack.layers(opened.description["network"]):
        if layer.type == "relu":
            values = [max(value, 0.0) for value in values]
        elif layer.type == "convolution":
            values = convolved(opened, layer, values)
        elif layer.type == "global_average_pooling":
            values = averaged(layer, values)
        elif layer.type == "dense":
            values = multiplied(opened, layer, values)
    shares = [math.exp(value - max(values)) for value in values]
    return [share / sum(shares) for share in shares]


@pytest.mark.parametrize("dtype", ["F16", "F32"])
@pytest.mark.parametrize("name", packs.CONVOLUTIONS)
def test_convolutions_are_what_their_definition_says(name, dtype):
    opened = packs.convolutional(name, dtype)
    generator = random.Random(1)
    letter = bytes(generator.choice([255, 255, generator.randrange(256)]) for _ in range(784))
    for picture in (letter, b"\xff" * 784):
        expected = probabilities(opened, picture)
        assert pure.probabilities(opened, picture) == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_weight_that_is_no_finite_number_is_refused(number):
    opened = packs.convolutional("profile", "F32")
    data = bytearray(opened.data)
    struct.pack_into("<f", data, opened.tensors["convolution_2/weights"].offset, number)
    with pytest.raises(pack.PackError, match=r"convolution_2: .* no finite numbers"):
        pure.probabilities(opened._replace(data=bytes(data)), b"\0" * 784)
