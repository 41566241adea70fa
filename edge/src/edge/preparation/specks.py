"""Specks: ink that is too little for a stroke."""

from collections import defaultdict

from edge.preparation.gray import MARKS

# Beside noise, ink that weighs less than this share of the most that hangs together is a speck. The
# dots of an Ё weigh more, even by a thin pen.
SPECK = 1 / 120


def without_specks(ink, width):
    """Keep the ink that hangs together, also by corners, if it is enough for a stroke.

    Connected components by union-find over runs of ink in a row.
    """
    marks = ink.translate(MARKS)
    runs, parents, above = [], [], []
    for start in range(0, len(ink), width):
        stop, row = start + width, []
        first = marks.find(1, start, stop)
        while first >= 0:
            end = marks.find(0, first, stop)
            end = stop if end < 0 else end
            row.append(len(runs))
            runs.append((first, end))
            parents.append(len(parents))
            first = marks.find(1, end, stop)
        for run in row:
            first, end = (place - width for place in runs[run])
            for other in above:
                if runs[other][0] <= end and first <= runs[other][1]:
                    parents[_root(parents, other)] = _root(parents, run)
        above = row
    weights = defaultdict(int)
    for run, (first, end) in enumerate(runs):
        weights[_root(parents, run)] += sum(ink[first:end])
    least = max(weights.values()) * SPECK
    kept = bytearray(len(ink))
    for run, (first, end) in enumerate(runs):
        if weights[_root(parents, run)] >= least:
            kept[first:end] = ink[first:end]
    return bytes(kept)


def _root(parents, run):
    """Follow the parents to the run that stands for all that hangs together."""
    while parents[run] != run:
        parents[run] = run = parents[parents[run]]
    return run
