"""The forward pass with the standard library alone, for a few pictures from a cold start.

Importing NumPy takes longer than reading several letters this way. Zeros are skipped: most of a
picture is paper, and ReLU silences about half of a layer.
"""

import struct
from itertools import chain, compress, count
from math import exp, frexp, isfinite, ldexp, prod
from operator import mul

from edge.layers import FUNCTIONS, POOLINGS, PackError, layers
from edge.pack import BYTES_PER_ELEMENT, CODES

# Written so that paper is exactly 0 and drops out of every sum.
_INK = [(255 - pixel) / 255 for pixel in range(256)]

# Fixed-point numbers of a convolution: a lane of a sum, the fraction of a weight, and at most that
# of an input, a digit of Python's whole numbers.
_LANE_BITS = 64
_WEIGHT_BITS = 24
_INPUT_BITS = 30
# An unpacked weight takes 32 bytes.
_WEIGHTS_AT_ONCE = 1 << 20
# Added to a double, this many steps leave their nearest whole number in the low bits.
_ROUNDING = 1.5 * 2**52


def probabilities(pack, picture):
    """Return the probability of each letter, a list, for one picture, 784 bytes of 28x28 pixels."""
    activations = [_INK[pixel] for pixel in picture]
    for layer in layers(pack.description["network"]):
        if layer.type == "convolution":
            activations = _convolution(pack, layer, activations)
        elif layer.type == "dense":
            activations = _dense(pack, layer.name, activations)
        elif layer.type == "global_average_pooling":
            pixels = prod(layer.input_shape[1:])
            starts = range(0, len(activations), pixels)
            activations = [sum(activations[i : i + pixels]) / pixels for i in starts]
        elif layer.type == "relu":
            activations = [value if value > 0 else 0.0 for value in activations]
        elif layer.type in POOLINGS or layer.type in FUNCTIONS:
            # Not above: most networks must not wait for it.
            from edge import pure_functions

            activations = pure_functions.applied(pack, layer, activations)
    return softmax(activations)


def _convolution(pack, layer, inputs):
    """Multiply every window by the weights, in whole numbers, with all filters in one of them.

    A weight of every filter stands in a lane of 64 bits of one long integer, so that an input is
    multiplied by all of them at once (Kronecker substitution). The rounding is finer than that of
    float32: weights keep 24 bits of about the largest, inputs 30, or what a lane holds without
    overflow.
    """
    weights = pack.tensors[f"{layer.name}/weights"]
    largest = _bound(pack, weights)
    if not isfinite(largest + sum(inputs)):
        raise PackError(f"{layer.name}: weights or inputs that are no finite numbers")
    filters, taps = weights.shape[-1], prod(weights.shape[:-1])
    weight_step = ldexp(1.0, frexp(largest)[1] - _WEIGHT_BITS)
    bits = min(_INPUT_BITS, _LANE_BITS - 1 - _WEIGHT_BITS - taps.bit_length())
    input_step = max(max(inputs), -min(inputs), 1e-38) / (1 << bits)
    ones = int.from_bytes((b"\1" + bytes(7)) * filters, "little")
    rows = _filter_rows(layer, floats(pack, f"{layer.name}/weights"), weight_step, ones)
    middle = ones << (_LANE_BITS - 1)  # so that no lane is negative
    sums = []
    for window in _windows(layer, [int(value / input_step) if value else 0 for value in inputs]):
        total = sum(map(mul, filter(None, window), compress(rows, window)), middle)
        sums.append(total.to_bytes(8 * filters, "little"))
    totals = struct.unpack(f"<{len(sums) * filters}Q", b"".join(sums))
    step = weight_step * input_step
    outputs = []
    for number, bias in enumerate(floats(pack, f"{layer.name}/bias")):
        start = bias - step * (1 << (_LANE_BITS - 1))
        outputs += [start + step * total for total in totals[number::filters]]
    return outputs


def _filter_rows(layer, weights, step, ones):
    """Round the weights; return those of each place in a window as one number, a lane a filter."""
    channels, (height, width) = layer.input_shape[0], layer.kernel
    rounding = _ROUNDING * step
    lanes = struct.pack(f"<{len(weights)}d", *[weight + rounding for weight in weights])
    rounding = ones * int.from_bytes(struct.pack("<d", rounding), "little")
    row_bytes = 8 * layer.output_shape[0]
    return [
        int.from_bytes(lanes[start : start + row_bytes], "little") - rounding
        for x in range(width)
        for y in range(height)
        for start in range((y * width + x) * row_bytes, len(lanes), len(lanes) // channels)
    ]


def _windows(layer, inputs):
    """Yield the windows, each column by column, a pixel's channels together."""
    channels, height, width = layer.input_shape
    (kernel_height, kernel_width), (top, left) = layer.kernel, layer.padding
    blank = [(0,) * channels]
    side, margin = blank * left, [blank * (width + 2 * left)] * top
    rows = list(margin)
    for y in range(0, height * width, width):
        planes = [inputs[i : i + width] for i in range(y, len(inputs), height * width)]
        rows.append([*side, *zip(*planes), *side])
    rows += margin
    column = kernel_height * channels
    for y in range(0, len(rows) - kernel_height + 1, layer.stride[0]):
        columns = zip(*rows[y : y + kernel_height])
        strip = list(chain.from_iterable(chain.from_iterable(columns)))
        window = kernel_width * column
        for x in range(0, len(strip) - window + 1, layer.stride[1] * column):
            yield strip[x : x + window]


def _bound(pack, tensor):
    """Return what no absolute value of a tensor exceeds, as near as their upper bytes tell.

    It is no finite number if one of the values is none.
    """
    size = BYTES_PER_ELEMENT[tensor.dtype]
    end = tensor.offset + size * prod(tensor.shape)
    upper = pack.data[tensor.offset + size - 1 : end : size]
    # The upper bit is the sign.
    most = next(byte for byte in range(127, -1, -1) if byte in upper or byte + 128 in upper)
    (bound,) = struct.unpack(f"<{CODES[tensor.dtype]}", b"\xff" * (size - 1) + bytes((most,)))
    return bound


def _dense(pack, name, inputs):
    """Multiply by the weights, reading only the rows whose input is not zero, and add the bias."""
    weights = pack.tensors[f"{name}/weights"]
    columns = weights.shape[1]
    row_bytes = columns * BYTES_PER_ELEMENT[weights.dtype]
    active = [
        pack.data[start : start + row_bytes]
        for start in compress(count(weights.offset, row_bytes), inputs)
    ]
    values, sums = list(filter(None, inputs)), floats(pack, f"{name}/bias")
    # All at once, except for layers whose unpacked weights would fill the memory.
    most = max(1, _WEIGHTS_AT_ONCE // columns)
    for start in range(0, len(active), most):
        some, part = active[start : start + most], values[start : start + most]
        rows = struct.unpack(f"<{len(some) * columns}{CODES[weights.dtype]}", b"".join(some))
        sums = [total + sum(map(mul, part, rows[n::columns])) for n, total in enumerate(sums)]
    return list(sums)


def floats(pack, name):
    """Unpack all numbers of a tensor of a pack, a tuple."""
    tensor = pack.tensors[name]
    numbers = f"<{prod(tensor.shape)}{CODES[tensor.dtype]}"
    return struct.unpack_from(numbers, pack.data, tensor.offset)


def softmax(sums):
    """Turn sums into probabilities, a list; stable for any finite ones."""
    largest = max(sums)
    exponentials = [exp(value - largest) for value in sums]
    total = sum(exponentials)
    return [value / total for value in exponentials]
