"""Shapes in a mask: what hangs together, and how large, where and how compact it is."""

from collections import namedtuple

import numpy

Shapes = namedtuple("Shapes", "areas centres roundness solidity corners")
Shapes.__doc__ = """Areas `(n,)` in pixels and centres `(n, 2)`, x and y, of n shapes, float64.

`roundness` is that of the ellipse with the same second moments, its shorter axis by its longer one;
`solidity` is 1 for a full parallelogram, less the more of it is missing or sticks out. `corners`
`(n, 4, 2)` are the middles of the pixels furthest to the upper left, the upper right, the lower
right and the lower left."""


def found(mask, least):
    """Return the `Shapes` of at least so many pixels in a mask, bool `(height, width)`.

    Pixels hang together by sides.
    """
    height, width = mask.shape
    padded = numpy.zeros((height, width + 2), numpy.int8)
    padded[:, 1:-1] = mask
    steps = numpy.diff(padded.ravel())
    # A run is from where the mask begins to where it ends, in places of the padded rows.
    first, stop = numpy.flatnonzero(steps == 1) + 1, numpy.flatnonzero(steps == -1) + 1
    labels = _joined(first, stop, width + 2)
    lengths = (stop - first).astype(float)
    areas = numpy.bincount(labels, lengths)
    kept = numpy.flatnonzero(areas >= least)
    areas = areas[kept]

    def sums(values):
        return numpy.bincount(labels, values)[kept]

    y = (first // (width + 2)).astype(float)
    x = first % (width + 2) - 1 + (lengths - 1) / 2
    across, down = sums(lengths * x) / areas, sums(lengths * y) / areas
    # Of a run of n pixels alone, the variance is (n^2 - 1) / 12; of a pixel's area 1/12 more.
    xx = sums(lengths * (x**2 + lengths**2 / 12)) / areas - across**2
    yy = sums(lengths * (y**2 + 1 / 12)) / areas - down**2
    xy = sums(lengths * x * y) / areas - across * down
    determinant = numpy.maximum(xx * yy - xy**2, 1e-9)
    half, spread = (xx + yy) / 2, numpy.hypot((xx - yy) / 2, xy)
    roundness = numpy.sqrt(numpy.maximum(half - spread, 0) / (half + spread))
    # A parallelogram's area is 12 times the root of that determinant.
    solidity = areas / 12 / numpy.sqrt(determinant)
    left = first % (width + 2) - 1
    right = left + stop - first - 1
    corners = [
        _furthest(labels, kept, x, y, ways)
        for x, ways in ((left, (-1, -1)), (right, (1, -1)), (right, (1, 1)), (left, (-1, 1)))
    ]
    centres = numpy.stack([across, down], axis=1)
    return Shapes(areas, centres, roundness, solidity, numpy.stack(corners, axis=1))


def _furthest(labels, kept, x, y, ways):
    """Return where each shape's ends of runs `(x, y)` are furthest along both of two ways."""
    order = numpy.lexsort((-(ways[0] * x + ways[1] * y), labels))
    found, place = numpy.unique(labels[order], return_index=True)
    furthest = order[place[numpy.searchsorted(found, kept)]]
    return numpy.stack([x[furthest], y[furthest]], axis=1)


def _joined(first, stop, width):
    """Return for each run, in the order of the places, the number of a run that it hangs with."""
    # The runs of the row above that end behind the beginning of a run, and begin before its end.
    low = numpy.searchsorted(stop, first - width, side="right")
    high = numpy.searchsorted(first, stop - width, side="left")
    counts = numpy.maximum(high - low, 0)
    below = numpy.repeat(numpy.arange(len(first)), counts)
    above = numpy.arange(counts.sum()) + numpy.repeat(low - counts.cumsum() + counts, counts)
    labels = numpy.arange(len(first))
    while True:
        one, other = labels[above], labels[below]
        apart = one != other
        if not apart.any():
            return labels
        above, below, one, other = above[apart], below[apart], one[apart], other[apart]
        # The larger root hangs under the smaller one, and every run under its root.
        numpy.minimum.at(labels, numpy.maximum(one, other), numpy.minimum(one, other))
        while (labels[labels] != labels).any():
            labels = labels[labels]
