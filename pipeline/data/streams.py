"""The random streams: each purpose draws from a generator of its own."""

import numpy

# The numbers are part of every result: a new purpose takes a new number.
STREAMS = {
    "split": 1,
    "training": 2,
    "folds of doubt": 3,
    "training of doubt": 4,
    "row of a table": 5,
    "points of a function": 6,
    "approximation": 7,
    "augmentation shown": 8,
    "changes of a letter": 9,
    "scenes": 10,
    "validation scenes": 11,
    "ink training": 12,
    "composed letters": 13,
    "scenes shown": 14,
    "letters taught": 15,
}


def stream(seed: int, purpose: str, *further: int) -> numpy.random.Generator:
    """Return a new generator for one of `STREAMS`; `further` numbers divide a purpose again."""
    return numpy.random.default_rng([seed, STREAMS[purpose], *further])
