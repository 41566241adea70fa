"""The forward pass with NumPy: what is trained in the workshop is computed here, in float32."""

from collections import namedtuple
from math import prod

import numpy
from numpy.lib.stride_tricks import as_strided

from edge import pack as packs
from edge.ink import ink

# So many pictures are computed at a time that their windows stay in the processor's cache.
BATCH_SIZE = 16

_DTYPES = {"F16": "<f2", "F32": "<f4"}

_Product = namedtuple("_Product", "weights rows")
_Product.__doc__ = """Weights `(outputs, inputs + 1)`, with the bias in the last column.

`rows` numbers the values in every window of a convolution, `(inputs + 1, places)`; else None.
"""


def parameters(pack, dtype=numpy.float32):
    """Give the pack's tensors by name as arrays of `dtype`; fp16 is storage, fp32 arithmetic."""
    arrays = {}
    for name, tensor in pack.tensors.items():
        raw = numpy.frombuffer(pack.data, _DTYPES[tensor.dtype], prod(tensor.shape), tensor.offset)
        arrays[name] = raw.reshape(tensor.shape).astype(dtype)
    return arrays


class Network:
    """A network, described as in a pack, with its weights laid out for products.

    Pictures are columns: the values of a batch are `(values + 2, pictures)`, at the end a row of
    ones, which the biases are multiplied with, and one of zeros, which pads the pictures.
    """

    def __init__(self, description, arrays):
        self._dtype = next(iter(arrays.values())).dtype
        self._products = []  # None where the values are only rectified
        for layer in packs.layers(description):
            if layer.type == "relu":
                self._products.append(None)
            elif layer.type != "flatten":
                weights = arrays[f"{layer.name}/weights"]
                weights = weights.reshape(-1, weights.shape[-1]).T
                bias = arrays[f"{layer.name}/bias"][:, None]
                rows = _windows(layer) if layer.kernel else None
                self._products.append(_Product(numpy.hstack([weights, bias]), rows))
        self._letters = len(weights)
        self._spare = []

    def probabilities(self, images):
        """Read pictures, uint8 `(n, 28, 28)`: probabilities `(n, letters)`."""
        return softmax(self.logits(images))

    def logits(self, images):
        """Compute the last layer's sums, `(n, letters)`, for pictures, uint8 `(n, 28, 28)`."""
        sums = numpy.empty((len(images), self._letters), self._dtype)
        for start in range(0, len(images), BATCH_SIZE):
            batch = images[start : start + BATCH_SIZE]
            try:
                # Out of the list while it is used, since another thread may compute as well.
                room = self._spare.pop()
            except IndexError:
                room = None
            if room is None or room[0].shape[1] != len(batch):
                room = self._room(len(batch))
            sums[start : start + BATCH_SIZE] = self._computed(batch, *room).T
            self._spare[:] = [room]
        return sums

    def _room(self, count):
        """Make room for the pictures, and for the windows and the values of every product.

        Kept for the next batch, since fresh memory takes longer than the work in it.
        """
        rooms = []
        for product in self._products:
            if product is None:
                rooms.append(None)
            elif product.rows is None:
                rooms.append((None, self._values(len(product.weights), count)))
            else:
                windows = numpy.empty((*product.rows.shape, count), self._dtype)
                size = len(product.weights) * product.rows.shape[1]
                rooms.append((windows, self._values(size, count)))
        return self._values(784, count), rooms

    def _values(self, size, count):
        values = numpy.empty((size + 2, count), self._dtype)
        values[-2:] = [[1], [0]]
        return values

    def _computed(self, images, values, rooms):
        """Compute the last layer's values, `(letters, n)`; they live until the next batch."""
        values[:-2] = ink(images).T
        for product, room in zip(self._products, rooms):
            if product is None:
                numpy.maximum(values[:-2], 0, out=values[:-2])
                continue
            inputs = values[:-1]
            windows, following = room
            if windows is not None:
                values.take(product.rows, axis=0, out=windows, mode="clip")
                inputs = windows.reshape(len(windows), -1)
            values = following
            outputs = values[:-2].reshape(len(product.weights), -1)
            numpy.matmul(product.weights, inputs, out=outputs)
        return values[:-2]


def _windows(layer):
    """Number the values in every window, and the row of ones: `(inputs + 1, places)`."""
    size = prod(layer.input_shape)
    (top, left), (down, right) = layer.padding, layer.stride
    channels, height, width = layer.input_shape
    padded = numpy.full((channels, height + 2 * top, width + 2 * left), size + 1)
    inside = padded[:, top : top + height, left : left + width]
    inside[...] = numpy.arange(size).reshape(layer.input_shape)
    plane, row, pixel = padded.strides
    rows = as_strided(
        padded,
        (channels, *layer.kernel, *layer.output_shape[1:]),
        (plane, row, pixel, row * down, pixel * right),
        writeable=False,
    ).reshape(-1, prod(layer.output_shape[1:]))
    return numpy.vstack([rows, numpy.full((1, rows.shape[1]), size)])


def softmax(sums):
    """Turn logits `(n, letters)` into probabilities, in place; stable for any finite logits."""
    sums -= sums.max(axis=1, keepdims=True)
    numpy.exp(sums, out=sums)
    sums /= sums.sum(axis=1, keepdims=True)
    return sums
