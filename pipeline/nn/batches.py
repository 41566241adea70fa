"""Mini-batches, gathered ahead of the step that learns from them."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy
from numpy import ndarray

# How much is gathered at a time: enough that handing over costs little, and little enough that it
# stays in the processor's cache.
BLOCK_BYTES = 1 << 20

Prepare = Callable[[ndarray, numpy.random.Generator], ndarray]
PreparePairs = Callable[[ndarray, ndarray, numpy.random.Generator], tuple[ndarray, ndarray]]


def batches(
    inputs: ndarray,
    labels: ndarray,
    order: ndarray,
    batch_size: int,
    *,
    shape: tuple[int, ...],
    dtype: numpy.dtype,
    rng: numpy.random.Generator,
    prepare: Prepare | None = None,
    prepare_pairs: PreparePairs | None = None,
) -> Iterator[tuple[ndarray, ndarray]]:
    """Yield `(rows, labels)`, `batch_size` examples at a time in `order`, the last batch smaller.

    `rows` is `(m, *shape)` of `dtype` and valid until the next batch. A thread of its own gathers
    the examples ahead and applies `prepare(examples, rng)`, or `prepare_pairs(examples, labels,
    rng)` to examples and labels, always in the same order, so that the same `rng` gives the same
    numbers.
    """
    count = len(order)
    example_bytes = math.prod(shape) * dtype.itemsize
    per_block = max(1, BLOCK_BYTES // (batch_size * example_bytes)) * batch_size
    blocks = [numpy.empty((min(per_block, count), *shape), dtype) for _ in range(2)]

    def gather(start: int, block: ndarray) -> tuple[ndarray, ndarray]:
        chosen = order[start : start + per_block]
        chosen_labels = labels[chosen]
        if prepare_pairs is not None:
            examples, chosen_labels = prepare_pairs(inputs[chosen], chosen_labels, rng)
            block[: len(chosen)] = examples.reshape(len(chosen), *shape)
        elif prepare is not None:
            block[: len(chosen)] = prepare(inputs[chosen], rng).reshape(len(chosen), *shape)
        else:
            # With mode="raise", numpy.take would make a copy first.
            numpy.take(inputs, chosen, axis=0, out=block[: len(chosen)], mode="clip")
        return block, chosen_labels

    with ThreadPoolExecutor(1) as worker:
        ahead = worker.submit(gather, 0, blocks[0])
        for number, start in enumerate(range(0, count, per_block), 1):
            block, block_labels = ahead.result()
            if start + per_block < count:
                ahead = worker.submit(gather, start + per_block, blocks[number % 2])
            for first in range(0, min(per_block, count - start), batch_size):
                batch_labels = block_labels[first : first + batch_size]
                yield block[first:][: len(batch_labels)], batch_labels
