"""Mini-batches, gathered ahead of the step that learns from them."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy

# BLAS computes whole blocks of rows: with 16 rows a product takes two thirds of the time it takes
# with 15. So a batch is handed out with the rows after it, up to a multiple of this.
ROW_BLOCK = 4

# How much is gathered at a time. Large enough that handing over costs nothing beside the work,
# small enough to stay in the processor's cache.
BLOCK_BYTES = 1 << 20

Prepare = Callable[[numpy.ndarray, numpy.random.Generator], numpy.ndarray]


def batches(
    inputs: numpy.ndarray,
    labels: numpy.ndarray,
    order: numpy.ndarray,
    batch_size: int,
    *,
    shape: tuple[int, ...],
    dtype: numpy.dtype,
    rng: numpy.random.Generator,
    prepare: Prepare | None = None,
    row_block: int = ROW_BLOCK,
) -> Iterator[tuple[numpy.ndarray, numpy.ndarray]]:
    """Yield `(rows, labels)`, `batch_size` examples at a time in `order`, the last batch smaller.

    `rows` is `(m, *shape)` of `dtype` and may be longer than `labels`, to a multiple of
    `row_block`: the rows beyond are other examples or zeros. It lives until the next batch. A
    thread of its own gathers the examples ahead and passes them through `prepare(examples, rng)`
    where there is one, always in the same order, so that the same `rng` gives the same numbers.
    """
    count = len(order)
    example_bytes = math.prod(shape) * dtype.itemsize
    per_block = max(1, BLOCK_BYTES // (batch_size * example_bytes)) * batch_size
    block_shape = (min(per_block, count) + row_block - 1, *shape)
    blocks = [numpy.zeros(block_shape, dtype) for _ in range(2)]
    shuffled_labels = labels[order]

    def gather(start: int, block: numpy.ndarray) -> numpy.ndarray:
        chosen = order[start : start + per_block]
        if prepare is not None:
            block[: len(chosen)] = prepare(inputs[chosen], rng).reshape(len(chosen), *shape)
        else:
            # mode="clip" only because "raise" would go through a copy.
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
                rows = -(-len(batch_labels) // row_block) * row_block
                yield block[first - start : first - start + rows], batch_labels
