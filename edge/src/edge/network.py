"""The forward pass with NumPy: what is trained in the workshop is computed here, in float32."""

import numpy

# Bounds the memory of a pass whatever the number of pictures.
BATCH_SIZE = 1024

_DTYPES = {"F16": "<f2", "F32": "<f4"}


def ink(images):
    """Turn pictures, uint8 `(n, 28, 28)`, into ink, float32 `(n, 784)`: paper 0, black 1."""
    flat = 255 - images.reshape(len(images), -1)
    return numpy.multiply(flat, numpy.float32(1 / 255), dtype=numpy.float32)


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
    dense = 0
    for layer in network["layers"]:
        if layer["type"] == "dense":
            dense += 1
            inputs = inputs @ arrays[f"dense_{dense}/weights"]
            inputs += arrays[f"dense_{dense}/bias"]
        elif layer["type"] == "relu":
            numpy.maximum(inputs, 0, out=inputs)
    return inputs


def softmax(sums):
    """Turn logits `(n, letters)` into probabilities, in place; stable for any finite logits."""
    sums -= sums.max(axis=1, keepdims=True)
    numpy.exp(sums, out=sums)
    sums /= sums.sum(axis=1, keepdims=True)
    return sums


def probabilities(network, arrays, images):
    """Read pictures, uint8 `(n, 28, 28)`, in batches: probabilities, float32 `(n, letters)`."""
    batches = [
        softmax(logits(network, arrays, ink(images[start : start + BATCH_SIZE])))
        for start in range(0, len(images), BATCH_SIZE)
    ]
    width = len(arrays[f"dense_{len(arrays) // 2}/bias"])
    return numpy.concatenate(batches) if batches else numpy.empty((0, width), numpy.float32)
