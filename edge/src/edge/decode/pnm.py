"""PBM, PGM and PPM, plain (P1 to P3) and raw (P4 to P6): what cameras and scripts write."""

import re
import sys
from array import array

from edge.decode import png

# Width, height and maxval, and all comments between them, end within this many bytes.
MAXIMUM_HEADER_BYTES = 1 << 16

# A plain picture is read in pieces of this size: its words take ten times the memory.
_PIECE_BYTES = 1 << 16

_SPACE = b" \t\n\v\f\r"
_MAGIC = re.compile(rb"P[1-6][ \t\n\v\f\r#]")
_BLANK = re.compile(rb"[ \t\n\v\f\r]+|#[^\r\n]*")
_NUMBER = re.compile(rb"[0-9]{1,10}(?=[ \t\n\v\f\r#])")
_ANY_SPACE = re.compile(rb"[ \t\n\v\f\r]")
# Several in one match: a picture may consist of empty comments.
_COMMENTS = re.compile(rb"(?:#[^\r\n]*[\r\n]*)+")
_LINE_END = re.compile(rb"[\r\n]")


class PnmError(ValueError):
    """Bytes that are not a whole, valid PBM, PGM or PPM."""


def recognised(data):
    """Return whether the bytes begin like one of the six kinds."""
    return _MAGIC.match(data) is not None


def size(data):
    """Return width and height of a PBM, PGM or PPM from its header alone; raises PnmError."""
    return _header(data)[:2]


def planes(data):
    """Decode the bytes of a PBM, PGM or PPM into `edge.decode.png.Planes`; raises PnmError."""
    kind = data[1] - ord("0")
    width, height, maxval, position = _header(data)
    channels = 3 if kind in (3, 6) else 1
    count = width * height * channels
    if kind == 1:
        samples = _plain_bits(data, position, count)
    elif kind < 4:
        samples = _plain(data, position, count, _levels(maxval))
    else:
        raster = _raster(data, position)
        samples = _raw_bits(raster, width, height) if kind == 4 else _raw(raster, count, maxval)
    colours = [samples[channel::channels] for channel in range(channels)]
    return png.joined(width, height, colours)


def _header(data):
    """Return width, height, maxval and the position after them."""
    width, position = _number(data, 2, "width")
    height, position = _number(data, position, "height")
    if not width or not height:
        raise PnmError(f"{width} x {height} pixels, expected at least 1 a side")
    if width * height > png.MAXIMUM_PIXELS:
        raise PnmError(f"{width} x {height} pixels, more than the limit of {png.MAXIMUM_PIXELS:,}")
    maxval = 1
    if data[1:2] not in b"14":
        maxval, position = _number(data, position, "maxval")
        if not 0 < maxval < 1 << 16:
            raise PnmError(f"maxval {maxval}, expected 1 to 65535")
    return width, height, maxval, position


def _number(data, position, what):
    """Skip space and comments, then read a number; return it and the position after it."""
    while match := _BLANK.match(data, position, MAXIMUM_HEADER_BYTES):
        position = match.end()
    match = _NUMBER.match(data, position)
    if not match:
        found = repr(data[position : position + 10])[1:] if position < len(data) else "the end"
        raise PnmError(f"no {what}: expected a whole number and a space, found {found}")
    return int(match.group()), match.end()


def _raster(data, position):
    """Return the bytes after the one white space, or the comment, that ends the header."""
    if data[position : position + 1] == b"#":
        match = _LINE_END.search(data, position)
        position = match.start() if match else len(data)
    return memoryview(data)[position + 1 :]


def _sized(raster, size):
    if len(raster) < size:
        raise PnmError(f"cut short: {len(raster)} bytes of pixels, expected {size}")
    if len(raster) > size:
        raise PnmError(f"{len(raster) - size} bytes after the picture, whose pixels take {size}")
    return bytes(raster)


def _raw_bits(raster, width, height):
    stride = -(-width // 8)
    bits = png.spread(_sized(raster, stride * height), stride, width, 1)
    return bits.translate(b"\xff" + bytes(255))  # a bit that is set is ink


def _raw(raster, count, maxval):
    if maxval == 255:
        return _sized(raster, count)
    levels = _levels(maxval)
    if maxval < 256:
        samples = _sized(raster, count)
        if beyond := samples.translate(None, bytes(range(maxval + 1))):
            raise PnmError(f"a sample of {beyond[0]}, more than the maxval of {maxval}")
        return samples.translate(levels + bytes(255 - maxval))
    samples = array("H", _sized(raster, 2 * count))
    if sys.byteorder == "little":
        samples.byteswap()
    return _scaled(samples, levels)


def _levels(maxval):
    """Return the 8-bit level of every sample from 0 to `maxval`."""
    return bytes([round(value / maxval * 255) for value in range(maxval + 1)])


def _scaled(samples, levels):
    try:
        return bytes(map(levels.__getitem__, samples))
    except IndexError:
        beyond = f"a sample of {max(samples)}, more than the maxval of {len(levels) - 1}"
        raise PnmError(beyond) from None


def _plain_bits(data, position, count):
    """Read the digits of a plain bitmap, which need no space between them."""
    bits = bytearray()
    for piece in _pieces(data, position):
        digits = piece.translate(None, _SPACE)
        if unknown := digits.translate(None, b"01"):
            raise PnmError(f"a byte {unknown[0]:02x} among the pixels, expected 0 or 1")
        bits += digits
        _not_beyond(bits, count)
    return _complete(bits, count).translate(b"\xff" * ord("1") + bytes(256 - ord("1")))


def _plain(data, position, count, levels):
    """Read the decimal numbers of a plain graymap or pixmap."""
    samples = bytearray()
    for piece in _pieces(data, position):
        if unknown := piece.translate(None, b"0123456789" + _SPACE):
            raise PnmError(f"a byte {unknown[0]:02x} among the pixels, expected whole numbers")
        words = piece.split()
        if words and max(map(len, words)) > 10:
            raise PnmError("a sample of more than 10 digits")
        samples += _scaled(list(map(int, words)), levels)
        _not_beyond(samples, count)
    return _complete(samples, count)


def _not_beyond(samples, count):
    if len(samples) > count:
        raise PnmError(f"more than the {count} samples of the picture")


def _complete(samples, count):
    if len(samples) < count:
        raise PnmError(f"cut short: {len(samples)} samples, expected {count}")
    return bytes(samples)


def _pieces(data, position):
    """Yield a plain raster without its comments, in pieces that cut no word and no comment."""
    while position < len(data):
        match = _ANY_SPACE.search(data, position + _PIECE_BYTES)
        end = match.end() if match else len(data)
        piece = data[position:end]
        if piece.rfind(b"#") > max(piece.rfind(b"\n"), piece.rfind(b"\r")):
            match = _LINE_END.search(data, end)
            end = match.end() if match else len(data)
            piece = data[position:end]
        yield _COMMENTS.sub(b"\n", piece)
        position = end
