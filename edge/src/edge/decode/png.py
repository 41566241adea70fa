"""A PNG decoder on the standard library (W3C Portable Network Graphics, third edition).

Made for pictures of letters, which are mostly blank, in plain Python: whole rows and planes are
handled as `bytes`, and single pixels only where a filter leaves no other way. Of an animation the
default image is read. Bytes after IEND are ignored, as by libpng.
"""

import zlib
from collections import namedtuple
from itertools import accumulate

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# A photograph of 12 megapixels is read in the memory of a small Raspberry Pi; a picture that claims
# more pixels than this is refused before anything is unpacked.
MAXIMUM_PIXELS = 4096 * 4096

Planes = namedtuple("Planes", "width height red green blue alpha")
Planes.__doc__ = """A picture as 8-bit planes, width * height bytes each.

The three colours of a gray picture are one object; `alpha` is None if all pixels are opaque."""

# Colour type: channels and allowed bit depths (section 11.2.1).
_KINDS = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
_PALETTE = 3

_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4

# Adam7: first column, first row, column step, row step (section 8.2).
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

# Translates every byte but zero to one, so that `find` and `split` see them all.
_NONZERO = b"\0" + b"\1" * 255

_BYTES = [bytes((value,)) for value in range(256)]

_Header = namedtuple("_Header", "width height depth colour channels interlaced")


class PngError(ValueError):
    """Bytes that are not a whole, valid PNG."""


def planes(data):
    """Decode the bytes of a PNG into `Planes`, 16 bits as their high byte; raises PngError."""
    header, palette, transparency, compressed = _parse(data)
    samples = _samples(header, compressed)
    alpha = None
    if header.colour == _PALETTE:
        samples, alpha = _paint(samples[0], palette, transparency)
    else:
        if transparency is not None:
            alpha = _key_alpha(header, samples, transparency)
        if header.depth == 16:
            samples = samples[::2]
        elif header.depth < 8:
            scale = 255 // ((1 << header.depth) - 1)
            samples = [samples[0].translate(bytes(min(255, v * scale) for v in range(256)))]
        if header.channels in (2, 4):
            alpha = samples.pop()
    return joined(header.width, header.height, samples, alpha)


def joined(width, height, colours, alpha=None):
    """Return planes of gray or of three colours as `Planes`, without an `alpha` that is opaque."""
    red, green, blue = colours * 3 if len(colours) == 1 else colours
    opaque = alpha == b"\xff" * (width * height)
    return Planes(width, height, red, green, blue, None if opaque else alpha)


def _parse(data):
    """Check the chunks and their order (section 5.6); return what the pixels are made from."""
    if data[:8] != SIGNATURE:
        found = f"begins with {data[:8].hex(' ')}" if data else "empty"
        raise PngError(f"not a PNG: {found}, expected {SIGNATURE.hex(' ')}")
    header = palette = transparency = previous = None
    compressed = []
    for kind, body in _chunks(data):
        if (header is None) != (kind == b"IHDR"):
            raise PngError("IHDR is not the first chunk" if header is None else "a second IHDR")
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"PLTE":
            if palette is not None or transparency is not None or compressed:
                raise PngError("PLTE is out of place: expected once, before tRNS and IDAT")
            palette = _palette(header, body)
        elif kind == b"tRNS":
            if transparency is not None or compressed:
                raise PngError("tRNS is out of place: expected once, before IDAT")
            transparency = _transparency(header, palette, body)
        elif kind == b"IDAT":
            if compressed and previous != b"IDAT":
                raise PngError("the IDAT chunks are not consecutive")
            if header.colour == _PALETTE and palette is None:
                raise PngError("no PLTE before the image data of a palette picture")
            compressed.append(body)
        elif kind == b"IEND":
            if body:
                raise PngError(f"IEND holds {len(body)} bytes, expected none")
        elif kind[:1].isupper():
            raise PngError(f"unknown critical chunk {kind.decode('ascii')}")
        previous = kind
    if not compressed:
        raise PngError("no image data: IDAT is missing")
    return header, palette, transparency, b"".join(compressed)


def _chunks(data):
    """Yield each chunk's type and body up to IEND, its checksum checked (section 5.3)."""
    position = len(SIGNATURE)
    kind = None
    while kind != b"IEND":
        start = position + 8
        kind = data[position + 4 : start]
        if len(kind) < 4:
            raise PngError("cut short: the last chunk is not IEND")
        if not kind.isalpha():
            raise PngError(f"a chunk of type {kind.hex(' ')}, expected four letters")
        length = int.from_bytes(data[position : position + 4], "big")
        position = start + length + 4
        if position > len(data):
            left = f"{len(data) - start} bytes left for chunk {kind.decode('ascii')}"
            raise PngError(f"cut short: {left}, expected {length + 4}")
        body = data[start : start + length]
        found, expected = data[position - 4 : position], zlib.crc32(body, zlib.crc32(kind))
        if int.from_bytes(found, "big") != expected:
            damage = f"checksum {found.hex()}, expected {expected:08x}"
            raise PngError(f"chunk {kind.decode('ascii')} is damaged: {damage}")
        yield kind, body


def _header(body):
    if len(body) != 13:
        raise PngError(f"IHDR holds {len(body)} bytes, expected 13")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    depth, colour, compression, filtering, interlacing = body[8:]
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise PngError(f"{width} x {height} pixels, expected 1 to {(1 << 31) - 1:,} a side")
    if width * height > MAXIMUM_PIXELS:
        raise PngError(f"{width} x {height} pixels, more than the limit of {MAXIMUM_PIXELS:,}")
    if colour not in _KINDS or depth not in _KINDS[colour][1]:
        raise PngError(f"colour type {colour} with bit depth {depth} does not exist")
    if compression or filtering or interlacing > 1:
        found = f"compression {compression}, filter {filtering}, interlacing {interlacing}"
        raise PngError(f"{found}: expected 0, 0, and 0 or 1")
    return _Header(width, height, depth, colour, _KINDS[colour][0], interlacing == 1)


def _palette(header, body):
    if header.colour in (0, 4):
        raise PngError("PLTE in a gray picture")
    count, rest = divmod(len(body), 3)
    most = 1 << header.depth if header.colour == _PALETTE else 256
    if rest or not 0 < count <= most:
        raise PngError(f"PLTE holds {len(body)} bytes, expected 3 to {3 * most} by threes")
    return body


def _transparency(header, palette, body):
    if header.colour in (4, 6):
        raise PngError("tRNS in a picture that has an alpha channel")
    if header.colour == _PALETTE:
        if palette is None:
            raise PngError("tRNS before PLTE")
        if len(body) > len(palette) // 3:
            raise PngError(f"tRNS holds {len(body)} bytes for {len(palette) // 3} colours")
    elif len(body) != 2 * header.channels:
        raise PngError(f"tRNS holds {len(body)} bytes, expected {2 * header.channels}")
    return body


def _samples(header, compressed):
    """Unpack the image data into lanes of one byte a pixel: a sample, or one of its two bytes."""
    bits = header.channels * header.depth
    parts = []
    for x, y, dx, dy in _PASSES if header.interlaced else ((0, 0, 1, 1),):
        width, height = -(-(header.width - x) // dx), -(-(header.height - y) // dy)
        if width > 0 and height > 0:
            parts.append((x, y, dx, dy, width, height, -(-width * bits // 8)))
    sizes = [height * (1 + stride) for *_, height, stride in parts]
    whole = []
    for data, (x, y, dx, dy, width, height, stride) in zip(_inflated(compressed, sizes), parts):
        lanes = _unfilter(data, stride, max(1, bits // 8))
        if header.depth < 8:
            lanes = [spread(lanes[0], stride, width, header.depth)]
        if not header.interlaced:
            whole = lanes
            continue
        whole = whole or [bytearray(header.width * header.height) for _ in lanes]
        for lane, target in zip(lanes, whole):
            for row in range(height):
                start = (y + row * dy) * header.width
                pixels = lane[row * width : (row + 1) * width]
                target[start + x : start + header.width : dx] = pixels
    for number, lane in enumerate(whole):
        whole[number] = bytes(lane)
    return whole


def _inflated(compressed, sizes):
    """Yield parts of these sizes; a stream of another length is never unpacked whole."""
    stream, found, expected = zlib.decompressobj(), 0, sum(sizes)
    # After the last part one more byte is asked for: there must be none, and the stream must end.
    for size in [*sizes, 1]:
        try:
            data = bytearray(stream.decompress(compressed, size))
        except zlib.error:
            raise PngError("the image data is no valid zlib stream") from None
        compressed = stream.unconsumed_tail
        found += len(data)
        if found > expected or (len(data) < size and found < expected):
            found = found if found < expected else "more"
            raise PngError(f"the image data has {found} bytes, expected {expected}")
        if data:
            yield data
    if not stream.eof:
        raise PngError("the zlib stream of the image data does not end")
    if stream.unused_data:
        raise PngError(f"{len(stream.unused_data)} bytes after the zlib stream of the image data")


def _unfilter(data, stride, step):
    """Undo the filters of one pass (section 9.2) and return its `step` lanes.

    A filter works on bytes `step` apart, so that every such lane is a picture of its own.
    """
    filters = bytes(data[:: stride + 1])
    if unknown := filters.translate(None, b"\0\1\2\3\4"):
        raise PngError(f"filter {unknown[0]} does not exist")
    del data[:: stride + 1]
    lanes, filtered = [], None
    for first in range(step):
        before, filtered = filtered, bytes(data[first::step])
        # Gray saved as RGB has equal lanes.
        same = filtered == before
        lanes.append(lanes[-1] if same else _unfilter_lane(filters, filtered, stride // step))
    return lanes


def _unfilter_lane(filters, lane, width):
    if filters == bytes(len(filters)) or lane == bytes(len(lane)):
        return lane
    blank = previous = bytes(width)
    whole = bytearray()
    for kind, start in zip(filters, range(0, len(lane), width)):
        line = lane[start : start + width]
        if line == blank:
            # The row is its own prediction: zero for Sub, the row above for Up and Paeth.
            if kind in (_UP, _PAETH):
                line = previous
            elif kind == _AVERAGE:
                line = _add_average(line, previous)
        # Above nothing but zeros, the predictor of Paeth is that of Sub.
        elif kind == _SUB or (kind == _PAETH and previous == blank):
            line = _add_left(line)
        elif kind == _UP:
            line = _add_up(line, previous)
        elif kind == _AVERAGE:
            line = _add_average(line, previous)
        elif kind == _PAETH:
            line = _add_paeth(line, previous)
        whole += line
        previous = line
    return bytes(whole)


def _add_left(line):
    if line.count(0) * 4 < len(line) * 3:
        return bytes([value & 255 for value in accumulate(line)])
    # Mostly zeros: the value changes at few places and is repeated in between.
    first, *gaps = line.translate(_NONZERO).split(b"\1")
    values = accumulate(line.translate(None, b"\0"))
    return first + b"".join(
        [_BYTES[value & 255] * (1 + len(gap)) for value, gap in zip(values, gaps)]
    )


def _add_up(line, previous):
    """Add two rows, byte by byte modulo 256, as if each were one number."""
    a, b = int.from_bytes(line, "little"), int.from_bytes(previous, "little")
    low = int.from_bytes(b"\x7f" * len(line), "little")
    total = ((a & low) + (b & low)) ^ ((a ^ b) & ~low)
    return total.to_bytes(len(line), "little")


def _add_average(line, previous):
    row, left = bytearray(), 0
    append = row.append
    for value, up in zip(line, previous):
        left = (value + (left + up >> 1)) & 255
        append(left)
    return bytes(row)


def _add_paeth(line, previous):
    """Undo Paeth (section 9.4), a window of pixels at a time.

    If a pixel equals the one above, zeros after it copy the row above: a window ends there.
    """
    marks, window = line.translate(_NONZERO), 256
    row, left, up = bytearray(), 0, 0
    append = row.append
    position = marks.find(1)
    while 0 <= position < len(line):
        if position > len(row):
            row += previous[len(row) : position]
            left = up = row[-1]
        corner, end = up, position + window
        for value, up in zip(line[position:end], previous[position:end]):
            if left == corner:
                left = up
            elif up != corner:
                estimate = left + up - corner
                from_left, from_up = abs(estimate - left), abs(estimate - up)
                from_corner = abs(estimate - corner)
                if from_up < from_left and from_up <= from_corner:
                    left = up
                elif from_corner < from_left:
                    left = corner
            left = (left + value) & 255
            append(left)
            corner = up
            if left == up and not value:
                break
        position = marks.find(1, len(row)) if left == up else len(row)
    return bytes(row + previous[len(row) :])


def spread(lane, stride, width, depth):
    """Return packed samples of 1, 2 or 4 bits as one byte each, without the padding of the rows."""
    count = 8 // depth
    spread = bytearray(len(lane) * count)
    for place in range(count):
        # The sample at this place of every byte from 0 to 255, the first place highest.
        shift = 8 - depth * (place + 1)
        period = b"".join([_BYTES[sample] * (1 << shift) for sample in range(1 << depth)])
        spread[place::count] = lane.translate(period * (256 // len(period)))
    for length in range(stride * count, width, -1):
        del spread[length - 1 :: length]
    return bytes(spread)


def _paint(indices, palette, transparency):
    """Return the planes of the colours, and of alpha or None, for palette indices."""
    count = len(palette) // 3
    if unknown := indices.translate(None, bytes(range(count))):
        raise PngError(f"colour {unknown[0]} of a palette of {count}")
    palette += bytes(768 - len(palette))
    colours = [indices.translate(palette[channel::3]) for channel in range(3)]
    if transparency is None:
        return colours, None
    return colours, indices.translate(transparency + b"\xff" * (256 - len(transparency)))


def _key_alpha(header, samples, transparency):
    """Return the alpha plane: 0 where all of a pixel's samples equal the colour that tRNS names."""
    key = transparency
    if header.depth < 16:
        # Only the low bits count (section 11.3.1.1).
        mask = (1 << header.depth) - 1
        key = bytes(value & mask for value in transparency[1::2])
    equal = -1
    for lane, value in zip(samples, key):
        matches = bytearray(256)
        matches[value] = 255
        equal &= int.from_bytes(lane.translate(matches), "little")
    alpha = equal.to_bytes(header.width * header.height, "little")
    return alpha.translate(bytes(range(255, -1, -1)))
