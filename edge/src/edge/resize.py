"""Any part of a picture at any size, and the mean around each of its pixels."""

import numpy


def resized(pictures, box, size):
    """Return the part of pictures `(..., height, width)` in `box` at `size` pixels a side, float32.

    `box` is `(top, left, bottom, right)` in pixels, with fractions; it may reach beyond the
    picture, where what stands at the border goes on. Each pixel is the mean around it, with weights
    that fall off linearly over a pixel of the result or of the source, whichever is larger.
    """
    top, left, bottom, right = box
    height, width = pictures.shape[-2:]
    first, last, down = weights(top, bottom, height, size)
    start, stop, across = weights(left, right, width, size)
    part = pictures[..., first:last, start:stop]
    return down @ part.astype(numpy.float32) @ across.T


def weights(start, stop, length, size):
    """Return which pixels of a `length` the stretch from `start` to `stop` needs, seen as `size`.

    The first, the last, exclusive, and their weights, float32 `(size, needed)`.
    """
    step = (stop - start) / size
    reach = max(step, 1)
    centres = start + step * (numpy.arange(size) + 0.5)
    first = int(min(max(centres[0] - reach, 0), length - 1))
    last = int(min(max(centres[-1] + reach + 1, first + 1), length))
    pixels = numpy.arange(first, last) + 0.5
    centres = numpy.clip(centres, pixels[0], pixels[-1])
    shares = numpy.maximum(1 - abs(centres[:, None] - pixels) / reach, 0)
    shares /= shares.sum(axis=1, keepdims=True)
    return first, last, shares.astype(numpy.float32)


def mean_around(values, before, behind):
    """Return the mean of a square around each of the values `(height, width)`, float64.

    Down and across it begins so many places `before` a value and ends so many `behind`, exclusive;
    what is beyond the border does not count.
    """
    for _ in range(2):
        # Down, then across.
        places, count = numpy.arange(len(values)), len(values)
        sums = numpy.concatenate([numpy.zeros((1, values.shape[1])), values.cumsum(axis=0)])
        low, high = numpy.maximum(places - before, 0), numpy.minimum(places + behind, count)
        values = ((sums[high] - sums[low]) / (high - low)[:, None]).T
    return values
