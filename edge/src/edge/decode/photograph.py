"""A PNG of many pixels, decoded with NumPy in stripes that are reduced as they come."""

import numpy

from edge.decode import chunks, exif, png, reduction, wavefront


def pixels(data, least):
    """Decode the bytes of a PNG into a uint8 array `(height, width, 3 or 4)`; raises PngError.

    It is turned upright and reduced to what leaves the shorter side at least `least` pixels, and
    16 bits are shifted so that the largest sample fills a byte.
    """
    parts = chunks.read(data)
    header = parts.header
    ((*_, stride),) = png.passes(header._replace(interlaced=False))
    lanes = max(1, header.channels * header.depth // 8)
    if header.interlaced or not wavefront.worthwhile(header.height, stride // lanes, lanes):
        return reduction.of_planes(png.upright(data), least)
    by = reduction.factor(header.width, header.height, least)
    stripes, most = [], 0
    for rows in _unfiltered(parts, stride, lanes, by):
        samples = _samples(header, rows)
        if header.depth == 16:
            most = max(most, int(samples[:, :, : 3 if header.channels > 2 else 1].max()))
        painted = _painted(parts, samples)
        # The last rows may fill no square.
        if len(rows) >= by:
            stripes.append(reduction.reduced(painted, by))
    picture = numpy.concatenate(stripes)
    if header.depth == 16:
        picture = _bytes(picture, max(0, most.bit_length() - 8))
    return reduction.coloured(exif.turned_array(picture, parts.exif))


def _unfiltered(parts, stride, lanes, by):
    """Yield stripes of a multiple of `by` rows, uint8 `(rows, width, lanes)`, without filters."""
    height = parts.header.height
    count = reduction.multiple(wavefront.block_rows(height, lanes), by)
    sizes = [min(count, height - at) * (1 + stride) for at in range(0, height, count)]
    above = numpy.zeros((stride // lanes, lanes), numpy.uint8)
    for part in chunks.inflated(parts.compressed, sizes):
        whole = numpy.frombuffer(part, numpy.uint8).reshape(-1, 1 + stride)
        filters = whole[:, 0]
        if filters.max() > 4:
            raise chunks.PngError(f"filter {filters[filters > 4][0]} does not exist")
        rows = whole[:, 1:].reshape(len(whole), -1, lanes)
        step = wavefront.block_rows(len(rows), lanes)
        for at in range(0, len(rows), step):
            block = rows[at : at + step]
            wavefront.unfilter(block, filters[at : at + step], above)
            above = block[-1]
        yield rows


def _samples(header, rows):
    """Return samples `(rows, width, channels)`, uint16 of 16 bits, else uint8."""
    if header.depth == 16:
        return numpy.ascontiguousarray(rows).view(">u2").astype(numpy.uint16)
    if header.depth == 8:
        return rows
    shifts = numpy.arange(8 - header.depth, -1, -header.depth, dtype=numpy.uint8)
    spread = rows >> shifts & numpy.uint8((1 << header.depth) - 1)
    return spread.reshape(len(rows), -1)[:, : header.width, numpy.newaxis]


def _painted(parts, samples):
    """Return samples as gray or three colours, and alpha if there is any."""
    header, transparency = parts.header, parts.transparency
    if header.colour == chunks.PALETTE:
        return _palette(parts)[_known(samples[:, :, 0], len(parts.palette) // 3)]
    scale = 255 // ((1 << header.depth) - 1) or 1
    painted = samples * numpy.uint8(scale) if scale > 1 else samples
    if transparency is None:
        return painted
    # Only the low bits count (section 11.3.1.1).
    key = numpy.frombuffer(transparency, ">u2") & ((1 << header.depth) - 1)
    opaque = (samples != key.astype(samples.dtype)).any(axis=2, keepdims=True)
    alpha = opaque * samples.dtype.type(65535 if header.depth == 16 else 255)
    return numpy.concatenate([painted, alpha], axis=2)


def _known(indices, count):
    if (highest := indices.max()) >= count:
        raise chunks.PngError(f"colour {highest} of a palette of {count}")
    return indices


def _palette(parts):
    colours = numpy.frombuffer(parts.palette, numpy.uint8).reshape(-1, 3)
    if parts.transparency is None:
        return colours
    alpha = numpy.full((len(colours), 1), 255, numpy.uint8)
    alpha[: len(parts.transparency), 0] = numpy.frombuffer(parts.transparency, numpy.uint8)
    return numpy.concatenate([colours, alpha], axis=1)


def _bytes(picture, shift):
    """Shift the colours of 16 bits, and take the high byte of alpha."""
    shifts = numpy.full(picture.shape[2], shift, numpy.uint16)
    if picture.shape[2] in (2, 4):
        shifts[-1] = 8
    return (picture >> shifts).astype(numpy.uint8)
