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
) -> Iterator[tuple[ndarray, ndarray]]:
    """Yield `(rows, labels)`, `batch_size` examples at a time in `order`, the last batch smaller.

    `rows` is `(m, *shape)` of `dtype` and valid until the next batch. A thread of its own gathers
    the examples ahead and applies `prepare(examples, rng)`, always in the same order, so that the
    same `rng` gives the same numbers.
    """
    count = len(order)
    example_bytes = math.prod(shape) * dtype.itemsize
    per_block = max(1, BLOCK_BYTES // (batch_size * example_bytes)) * batch_size
    blocks = [numpy.empty((min(per_block, count), *shape), dtype) for _ in range(2)]
    shuffled_labels = labels[order]

    def gather(start: int, block: ndarray) -> ndarray:
        chosen = order[start : start + per_block]
        if prepare is not None:
            block[: len(chosen)] = prepare(inputs[chosen], rng).reshape(len(chosen), *shape)
        else:
            # With mode="raise", numpy.take would make a copy first.
            numpy.take(inputs, chosen, axis=0, out=block[: len(chosen)], mode="clip")
        return block

    with ThreadPoolExecutor(1) as worker:
        ahead = worker.submit(gather, 0, blocks[0])
        for number, start in enumerate(range(0, count, per_block), 1):
            block = ahead.result()
            if start + per_block < count:
                ahead = worker.submit(gather, start + per_block, blocks[number % 2])
            for first in range(start, min(start + per_block, count), batch_size):
                batch_labels = shuffled_labels[first : first + batch_size]
                yield block[first - start :][: len(batch_labels)], batch_labels
