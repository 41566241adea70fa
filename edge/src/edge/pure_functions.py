"""Poolings, and the functions of `edge.functions`, with the standard library alone."""

from itertools import chain
from math import exp, expm1, isfinite, log1p, prod, sqrt, tanh

from edge.layers import MAXIMUM_EXPONENT, POOLINGS, SELU_SCALE, PackError
from edge.pack import NO_PROBABILITY
from edge.pure import floats, softmax


def applied(pack, layer, inputs):
    """Return what a pooling or a function of a pack's network makes of its inputs, a list.

    Raises PackError on parameters of which no number comes.
    """
    pixels = prod(layer.input_shape[1:])
    channels = [inputs[start : start + pixels] for start in range(0, len(inputs), pixels)]
    if layer.type in POOLINGS:
        return list(chain.from_iterable(_pooled(layer, channel) for channel in channels))
    if layer.type == "softmax":
        columns = map(softmax, zip(*channels))
        return list(chain.from_iterable(zip(*columns)))
    if layer.type == "prelu":
        slopes = floats(pack, f"{layer.name}/slopes")
        if not isfinite(sum(slopes)):
            raise PackError(NO_PROBABILITY)
        return [
            value if value > 0 else slope * value
            for channel, slope in zip(channels, slopes)
            for value in channel
        ]
    if layer.type == "batch_normalization":
        lines = _normalization(pack, layer)
        return [
            factor * value + shift
            for channel, (factor, shift) in zip(channels, lines)
            for value in channel
        ]
    function = _FUNCTIONS[layer.type]
    return [function(layer.constant, value) for value in inputs]


def _normalization(pack, layer):
    """Return each channel's factor and shift."""
    named = (
        floats(pack, f"{layer.name}/{name}") for name in ("scale", "shift", "mean", "variance")
    )
    lines = []
    for scale, shift, mean, variance in zip(*named):
        if not variance + layer.constant > 0:
            raise PackError(NO_PROBABILITY)
        factor = scale / sqrt(variance + layer.constant)
        lines.append((factor, shift - mean * factor))
    if not isfinite(sum(map(sum, lines))):
        raise PackError(NO_PROBABILITY)
    return lines


def _pooled(layer, channel):
    """Return the maximum or the mean of every window of one channel, without what lies beyond."""
    height, width = layer.input_shape[1:]
    down, across = (
        [
            (max(0, place * step - before), min(length, place * step - before + window))
            for place in range(count)
        ]
        for length, count, window, step, before in zip(
            (height, width), layer.output_shape[1:], layer.kernel, layer.stride, layer.padding
        )
    )
    rows = [channel[start : start + width] for start in range(0, len(channel), width)]
    outputs = []
    for top, bottom in down:
        for left, right in across:
            window = [row[left:right] for row in rows[top:bottom]]
            if layer.type == "max_pooling":
                outputs.append(max(map(max, window)))
            else:
                outputs.append(sum(map(sum, window)) / ((bottom - top) * (right - left)))
    return outputs


def _elu(alpha, value):
    return value if value > 0 else alpha * expm1(value)


# By type, of the layer's constant and a number.
_FUNCTIONS = {
    "elu": _elu,
    "exponential": lambda _, value: exp(min(value, MAXIMUM_EXPONENT)),
    "leaky_relu": lambda slope, value: value if value > 0 else slope * value,
    "selu": lambda alpha, value: SELU_SCALE * _elu(alpha, value),
    "sigmoid": lambda _, value: 0.5 + 0.5 * tanh(0.5 * value),
    "softplus": lambda _, value: max(value, 0.0) + log1p(exp(-abs(value))),
    "softsign": lambda _, value: value / (1 + abs(value)),
    "tanh": lambda _, value: tanh(value),
}
