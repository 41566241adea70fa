"""NumPy scales letters to the same bytes as the standard library does."""

import random

import pytest

pytest.importorskip("numpy")

from edge.preparation import scaling
from edge.reading import placing


@pytest.mark.parametrize("seed", range(20))
def test_numpy_gives_the_same_bytes(seed):
    rng = random.Random(seed)
    for _ in range(20):
        height, width = (rng.choice([1, 2, 7, 23, 24, 25, 28, 41, 90]) for _ in range(2))
        share = rng.choice([0.1, 0.5, 1])
        rows = [
            bytes(rng.randrange(256) if rng.random() < share else 0 for _ in range(width))
            for _ in range(height)
        ]
        rows[-1] = rows[-1][:-1] + b"\x01"
        assert placing.placed(rows) == scaling.placed(rows)
