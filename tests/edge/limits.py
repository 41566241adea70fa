"""How much is too much."""

import contextlib
import math
import os
import time
import tracemalloc
from types import SimpleNamespace

EMULATED = "EDGE_EMULATED" in os.environ


def seconds(limit):
    """Return the limit, or none where an emulated processor (`make pi`) has a clock of its own."""
    return math.inf if EMULATED else limit


@contextlib.contextmanager
def measured():
    """Return what has, after the block, its `seconds` of work and its peak `memory` in bytes."""
    cost = SimpleNamespace()
    tracemalloc.start()
    start = time.process_time()
    try:
        yield cost
    finally:
        cost.seconds = time.process_time() - start
        cost.memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
