"""The forward pass with NumPy, in float32."""

import os
from collections import namedtuple
from functools import partial
from itertools import product
from math import prod

import numpy
from numpy.lib.stride_tricks import as_strided

from edge import pack as packs
from edge.ink import ink
from edge.layers import FUNCTIONS, POOLINGS, layers

# Pictures computed at a time: the values of more would not fit the processor's cache.
BATCH_SIZE = 32

# Of windows, about this many values are in memory at a time, for the same reason.
_MOST_VALUES = 1 << 17

# Products of at most this many multiplications OpenBLAS computes without copying its operands, if
# it can, in 0.7 of the time: of 16 outputs at a time.
_SMALL, _KERNEL = 10**6, 16

# The memory in which a batch is computed: once `inputs` are written and each of `steps` is called,
# without arguments, `outputs` are the last layer's. Both are `(places, channels, pictures)`.
_Room = namedtuple("_Room", "inputs steps outputs")


def parameters(pack, dtype=numpy.float32, prefix=""):
    """Return the networks' tensors by name as arrays of `dtype`; fp16 is storage, fp32 arithmetic.

    Only those whose names begin with `prefix`, and without it.
    """
    arrays = {}
    for name, tensor in pack.tensors.items():
        if not name.startswith(prefix) or name == packs.LANGUAGE:
            continue
        stored = f"<{packs.CODES[tensor.dtype]}"
        raw = numpy.frombuffer(pack.data, stored, prod(tensor.shape), tensor.offset)
        arrays[name[len(prefix) :]] = raw.reshape(tensor.shape).astype(dtype)
    return arrays


class Network:
    """A network, described as in a pack, with its weights arranged for matrix products.

    The values of a batch are `(places + 2, channels, pictures)`, so that windows are gathered by
    places, all channels of all pictures at once, and each place's sums are a product of their own;
    a vector has one place. The last two places are ones, which the biases are multiplied by, and
    zeros, which pad the pictures.

    Batches are computed in `threads` at a time; more than one is slower if BLAS has its own.
    Raises PackError if the sums may exceed the range of float32, for inputs of at most `largest`.
    """

    def __init__(self, description, arrays, threads=1, largest=1.0):
        self._dtype = next(iter(arrays.values())).dtype
        self._threads = threads
        self._layers = layers(description)
        self._weights = {}  # by layer, `(inputs, outputs)`, with the rows for the ones at the end
        self._functions = {}  # by layer, of values and where to write
        self._places = {}  # by layer, those of the values that it takes
        takers = [[] for _ in range(len(self._layers) + 1)]
        for layer in self._layers:
            for place in layer.inputs:
                takers[place].append(layer.type)
        # Where nobody else takes its input, a function overwrites it.
        self._in_place = {layer.name for layer in self._layers if len(takers[layer.inputs[0]]) == 1}
        # The shapes of the values in memory: a picture that only dense layers take flat stays one,
        # since their weights can be put in its order.
        self._shapes = [self._layers[0].input_shape]
        for layer, its_takers in zip(self._layers, takers[1:]):
            flat = layer.type == "flatten" and {*its_takers} <= {"dense"}
            self._shapes.append(self._shapes[layer.inputs[0]] if flat else layer.output_shape)
        bounds = [largest]  # of the values, whatever the picture
        for layer in self._layers:
            bound = max(1.0, *(bounds[place] for place in layer.inputs))
            if layer.type == "add":
                bound = sum(bounds[place] for place in layer.inputs)
            if layer.type in ("convolution", "dense"):
                weights, bias = (arrays[f"{layer.name}/{name}"] for name in ("weights", "bias"))
                channels, *sides = self._shapes[layer.inputs[0]]
                sides = layer.kernel or sides
                weights = weights.reshape(channels, prod(sides), len(bias)).swapaxes(0, 1)
                # A window takes a one for each channel, of which the bias needs the first.
                ones = numpy.zeros((channels if layer.kernel else 1, len(bias)), self._dtype)
                ones[0] = bias
                weights = numpy.vstack([weights.reshape(-1, len(bias)), ones])
                self._weights[layer.name] = weights
                bound = abs(weights).astype(numpy.float64).sum(axis=0).max() * bound
            if layer.type in FUNCTIONS:
                # Not above: most networks must not wait for it.
                from edge.functions import bound_of, function_of

                self._functions[layer.name] = function_of(layer, arrays)
                bound = bound_of(self._functions[layer.name], layer.input_shape[0], bound)
            if not bound < numpy.finfo(numpy.float32).max / 2:
                raise packs.PackError(packs.NO_PROBABILITY)
            if layer.type in POOLINGS:
                self._places[layer.name] = _pooled(layer)
            elif layer.kernel:
                self._places[layer.name] = _windows(layer)
            elif layer.factor:
                self._places[layer.name] = _enlarged(layer)
            bounds.append(bound)
        self._spare = []

    def __getstate__(self):
        """Leave out the memory of batches: the views in a room that is copied are none any more."""
        return {**self.__dict__, "_spare": []}

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
        count = len(inputs)
        if room is None or room.inputs.shape[2] != count:
            room = self._room(count)
        places, channels, _ = room.inputs.shape
        room.inputs[...] = inputs.reshape(count, channels, places).T
        for step in room.steps:
            step()
        outputs = room.outputs.T.copy().reshape(count, prod(room.outputs.shape[:2]))
        if len(self._spare) < self._threads:
            self._spare.append(room)
        return outputs

    def _room(self, count):
        """Allocate the memory for `count` pictures and prepare the steps that write to it.

        Rooms are kept for the next batch, since fresh memory takes longer than the work in it.
        """
        found, steps = [self._values(self._shapes[0], count)], []
        for layer, shape in zip(self._layers, self._shapes[1:]):
            first, *others = (found[place] for place in layer.inputs)
            if layer.type == "flatten" and shape == self._shapes[layer.inputs[0]]:
                found.append(first)
                continue
            if layer.type in ("relu", *FUNCTIONS) and layer.name in self._in_place:
                values = first
            else:
                values = self._values(shape, count)
            found.append(values)
            known = values[:-2]
            if layer.type == "relu":
                # With the number 0 instead of zeros NumPy takes three times as long.
                zeros = numpy.zeros_like(known)
                steps.append(partial(numpy.maximum, first[:-2], zeros, out=known))
            elif layer.type in FUNCTIONS:
                steps.append(partial(self._functions[layer.name], first[:-2], known))
            elif layer.type in POOLINGS:
                steps += self._pooling(layer, first, known)
            elif layer.type == "flatten":
                places = first[:-2].swapaxes(0, 1)
                steps.append(partial(numpy.copyto, known.reshape(places.shape), places))
            elif layer.type == "concatenate":
                parts = [part[:-2] for part in (first, *others)]
                steps.append(partial(numpy.concatenate, parts, axis=1, out=known))
            elif layer.type == "add":
                steps.append(partial(numpy.copyto, known, first[:-2]))
                steps += [partial(numpy.add, known, other[:-2], out=known) for other in others]
            elif layer.type == "upsample":
                steps.append(partial(first.take, self._places[layer.name], 0, known, "clip"))
            elif layer.type == "global_average_pooling":
                steps.append(partial(numpy.mean, first[:-2], axis=0, keepdims=True, out=known))
            elif layer.type == "dense":
                weights = self._weights[layer.name]
                columns = first.reshape(prod(first.shape[:2]), count)[: len(weights)]
                steps.append(_product(weights, columns, known[0]))
            else:
                steps += self._convolution(layer, first, known)
        return _Room(found[0][:-2], steps, found[-1][:-2])

    def _convolution(self, layer, inputs, known):
        """Return the steps of a convolution that write its products to `known`."""
        places, (_, channels, count) = self._places[layer.name], inputs.shape
        weights = self._weights[layer.name].reshape(-1, channels, known.shape[1])
        sums, steps, last = known.reshape(*places.shape[:2], *known.shape[1:]), [], []
        # For one picture, more steps take longer than the products that they save.
        parts = [...]
        if count > 1:
            parts = _parts(places == len(inputs) - 1, channels * count)
            if channels > 1:
                # As large as the sums of a place: NumPy's inner loops are as long.
                bias = weights[-1, :1].T.repeat(count, axis=1)
                last = [partial(numpy.add, known, bias, out=known)]
                places, weights = places[..., :-1], weights[:-1]
        for part in parts:
            # What is padding in all of these windows needs no product.
            inside = (places[part] < len(inputs) - 1).any(axis=(0, 1))
            some = places[part].compress(inside, axis=2)
            windows = numpy.empty((*some.shape, channels, count), self._dtype)
            factors = weights if inside.all() else weights[inside]
            factors = factors.reshape(-1, known.shape[1])
            columns = windows.reshape(*some.shape[:2], len(factors), count)
            steps.append(partial(inputs.take, some, 0, windows, "clip"))
            steps.append(_product(factors, columns, sums[part]))
        return steps + last

    def _pooling(self, layer, inputs, known):
        """Return the steps of a pooling, one for each place in its windows."""
        (first, *others), counts = self._places[layer.name]
        join = numpy.maximum if layer.type == "max_pooling" else numpy.add
        steps, part = [partial(inputs.take, first, 0, known, "clip")], numpy.empty_like(known)
        for places in others:
            steps.append(partial(inputs.take, places, 0, part, "clip"))
            steps.append(partial(join, known, part, out=known))
        if layer.type == "average_pooling":
            steps.append(partial(numpy.divide, known, counts.astype(self._dtype), out=known))
        return steps

    def _values(self, shape, count):
        values = numpy.empty((prod(shape[1:]) + 2, shape[0], count), self._dtype)
        values[-2:] = [[[1]], [[0]]]
        return values


def processors():
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def _product(weights, columns, sums):
    """Return the step that multiplies `weights` by `columns` and writes to `sums`.

    They are `(inputs, outputs)`, `(..., inputs, pictures)` and `(..., outputs, pictures)`.
    """
    (inputs, outputs), count = weights.shape, sums.shape[-1]
    if count == 1:
        rows = columns.reshape(-1, inputs)
        return partial(rows.dot, weights, sums.reshape(len(rows), outputs))
    divisors = [n for n in range(1, outputs + 1) if outputs % (n * _KERNEL) == 0]
    parts = next((n for n in divisors if weights.size * count <= n * _SMALL), 1)
    factors = numpy.ascontiguousarray(weights.T).reshape(parts, -1, inputs)
    sums = sums.reshape(*sums.shape[:-2], *factors.shape[:2], count)
    return partial(numpy.matmul, factors, columns[..., None, :, :], sums)


def _windows(layer):
    """Return the places that each window takes, the last that of the ones: `(height, width, n)`."""
    (top, left), (down, right), (skip, step) = layer.padding, layer.stride, layer.dilation
    height, width = layer.input_shape[1:]
    size = height * width
    padded = numpy.full((height + 2 * top, width + 2 * left), size + 1)
    padded[top : top + height, left : left + width] = numpy.arange(size).reshape(height, width)
    row, pixel = padded.strides
    places = as_strided(
        padded,
        (*layer.output_shape[1:], *layer.kernel),
        (row * down, pixel * right, row * skip, pixel * step),
        writeable=False,
    ).reshape(*layer.output_shape[1:], -1)
    return numpy.pad(places, ((0, 0), (0, 0), (0, 1)), constant_values=size)


def _pooled(layer):
    """Return the place of each value of a window, `(values, windows)`, and how many there are.

    The counts, `(windows, 1, 1)`, leave out what lies beyond the picture: in its place stands a
    pixel of the same window for a maximum, and the last place, of zeros, for a mean.
    """
    shape = layer.input_shape[1:], layer.output_shape[1:], layer.kernel, layer.stride, layer.padding
    axes = [
        (length, numpy.arange(window)[:, None] + step * numpy.arange(count) - before)
        for length, count, window, step, before in zip(*shape)
    ]
    rows, columns = (numpy.clip(found, 0, length - 1) for length, found in axes)
    places = rows[:, None, :, None] * layer.input_shape[2] + columns[:, None]
    down, across = ((found >= 0) & (found < length) for length, found in axes)
    inside = (down[:, None, :, None] & across[:, None]).reshape(prod(layer.kernel), -1)
    places = places.reshape(inside.shape)
    if layer.type == "average_pooling":
        places = numpy.where(inside, places, prod(layer.input_shape[1:]) + 1)
    return places, inside.sum(axis=0)[:, None, None]


def _parts(padding, values):
    """Return parts of a picture, `(rows, columns)`, whose windows all need the same products.

    `padding` `(height, width, n)` says which of the places that a window takes are padding; each
    has `values`.
    """
    most = max(1, _MOST_VALUES // (padding[0].size * max(values, 1)))
    rows = _bands(padding.all(axis=1), most)
    return list(product(rows, _bands(padding.all(axis=0), padding.shape[1])))


def _bands(blank, most):
    """Part the first axis of an array into slices of at most `most` where all rows are equal."""
    starts = [0]
    for line in range(1, len(blank)):
        if line - starts[-1] == most or (blank[line] != blank[line - 1]).any():
            starts.append(line)
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(blank)])]


def _enlarged(layer):
    """Return the place of the value that each value of a larger picture repeats."""
    places = numpy.arange(prod(layer.input_shape[1:])).reshape(layer.input_shape[1:])
    return places.repeat(layer.factor, axis=0).repeat(layer.factor, axis=1).ravel()


def softmax(sums):
    """Turn logits `(n, letters)` into probabilities, in place; stable for any finite logits."""
    sums -= sums.max(axis=1, keepdims=True)
    numpy.exp(sums, out=sums)
    sums /= sums.sum(axis=1, keepdims=True)
    return sums
