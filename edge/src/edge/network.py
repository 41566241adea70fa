"""The forward pass with NumPy: what is trained in the workshop is computed here, in float32."""

from math import prod

import numpy
from numpy.lib.stride_tricks import as_strided

from edge import pack as packs
from edge.ink import ink

# Bounds the memory of a pass whatever the number of pictures.
BATCH_SIZE = 512

_DTYPES = {"F16": "<f2", "F32": "<f4"}


def parameters(pack, dtype=numpy.float32):
    """Give the pack's tensors by name as arrays of `dtype`; fp16 is storage, fp32 arithmetic."""
    arrays = {}
    for name, tensor in pack.tensors.items():
        count = 1
        for length in tensor.shape:
            count *= length
        raw = numpy.frombuffer(pack.data, _DTYPES[tensor.dtype], count, tensor.offset)
        arrays[name] = raw.reshape(tensor.shape).astype(dtype)
    return arrays


def logits(network, arrays, inputs):
    """Compute the last layer's sums, `(n, letters)`, for inputs `(n, 784)` of the arrays' dtype."""
    # The pictures are the last axis, so that the windows of a convolution are a few long rows.
    values = inputs.T
    for layer in packs.layers(network):
        if layer.type == "relu":
            numpy.maximum(values, 0, out=values)
        elif layer.type in ("convolution", "dense"):
            if layer.type == "convolution":
                values = _windows(layer, values)
            weights = arrays[f"{layer.name}/weights"]
            values = weights.reshape(-1, weights.shape[-1]).T @ values
            values += arrays[f"{layer.name}/bias"][:, None]
            values = values.reshape(prod(layer.output_shape), len(inputs))
    return values.T


def _windows(layer, values):
    """Copy all windows: `(channels * kernel height * kernel width, out height * width * n)`."""
    (channels, height, width), (top, left) = layer.input_shape, layer.padding
    count = values.shape[1]
    padded = numpy.zeros((channels, height + 2 * top, width + 2 * left, count), values.dtype)
    padded[:, top : top + height, left : left + width] = values.reshape(
        channels, height, width, count
    )
    plane, row, pixel, example = padded.strides
    shape = (channels, *layer.kernel, *layer.output_shape[1:], count)
    strides = (plane, row, pixel, row * layer.stride[0], pixel * layer.stride[1], example)
    windows = as_strided(padded, shape, strides, writeable=False)
    return windows.reshape(prod(shape[:3]), prod(shape[3:]))


def softmax(sums):
    """Turn logits `(n, letters)` into probabilities, in place; stable for any finite logits."""
    sums -= sums.max(axis=1, keepdims=True)
    numpy.exp(sums, out=sums)
    sums /= sums.sum(axis=1, keepdims=True)
    return sums


def probabilities(network, arrays, images):
    """Read pictures, uint8 `(n, 28, 28)`, in batches: probabilities, float32 `(n, letters)`."""
    # A batch of no pictures goes through as well, for its shape.
    batches = [
        softmax(logits(network, arrays, ink(images[start : start + BATCH_SIZE])))
        for start in range(0, max(1, len(images)), BATCH_SIZE)
    ]
    return numpy.concatenate(batches)
