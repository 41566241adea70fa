"""Work that is alike for every picture, on every core."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

from rich.progress import track


def map_all(
    function: Callable, items: Sequence, description: str, chunk: int = 1, threads: int = 1
) -> list:
    """Call `function`, one of a module, on every item and give the results in their order.

    A process takes `chunk` items at a time and uses so many `threads`; a bar with the description
    shows how far it is.
    """
    pool = ProcessPoolExecutor(
        max(1, multiprocessing.cpu_count() // threads),
        # Alike on every system, and safe beside the thread that draws the progress bar.
        mp_context=multiprocessing.get_context("spawn"),
        # Ctrl-C reaches the processes too, and ends them without a word: only this one answers it.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        return list(track(pool.map(function, items, chunksize=chunk), description, len(items)))
    finally:
        pool.shutdown(cancel_futures=True)
