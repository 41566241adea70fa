"""The forward pass with NumPy, in float32."""

import os
from collections import namedtuple
from functools import partial
from math import prod

import numpy
from numpy.lib.stride_tricks import as_strided

from edge import pack as packs
from edge.ink import ink

# Pictures computed at a time: the windows of more would not fit the processor's cache.
BATCH_SIZE = 64

# Weights `(outputs, inputs + 1)`, with the bias in the last column; `rows` numbers the values in
# every window of a convolution, `(inputs + 1, places)`, else None.
_Product = namedtuple("_Product", "weights rows")

# The memory in which a batch is computed: once `inks` `(784, pictures)` are written and each of
# `steps` is called, without arguments, `sums` `(letters, pictures)` are the last layer's.
_Room = namedtuple("_Room", "inks steps sums")


def parameters(pack, dtype=numpy.float32):
    """Return the pack's tensors by name as arrays of `dtype`; fp16 is storage, fp32 arithmetic."""
    arrays = {}
    for name, tensor in pack.tensors.items():
        stored = f"<{packs.CODES[tensor.dtype]}"
        raw = numpy.frombuffer(pack.data, stored, prod(tensor.shape), tensor.offset)
        arrays[name] = raw.reshape(tensor.shape).astype(dtype)
    return arrays


class Network:
    """A network, described as in a pack, with its weights arranged for matrix products.

    Pictures are columns: the values of a batch are `(values + 2, pictures)`. The last two rows are
    one of ones, which the biases are multiplied by, and one of zeros, which pads the pictures.

    Batches are computed in `threads` at a time; more than one is slower if BLAS has its own.
    Raises PackError if the sums may exceed the range of float32.
    """

    def __init__(self, description, arrays, threads=1):
        self._dtype = next(iter(arrays.values())).dtype
        self._threads = threads
        self._products = []  # None for a ReLU
        largest = 1  # bounds the values so far, whatever the picture
        for layer in packs.layers(description):
            if layer.type == "relu":
                self._products.append(None)
            elif layer.type != "flatten":
                weights = arrays[f"{layer.name}/weights"]
                weights = weights.reshape(-1, weights.shape[-1]).T
                bias = arrays[f"{layer.name}/bias"][:, None]
                rows = _windows(layer) if layer.kernel else None
                self._products.append(_Product(numpy.hstack([weights, bias]), rows))
                magnitudes = abs(self._products[-1].weights).astype(numpy.float64)
                largest = magnitudes.sum(axis=1).max() * max(largest, 1)
                if not largest < numpy.finfo(numpy.float32).max / 2:
                    raise packs.PackError(packs.NO_PROBABILITY)
        self._spare = []

    def probabilities(self, images):
        """Return the probabilities `(n, letters)` of pictures, uint8 `(n, 28, 28)`."""
        return softmax(self.logits(images))

    def logits(self, images):
        """Return the last layer's sums `(n, letters)` for pictures, uint8 `(n, 28, 28)`."""
        starts = range(0, len(images), BATCH_SIZE)
        if len(starts) < 2:
            return self._computed(images)
        batches = [images[start : start + BATCH_SIZE] for start in starts]
        if self._threads == 1:
            return numpy.concatenate(list(map(self._computed, batches)))
        # Not above: a few pictures must not wait for it.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self._threads) as pool:
            return numpy.concatenate(list(pool.map(self._computed, batches)))

    def _computed(self, images):
        """Return the last layer's sums `(n, letters)` for one batch."""
        try:
            # Out of the list while it is in use: another thread may be computing.
            room = self._spare.pop()
        except IndexError:
            room = None
        if room is None or room.inks.shape[1] != len(images):
            room = self._room(len(images))
        room.inks[...] = ink(images).T
        for step in room.steps:
            step()
        sums = room.sums.T.copy()
        if len(self._spare) < self._threads:
            self._spare.append(room)
        return sums

    def _room(self, count):
        """Allocate the memory for `count` pictures and prepare the steps that write to it.

        Rooms are kept for the next batch, since fresh memory takes longer than the work in it.
        """
        values = self._values(784, count)
        inks, steps = values[:-2], []
        for product in self._products:
            if product is None:
                known = values[:-2]
                # With the number 0 instead of zeros NumPy takes three times as long.
                steps.append(partial(numpy.maximum, known, numpy.zeros_like(known), out=known))
                continue
            inputs, outputs, places = values[:-1], len(product.weights), 1
            if product.rows is not None:
                places = product.rows.shape[1]
                windows = numpy.empty((*product.rows.shape, count), self._dtype)
                steps.append(partial(values.take, product.rows, 0, windows, "clip"))
                inputs = windows.reshape(len(windows), places * count)
            values = self._values(outputs * places, count)
            sums = values[:-2].reshape(outputs, places * count)
            steps.append(partial(product.weights.dot, inputs, sums))
        return _Room(inks, steps, values[:-2])

    def _values(self, size, count):
        values = numpy.empty((size + 2, count), self._dtype)
        values[-2:] = [[1], [0]]
        return values


def processors():
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def _windows(layer):
    """Return the rows of each window's values and, last, of the ones: `(inputs + 1, places)`."""
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
