"""Smaller copies of large pictures, with NumPy: whole squares of pixels become their mean."""

import numpy

# Rows handled at once: numbers wide enough for sums take many times the memory of the pixels.
_STRIPE_ROWS = 256


def factor(width, height, least):
    """Return the largest whole factor that leaves the shorter side at least `least` pixels."""
    return max(1, min(width, height) // least)


def multiple(rows, by):
    """Return a multiple of `by` near this number of rows, and at least `by`."""
    return max(1, round(rows / by)) * by


def reduced(pixels, by):
    """Return an array `(height, width, channels)` with every square of `by * by` pixels one.

    Of two or four channels the last is alpha, by which the colours of a square are weighed. Rows
    and columns that fill no square are left out.
    """
    if by == 1:
        return pixels
    rows, height = multiple(_STRIPE_ROWS, by), len(pixels) // by * by
    return numpy.concatenate(
        [_reduced(pixels[at : min(at + rows, height)], by) for at in range(0, height, rows)]
    )


def of_planes(planes, least):
    """Return `edge.decode.png.Planes`, reduced, as a uint8 array `(height, width, 3 or 4)`."""
    by = factor(planes.width, planes.height, least)
    gray = planes.red is planes.green is planes.blue
    used = [planes.red] if gray else planes[2:5]
    if planes.alpha is not None:
        used = [*used, planes.alpha]
    shape = planes.height, planes.width
    used = [numpy.frombuffer(plane, numpy.uint8).reshape(shape) for plane in used]
    rows, height = multiple(_STRIPE_ROWS, by), planes.height // by * by
    stripes = [
        reduced(numpy.stack([plane[at : min(at + rows, height)] for plane in used], axis=2), by)
        for at in range(0, height, rows)
    ]
    return coloured(numpy.concatenate(stripes))


def coloured(pixels):
    """Return an array `(height, width, 1 to 4)` as one of three colours, and alpha if not opaque.

    The one or two channels of a gray picture give three colours.
    """
    channels = pixels.shape[2]
    if channels in (2, 4) and pixels[:, :, -1].min() == 255:
        pixels = pixels[:, :, :-1]
    if channels < 3:
        pixels = pixels[:, :, [0, 0, 0, 1][: 2 + pixels.shape[2]]]
    return numpy.ascontiguousarray(pixels)


def _reduced(pixels, by):
    count, kind = by * by, pixels.dtype
    plain = _sums(pixels, by)
    plain += count // 2
    plain //= count
    channels = pixels.shape[2]
    alpha = pixels[:, :, -1:]
    if channels % 2 or alpha.min() == alpha.max():
        return plain.astype(kind)
    # What is transparent has no colour, whatever stands there; squares of nothing else keep theirs.
    shares = _sums(alpha.astype(numpy.uint64), by)
    weighed = _sums(pixels[:, :, :-1].astype(numpy.uint64) * alpha, by)
    weighed += shares // 2
    weighed //= numpy.maximum(shares, 1)
    colours = numpy.where(shares > 0, weighed, plain[:, :, :-1])
    return numpy.concatenate([colours, plain[:, :, -1:]], axis=2).astype(kind)


def _sums(pixels, by):
    """Sum squares: rows first, whose pixels lie side by side, and then channel by channel."""
    height, width, channels = len(pixels) // by, pixels.shape[1] // by, pixels.shape[2]
    pixels = pixels[:, : width * by]
    wide = numpy.uint16 if pixels.itemsize == 1 and by <= 16 else numpy.uint64
    rows = pixels[::by].astype(wide)
    for below in range(1, by):
        rows += pixels[below::by]
    squares = rows.reshape(height, width, by, channels)
    sums = squares[:, :, 0].copy()
    for beside in range(1, by):
        for channel in range(channels):
            sums[:, :, channel] += squares[:, :, beside, channel]
    return sums
