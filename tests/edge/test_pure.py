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


def pooled(layer, inputs):
    """Take every window number by number; what is beyond the picture takes no part."""
    _, height, width = layer.input_shape
    outputs = []
    for k, i, j in itertools.product(*map(range, layer.output_shape)):
        places = [
            (i * layer.stride[0] + u - layer.padding[0], j * layer.stride[1] + v - layer.padding[1])
            for u, v in itertools.product(*map(range, layer.kernel))
        ]
        window = [
            inputs[(k * height + y) * width + x]
            for y, x in places
            if 0 <= y < height and 0 <= x < width
        ]
        mean = layer.type == "average_pooling"
        outputs.append(math.fsum(window) / len(window) if mean else max(window))
    return outputs


# By type, of a number and the number in the function.
FUNCTIONS = {
    "relu": lambda x, _: max(x, 0.0),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (math.exp(x) - 1),
    "selu": lambda x, _: 1.05070098 * (x if x > 0 else 1.67326324 * (math.exp(x) - 1)),
    "sigmoid": lambda x, _: 1 / (1 + math.exp(-x)),
    "softplus": lambda x, _: math.log(1 + math.exp(x)),
    "softsign": lambda x, _: x / (1 + abs(x)),
    "tanh": lambda x, _: math.tanh(x),
    "exponential": lambda x, _: math.exp(x),
}


def of_channels(opened, layer, inputs):
    """Apply what has parameters for each channel, or takes the channels of a pixel together."""
    pixels = math.prod(layer.input_shape[1:])
    channels = [inputs[start : start + pixels] for start in range(0, len(inputs), pixels)]
    if layer.type == "softmax":
        sums = [sum(map(math.exp, column)) for column in zip(*channels)]
        return [math.exp(x) / total for channel in channels for x, total in zip(channel, sums)]
    if layer.type == "prelu":
        slopes = numbers(opened, f"{layer.name}/slopes")
        return [max(x, 0) + a * min(x, 0) for a, channel in zip(slopes, channels) for x in channel]
    given = [
        numbers(opened, f"{layer.name}/{name}") for name in ("scale", "shift", "mean", "variance")
    ]
    return [
        scale * (x - mean) / math.sqrt(variance + layer.constant) + shift
        for channel, scale, shift, mean, variance in zip(channels, *given)
        for x in channel
    ]


def probabilities(opened, picture):
    values = [1 - pixel / 255 for pixel in picture]
    for layer in pack.layers(opened.description["network"]):
        if layer.type in FUNCTIONS:
            values = [FUNCTIONS[layer.type](value, layer.constant) for value in values]
        elif layer.type in ("average_pooling", "max_pooling"):
            values = pooled(layer, values)
        elif layer.type in ("batch_normalization", "prelu", "softmax"):
            values = of_channels(opened, layer, values)
        elif layer.type == "convolution":
            values = convolved(opened, layer, values)
        elif layer.type == "global_average_pooling":
            values = averaged(layer, values)
        elif layer.type == "dense":
            values = multiplied(opened, layer, values)
    shares = [math.exp(value - max(values)) for value in values]
    return [share / sum(shares) for share in shares]


@pytest.mark.parametrize("dtype", ["F16", "F32"])
@pytest.mark.parametrize("name", packs.ROWS)
def test_every_layer_is_what_its_definition_says(name, dtype):
    opened = packs.convolutional(name, dtype)
    generator = random.Random(1)
    letter = bytes(generator.choice([255, 255, generator.randrange(256)]) for _ in range(784))
    for picture in (letter, b"\xff" * 784):
        expected = probabilities(opened, picture)
        assert pure.probabilities(opened, picture) == pytest.approx(expected, rel=1e-4, abs=1e-7)


def times(opened, name, factor):
    """Multiply one of the tensors of a pack in F32."""
    data = bytearray(opened.data)
    scaled = [factor * number for number in numbers(opened, name)]
    struct.pack_into(f"<{len(scaled)}f", data, opened.tensors[name].offset, *scaled)
    return opened._replace(data=bytes(data))


@pytest.mark.parametrize("factor", [1e-30, 3e-4, 7.0, 1e30])
def test_factors_that_cancel_each_other_change_nothing(factor):
    opened = times(packs.convolutional("profile", "F32"), "convolution_1/bias", 0.0)
    scaled = times(opened, "convolution_1/weights", factor)
    scaled = times(scaled, "convolution_2/weights", 1 / factor)
    letter = random.Random(1).choices(range(256), k=784)
    expected = pure.probabilities(opened, letter)
    assert pure.probabilities(scaled, letter) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("number", [math.nan, -math.nan, math.inf, -math.inf])
def test_a_weight_that_is_no_finite_number_is_refused(number):
    opened = packs.convolutional("profile", "F32")
    data = bytearray(opened.data)
    struct.pack_into("<f", data, opened.tensors["convolution_2/weights"].offset, number)
    with pytest.raises(pack.PackError, match=r"convolution_2: .* no finite numbers"):
        pure.probabilities(opened._replace(data=bytes(data)), b"\0" * 784)
