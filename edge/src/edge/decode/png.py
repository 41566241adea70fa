"""A PNG decoder on the standard library (W3C Portable Network Graphics, third edition).

Made for pictures of letters, which are mostly blank, in plain Python: whole rows and planes are
handled as `bytes`, and single pixels only where a filter leaves no other way. Of an animation the
default image is read. Bytes after IEND are ignored, as by libpng.
"""

from collections import namedtuple
from itertools import accumulate

from edge.decode.chunks import (
    MAXIMUM_PIXELS,
    PALETTE,
    SIGNATURE,
    PngError,
    inflated,
    read,
)

__all__ = ["MAXIMUM_PIXELS", "SIGNATURE", "Planes", "PngError", "joined", "planes", "upright"]

Planes = namedtuple("Planes", "width height red green blue alpha")
Planes.__doc__ = """A picture as 8-bit planes, width * height bytes each.

The three colours of a gray picture are one object; `alpha` is None if all pixels are opaque."""

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


def planes(data, strict=False):
    """Decode the bytes of a PNG into `Planes` of the pixels as they are stored; raises PngError.

    Of 16 bits the high byte is taken. Unless `strict`, faults that leave no doubt about the pixels
    are passed over.
    """
    return _planes(read(data, strict), _high_bytes, strict)


def upright(data):
    """Decode a PNG into `Planes` as a letter is read: as `planes` does, but for two things.

    The picture is turned as its EXIF data says, and 16 bits are shifted so that the largest sample
    fills a byte, as cameras of 10 or 12 bits leave the upper ones empty.
    """
    parts = read(data)
    picture = _planes(parts, filled)
    if parts.exif is None:
        return picture
    from edge.decode import exif

    return exif.turned(picture, parts.exif)


def _planes(parts, bytes_of, strict=False):
    header = parts.header
    samples = _samples(header, parts.compressed, strict)
    alpha = None
    if header.colour == PALETTE:
        samples, alpha = _paint(samples[0], parts.palette, parts.transparency)
    else:
        if parts.transparency is not None:
            alpha = _key_alpha(header, samples, parts.transparency)
        if header.channels in (2, 4):
            alpha = samples[-2 if header.depth == 16 else -1]
            samples = samples[: -2 if header.depth == 16 else -1]
        if header.depth == 16:
            samples = bytes_of(samples)
        elif header.depth < 8:
            scale = 255 // ((1 << header.depth) - 1)
            samples = [samples[0].translate(bytes(min(255, v * scale) for v in range(256)))]
    return joined(header.width, header.height, samples, alpha)


def _high_bytes(lanes):
    return lanes[::2]


def filled(lanes):
    """Shift 16-bit samples, high bytes and low bytes by turns, so that the largest fills a byte."""
    shift = max(map(max, lanes[::2])).bit_length()
    if shift == 8:
        return lanes[::2]
    upper = bytes(value << (8 - shift) & 255 for value in range(256))
    lower = bytes(value >> shift for value in range(256))
    return [
        _either(high.translate(upper), low.translate(lower))
        for high, low in zip(lanes[::2], lanes[1::2])
    ]


def _either(one, other):
    bits = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return bits.to_bytes(len(one), "little")


def joined(width, height, colours, alpha=None):
    """Return planes of gray or of three colours as `Planes`, without an `alpha` that is opaque."""
    red, green, blue = colours * 3 if len(colours) == 1 else colours
    opaque = alpha == b"\xff" * (width * height)
    return Planes(width, height, red, green, blue, None if opaque else alpha)


def _samples(header, compressed, strict):
    """Unpack the image data into lanes of one byte a pixel: a sample, or one of its two bytes."""
    bits = header.channels * header.depth
    parts = passes(header)
    sizes = [height * (1 + stride) for *_, height, stride in parts]
    whole = []
    stripes = inflated(compressed, sizes, strict)
    for data, (x, y, dx, dy, width, height, stride) in zip(stripes, parts):
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


def passes(header):
    """Return first column and row, both steps, width, height and bytes a row of every pass."""
    found, bits = [], header.channels * header.depth
    for x, y, dx, dy in _PASSES if header.interlaced else ((0, 0, 1, 1),):
        width, height = -(-(header.width - x) // dx), -(-(header.height - y) // dy)
        if width > 0 and height > 0:
            found.append((x, y, dx, dy, width, height, -(-width * bits // 8)))
    return found


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
