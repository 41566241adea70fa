"""The same function on many items, on every core."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy  # noqa: F401 - so that a process can limit its BLAS before it begins
from rich.progress import track
from threadpoolctl import threadpool_limits


def map_all(
    function: Callable, items: Sequence, description: str, chunk: int = 1, threads: int = 1
) -> list:
    """Call `function`, defined in a module, on every item and return the results in order.

    A process takes `chunk` items at a time and uses `threads` threads; a bar with the description
    shows the progress.
    """
    pool = ProcessPoolExecutor(
        max(1, multiprocessing.cpu_count() // threads),
        # The same on every system, and safe beside the thread that draws the progress bar.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(threads,),
    )
    try:
        return list(track(pool.map(function, items, chunksize=chunk), description, len(items)))
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(threads: int) -> None:
    # Ctrl-C reaches the processes too, and ends them without a word: only their parent answers it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # More threads than processors only hinder each other. NumPy has its BLAS loaded by now.
    threadpool_limits(threads)
