"""A PNG decoder on the standard library (W3C Portable Network Graphics, third edition).

Made for pictures of letters, mostly blank, in plain Python: whole rows and planes are handled as
`bytes`, and single pixels are touched only where a filter leaves no other way.
"""

import zlib
from collections import namedtuple
from itertools import accumulate

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# A photograph of 48 megapixels is read; what claims more is refused before anything is unpacked.
MAXIMUM_PIXELS = 50_000_000

Image = namedtuple("Image", "width height rgba")
Image.__doc__ = "A picture as 8-bit RGBA bytes, 4 * width * height of them."

Planes = namedtuple("Planes", "width height red green blue alpha")
Planes.__doc__ = """A picture as 8-bit planes, width * height bytes each.

The three colours of a gray picture are one object; `alpha` is None where all pixels are opaque."""

# Colour type: channels and allowed bit depths (section 11.2.1).
_KINDS = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
_PALETTE = 3

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

_Header = namedtuple("_Header", "width height depth colour channels interlaced")


class PngError(ValueError):
    """Bytes that are no whole, valid PNG."""


def decode(data):
    """Decode a PNG into an `Image`; 16-bit samples keep their high byte. Raises PngError."""
    picture = planes(data)
    rgba = bytearray(b"\xff") * (4 * picture.width * picture.height)
    for channel, plane in enumerate(picture[2:]):
        if plane is not None:
            rgba[channel::4] = plane
    return Image(picture.width, picture.height, bytes(rgba))


def planes(data):
    """Decode a PNG into `Planes`, which is quicker where the caller works on planes anyway."""
    header, palette, transparency, compressed = _parse(data)
    samples = _samples(header, compressed)
    if header.colour == _PALETTE:
        return _paint(header, samples[0], palette, transparency)
    alpha = None
    if transparency is not None:
        alpha = _key_alpha(header, samples, transparency)
    if header.depth == 16:
        samples = samples[::2]
    elif header.depth < 8:
        scale = 255 // ((1 << header.depth) - 1)
        samples = [samples[0].translate(bytes(min(255, v * scale) for v in range(256)))]
    if header.channels in (2, 4):
        alpha = samples.pop()
    red, green, blue = samples * 3 if len(samples) == 1 else samples
    return Planes(header.width, header.height, red, green, blue, alpha)


def _parse(data):
    """Check the chunks and their order (section 5.6); return what the pixels are made from."""
    if data[:8] != SIGNATURE:
        raise PngError("not a PNG" if data else "empty, not a PNG")
    header = palette = transparency = None
    compressed, previous = [], None
    for kind, body in _chunks(data):
        if (header is None) != (kind == b"IHDR"):
            raise PngError("IHDR is not the first chunk" if header is None else "a second IHDR")
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"PLTE":
            if palette is not None or transparency is not None or compressed:
                raise PngError("PLTE is out of place")
            if header.colour in (0, 4):
                raise PngError("a palette in a gray picture")
            palette = _palette(header, body)
        elif kind == b"tRNS":
            if transparency is not None or compressed:
                raise PngError("tRNS is out of place")
            transparency = _transparency(header, palette, body)
        elif kind == b"IDAT":
            if compressed and previous != b"IDAT":
                raise PngError("the IDAT chunks are not consecutive")
            if header.colour == _PALETTE and palette is None:
                raise PngError("no palette before the image data")
            compressed.append(body)
        elif kind == b"IEND":
            if body:
                raise PngError(f"IEND holds {len(body)} bytes, expected none")
            if not compressed:
                raise PngError("no image data")
            return header, palette, transparency, b"".join(compressed)
        elif not kind[0] & 0x20:
            raise PngError(f"unknown critical chunk {kind.decode('ascii')}")
        previous = kind
    raise PngError("cut short: no IEND")


def _chunks(data):
    """Give every chunk's type and body up to IEND; what follows it is not read."""
    position = len(SIGNATURE)
    kind = None
    while kind != b"IEND":
        if position + 12 > len(data):
            raise PngError("cut short")
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        end = position + 12 + length
        if not kind.isalpha():
            raise PngError("a chunk without a proper type")
        if end > len(data):
            raise PngError(f"cut short in chunk {kind.decode('ascii')}")
        if zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise PngError(f"chunk {kind.decode('ascii')} is damaged: wrong checksum")
        yield kind, data[position + 8 : end - 4]
        position = end


def _header(body):
    if len(body) != 13:
        raise PngError(f"IHDR holds {len(body)} bytes, expected 13")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    depth, colour, compression, filtering, interlacing = body[8:]
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise PngError(f"{width} x {height} pixels is no size")
    if width * height > MAXIMUM_PIXELS:
        raise PngError(f"{width} x {height} pixels, more than {MAXIMUM_PIXELS:,}")
    if colour not in _KINDS or depth not in _KINDS[colour][1]:
        raise PngError(f"colour type {colour} with bit depth {depth} does not exist")
    if compression or filtering or interlacing > 1:
        raise PngError(
            f"compression {compression}, filter {filtering}, interlacing {interlacing}: "
            "expected 0, 0, and 0 or 1"
        )
    return _Header(width, height, depth, colour, _KINDS[colour][0], interlacing == 1)


def _palette(header, body):
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
            raise PngError("tRNS before the palette")
        if not 0 < len(body) <= len(palette) // 3:
            raise PngError(f"tRNS holds {len(body)} bytes for {len(palette) // 3} colours")
    elif len(body) != 2 * header.channels:
        raise PngError(f"tRNS holds {len(body)} bytes, expected {2 * header.channels}")
    return body


def _samples(header, compressed):
    """Unpack the image data into lanes of one byte a pixel: a sample, or one of its two bytes."""
    depth, channels = header.depth, header.channels
    passes = _PASSES if header.interlaced else ((0, 0, 1, 1),)
    sizes = [
        (-(-(header.width - x) // dx), -(-(header.height - y) // dy)) for x, y, dx, dy in passes
    ]
    strides = [-(-width * channels * depth // 8) if height > 0 else 0 for width, height in sizes]
    expected = sum(
        height * (1 + stride) for (_, height), stride in zip(sizes, strides) if stride > 0
    )
    data = _inflate(compressed, expected)
    whole, position = None, 0
    for (x, y, dx, dy), (width, height), stride in zip(passes, sizes, strides):
        if stride <= 0 or height <= 0:
            continue
        end = position + height * (1 + stride)
        lanes = _unfilter(data[position:end], stride, max(1, channels * depth // 8))
        position = end
        if depth < 8:
            lanes = [_expand(lanes[0], stride, width, depth)]
        if not header.interlaced:
            return lanes
        if whole is None:
            whole = [bytearray(header.width * header.height) for _ in lanes]
        for lane, target in zip(lanes, whole):
            for row in range(height):
                start = (y + row * dy) * header.width
                target[start + x : start + header.width : dx] = lane[
                    row * width : (row + 1) * width
                ]
    return [bytes(lane) for lane in whole]


def _inflate(compressed, expected):
    """Decompress exactly `expected` bytes; a stream of another length is never unpacked whole."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(compressed, expected + 1)
    except zlib.error:
        raise PngError("the image data is no valid zlib stream") from None
    if len(data) < expected:
        raise PngError(f"{len(data)} bytes of image data, expected {expected}")
    if len(data) > expected or not stream.eof or stream.unused_data:
        raise PngError(f"the image data is not {expected} bytes and the end of its stream")
    return data


def _unfilter(data, stride, step):
    """Undo the filters of one pass (section 9.2) and return its `step` lanes.

    A filter works on bytes `step` apart, so that every such lane is a picture of its own.
    """
    filters = data[:: stride + 1]
    if max(filters) > 4:
        raise PngError(f"filter {max(filters)} does not exist")
    rows = [data[start + 1 : start + 1 + stride] for start in range(0, len(data), stride + 1)]
    body = b"".join(rows)
    return [_unfilter_lane(filters, body[lane::step], stride // step) for lane in range(step)]


def _unfilter_lane(filters, lane, width):
    if filters.count(0) == len(filters) or lane.count(0) == len(lane):
        return lane
    blank = previous = bytes(width)
    rows = []
    for row, kind in enumerate(filters):
        line = lane[row * width : (row + 1) * width]
        # Above nothing but zeros, the predictor of Paeth is that of Sub.
        if kind == 1 or (kind == 4 and previous == blank):
            line = _add_left(line)
        elif kind == 2:
            line = _add_up(line, previous)
        elif kind == 3:
            line = _add_average(line, previous)
        elif kind == 4:
            line = _add_paeth(line, previous)
        rows.append(line)
        previous = line
    return b"".join(rows)


def _add_left(line):
    core = line.strip(b"\0")
    if not core:
        return line
    start = len(line) - len(line.lstrip(b"\0"))
    sums = bytes([value & 255 for value in accumulate(core)])
    return bytes(start) + sums + sums[-1:] * (len(line) - start - len(core))


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
    # Left of the first byte that is not zero in either row, all is zero.
    start = len(line) - max(len(line.lstrip(b"\0")), len(previous.lstrip(b"\0")))
    row, left, corner = bytearray(start), 0, 0
    append = row.append
    for value, up in zip(line[start:], previous[start:]):
        if left == corner:
            left = up
        elif up != corner:
            estimate = left + up - corner
            from_left, from_up = abs(estimate - left), abs(estimate - up)
            from_corner = abs(estimate - corner)
            if from_up < from_left and from_up <= from_corner:
                left = up
            elif from_corner < from_left and from_corner < from_up:
                left = corner
        left = (left + value) & 255
        append(left)
        corner = up
    return bytes(row)


def _expand(lane, stride, width, depth):
    """Spread packed samples of 1, 2 or 4 bits over a byte each, raw."""
    mask, shifts = (1 << depth) - 1, range(8 - depth, -1, -depth)
    table = [bytes(byte >> shift & mask for shift in shifts) for byte in range(256)]
    rows = range(0, len(lane), stride)
    return b"".join(
        b"".join([table[byte] for byte in lane[row : row + stride]])[:width] for row in rows
    )


def _paint(header, indices, palette, transparency):
    colours = len(palette) // 3
    if max(indices) >= colours:
        raise PngError(f"colour {max(indices)} of a palette of {colours}")
    palette += bytes(768 - len(palette))
    red, green, blue = (indices.translate(palette[channel::3]) for channel in range(3))
    alpha = None
    if transparency is not None:
        alpha = indices.translate(transparency + b"\xff" * (256 - len(transparency)))
    return Planes(header.width, header.height, red, green, blue, alpha)


def _key_alpha(header, samples, transparency):
    """Make the pixels of the one colour that tRNS names transparent, comparing whole samples."""
    # Below 16 bits a sample's value is the low byte of its pair.
    key = transparency if header.depth == 16 else transparency[1::2]
    if header.depth < 16 and any(transparency[::2]):
        return None
    equal = -1
    for lane, value in zip(samples, key):
        matches = bytearray(256)
        matches[value] = 255
        equal &= int.from_bytes(lane.translate(matches), "little")
    size = header.width * header.height
    return equal.to_bytes(size, "little").translate(bytes(range(255, -1, -1)))
