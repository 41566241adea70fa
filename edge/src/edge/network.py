"""The forward pass with NumPy, in float32."""

import os
from collections import Counter, namedtuple
from functools import partial
from math import prod

import numpy
from numpy.lib.stride_tricks import as_strided

from edge import pack as packs
from edge.ink import ink
from edge.layers import layers

# Pictures computed at a time: the windows of more would not fit the processor's cache.
BATCH_SIZE = 64

# The memory in which a batch is computed: once `inputs` `(values, pictures)` are written and each
# of `steps` is called, without arguments, `outputs` `(values, pictures)` are the last layer's.
_Room = namedtuple("_Room", "inputs steps outputs")


def parameters(pack, dtype=numpy.float32, prefix=""):
    """Return the pack's tensors by name as arrays of `dtype`; fp16 is storage, fp32 arithmetic.

    Only those whose names begin with `prefix`, and without it.
    """
    arrays = {}
    for name, tensor in pack.tensors.items():
        if not name.startswith(prefix):
            continue
        stored = f"<{packs.CODES[tensor.dtype]}"
        raw = numpy.frombuffer(pack.data, stored, prod(tensor.shape), tensor.offset)
        arrays[name[len(prefix) :]] = raw.reshape(tensor.shape).astype(dtype)
    return arrays


class Network:
    """A network, described as in a pack, with its weights arranged for matrix products.

    Pictures are columns: the values of a batch are `(values + 2, pictures)`. The last two rows are
    one of ones, which the biases are multiplied by, and one of zeros, which pads the pictures.

    Batches are computed in `threads` at a time; more than one is slower if BLAS has its own.
    Raises PackError if the sums may exceed the range of float32, for inputs of at most `largest`.
    """

    def __init__(self, description, arrays, threads=1, largest=1.0):
        self._dtype = next(iter(arrays.values())).dtype
        self._threads = threads
        self._layers = layers(description)
        self._weights = {}  # by layer, `(outputs, inputs + 1)`, with the bias in the last column
        self._rows = {}  # by layer, the places of the values that it takes
        takers = Counter(place for layer in self._layers for place in layer.inputs)
        # Where nobody else takes its input, a ReLU overwrites it; a flat one is its input's own.
        kinds = ["flatten", *(layer.type for layer in self._layers)]
        self._in_place = {
            layer.name
            for layer in self._layers
            if takers[layer.inputs[0]] == 1 and kinds[layer.inputs[0]] != "flatten"
        }
        bounds = [largest]  # of the values, whatever the picture
        for layer in self._layers:
            bound = max(1.0, *(bounds[place] for place in layer.inputs))
            if layer.type == "add":
                bound = sum(bounds[place] for place in layer.inputs)
            if layer.type in ("convolution", "dense"):
                weights = arrays[f"{layer.name}/weights"]
                weights = weights.reshape(-1, weights.shape[-1]).T
                bias = arrays[f"{layer.name}/bias"][:, None]
                self._weights[layer.name] = numpy.hstack([weights, bias])
                magnitudes = abs(self._weights[layer.name]).astype(numpy.float64)
                bound = magnitudes.sum(axis=1).max() * bound
            if not bound < numpy.finfo(numpy.float32).max / 2:
                raise packs.PackError(packs.NO_PROBABILITY)
            if layer.kernel:
                self._rows[layer.name] = _windows(layer)
            elif layer.factor:
                self._rows[layer.name] = _enlarged(layer)
            bounds.append(bound)
        self._spare = []

    def probabilities(self, images):
        """Return the probabilities `(n, letters)` of pictures, uint8 `(n, 28, 28)`."""
        return softmax(self.logits(images))

    def logits(self, images):
        """Return the last layer's sums `(n, letters)` for pictures, uint8 `(n, 28, 28)`."""
        starts = range(0, len(images), BATCH_SIZE)
        if len(starts) < 2:
            return self.outputs(ink(images))
        batches = [images[start : start + BATCH_SIZE] for start in starts]

        def computed(batch):
            return self.outputs(ink(batch))

        if self._threads == 1:
            return numpy.concatenate(list(map(computed, batches)))
        # Not above: a few pictures must not wait for it.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self._threads) as pool:
            return numpy.concatenate(list(pool.map(computed, batches)))

    def outputs(self, inputs):
        """Return the last layer's outputs, `(n, values)`, for one batch of inputs `(n, values)`."""
        try:
            # Out of the list while it is in use: another thread may be computing.
            room = self._spare.pop()
        except IndexError:
            room = None
        if room is None or room.inputs.shape[1] != len(inputs):
            room = self._room(len(inputs))
        room.inputs[...] = inputs.T
        for step in room.steps:
            step()
        outputs = room.outputs.T.copy()
        if len(self._spare) < self._threads:
            self._spare.append(room)
        return outputs

    def _room(self, count):
        """Allocate the memory for `count` pictures and prepare the steps that write to it.

        Rooms are kept for the next batch, since fresh memory takes longer than the work in it.
        """
        found, steps = [self._values(prod(self._layers[0].input_shape), count)], []
        for layer in self._layers:
            first, *others = (found[place] for place in layer.inputs)
            if layer.type == "flatten":
                found.append(first)
                continue
            if layer.type == "relu" and layer.name in self._in_place:
                values = first
            else:
                values = self._values(prod(layer.output_shape), count)
            found.append(values)
            known = values[:-2]
            if layer.type == "relu":
                # With the number 0 instead of zeros NumPy takes three times as long.
                zeros = numpy.zeros_like(known)
                steps.append(partial(numpy.maximum, first[:-2], zeros, out=known))
            elif layer.type == "concatenate":
                parts = [part[:-2] for part in (first, *others)]
                steps.append(partial(numpy.concatenate, parts, out=known))
            elif layer.type == "add":
                steps.append(partial(numpy.copyto, known, first[:-2]))
                steps += [partial(numpy.add, known, other[:-2], out=known) for other in others]
            elif layer.type == "upsample":
                steps.append(partial(first.take, self._rows[layer.name], 0, known, "clip"))
            elif layer.type == "global_average_pooling":
                pixels = first[:-2].reshape(len(known), prod(layer.input_shape[1:]), count)
                steps.append(partial(numpy.mean, pixels, axis=1, out=known))
            else:
                steps += self._product(layer, first, known, count)
        return _Room(found[0][:-2], steps, found[-1][:-2])

    def _product(self, layer, inputs, known, count):
        """Return the steps of a dense layer or a convolution that write its sums to `known`."""
        weights, steps, columns = self._weights[layer.name], [], inputs[:-1]
        if layer.kernel:
            rows = self._rows[layer.name]
            windows = numpy.empty((*rows.shape, count), self._dtype)
            steps.append(partial(inputs.take, rows, 0, windows, "clip"))
            columns = windows.reshape(len(windows), -1)
        return [*steps, partial(weights.dot, columns, known.reshape(len(weights), -1))]

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
    (top, left), (down, right), (skip, step) = layer.padding, layer.stride, layer.dilation
    channels, height, width = layer.input_shape
    padded = numpy.full((channels, height + 2 * top, width + 2 * left), size + 1)
    inside = padded[:, top : top + height, left : left + width]
    inside[...] = numpy.arange(size).reshape(layer.input_shape)
    plane, row, pixel = padded.strides
    rows = as_strided(
        padded,
        (channels, *layer.kernel, *layer.output_shape[1:]),
        (plane, row * skip, pixel * step, row * down, pixel * right),
        writeable=False,
    ).reshape(-1, prod(layer.output_shape[1:]))
    return numpy.vstack([rows, numpy.full((1, rows.shape[1]), size)])


def _enlarged(layer):
    """Return the row of the value that each value of a larger picture repeats."""
    rows = numpy.arange(prod(layer.input_shape)).reshape(layer.input_shape)
    return rows.repeat(layer.factor, axis=1).repeat(layer.factor, axis=2).ravel()


def softmax(sums):
    """Turn logits `(n, letters)` into probabilities, in place; stable for any finite logits."""
    sums -= sums.max(axis=1, keepdims=True)
    numpy.exp(sums, out=sums)
    sums /= sums.sum(axis=1, keepdims=True)
    return sums
