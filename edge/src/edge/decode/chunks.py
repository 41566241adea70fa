"""The chunks of a PNG, checked: all that its pixels are made from."""

import zlib
from collections import namedtuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# A photograph of 12 megapixels is read in the memory of a small Raspberry Pi; a picture that claims
# more pixels than this is refused before anything is unpacked.
MAXIMUM_PIXELS = 4096 * 4096

PALETTE = 3

# Colour type: channels and allowed bit depths (section 11.2.1).
_KINDS = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}

# Compressed bytes are unpacked in pieces of this size: zlib copies what it leaves of a piece.
_PIECE_BYTES = 1 << 16

Header = namedtuple("Header", "width height depth colour channels interlaced")

Parts = namedtuple("Parts", "header palette transparency exif compressed")
Parts.__doc__ = """What the pixels are made from: the header, the bodies of PLTE, tRNS and eXIf or
None, and a list of those of IDAT."""


class PngError(ValueError):
    """Bytes that are not a whole, valid PNG."""


def read(data, strict=False):
    """Check the chunks of a PNG and their order (section 5.6), return `Parts`; raises PngError.

    Unless `strict`, faults that leave no doubt about the pixels are passed over, as by libpng and
    Pillow.
    """
    if data[:8] != SIGNATURE:
        found = f"begins with {data[:8].hex(' ')}" if data else "empty"
        raise PngError(f"not a PNG: {found}, expected {SIGNATURE.hex(' ')}")
    header = palette = transparency = exif = previous = None
    compressed = []
    for kind, body in _chunks(data, strict):
        if kind == b"CgBI":
            raise PngError("an iPhone PNG (CgBI), which only Apple's programs read")
        if (header is None) != (kind == b"IHDR"):
            raise PngError("IHDR is not the first chunk" if header is None else "a second IHDR")
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"PLTE":
            # Elsewhere it only suggests colours.
            if strict or header.colour == PALETTE:
                if palette is not None or compressed or (strict and transparency is not None):
                    raise PngError("PLTE is out of place: expected once, before tRNS and IDAT")
                palette = _palette(header, body, strict)
        elif kind == b"tRNS":
            if strict:
                if transparency is not None or compressed:
                    raise PngError("tRNS is out of place: expected once, before IDAT")
                _check_transparency(header, palette, body)
            transparency = bytes(body)
        elif kind == b"eXIf":
            exif = bytes(body)
        elif kind == b"IDAT":
            if header.colour == PALETTE and palette is None:
                raise PngError("no PLTE before the image data of a palette picture")
            if not compressed or previous == b"IDAT":
                compressed.append(body)
            elif strict:
                raise PngError("the IDAT chunks are not consecutive")
        elif kind == b"IEND":
            if strict and body:
                raise PngError(f"IEND holds {len(body)} bytes, expected none")
        elif kind[:1].isupper():
            raise PngError(f"unknown critical chunk {kind.decode('ascii')}")
        previous = kind
    if not compressed:
        raise PngError("no image data: IDAT is missing")
    transparency = _usable(header, palette, transparency)
    return Parts(header, palette, transparency, exif, compressed)


def size(data):
    """Return width and height of a PNG from its header alone; raises PngError."""
    if data[:8] != SIGNATURE or data[12:16] != b"IHDR":
        read(data)
    header = _header(data[16:29])
    return header.width, header.height


def inflated(compressed, sizes, strict=False):
    """Yield parts of these sizes of the image data; more than them is never unpacked."""
    stream, rest, found, expected = zlib.decompressobj(), b"", 0, sum(sizes)
    pieces = _pieces(compressed)
    # After the last part one more byte is asked for: there must be none, and the stream must end.
    for wanted in [*sizes, 1]:
        part = bytearray()
        while len(part) < wanted and not stream.eof:
            piece = rest or next(pieces, b"")
            try:
                unpacked = stream.decompress(piece, wanted - len(part))
            except zlib.error:
                raise PngError("the image data is no valid zlib stream") from None
            if not piece and not unpacked:
                break
            rest = stream.unconsumed_tail
            part += unpacked
        found += len(part)
        if found > expected and not strict:
            # Rows too many: how the stream goes on is nobody's matter.
            return
        if found > expected or (len(part) < wanted and found < expected):
            found = found if found < expected else "more"
            raise PngError(f"the image data has {found} bytes, expected {expected}")
        if part:
            yield part
    if not stream.eof:
        raise PngError("the zlib stream of the image data does not end")
    left = len(stream.unused_data) + sum(map(len, pieces))
    if strict and left:
        raise PngError(f"{left} bytes after the zlib stream of the image data")


def _pieces(compressed):
    for body in compressed:
        for start in range(0, len(body), _PIECE_BYTES):
            yield body[start : start + _PIECE_BYTES]


def _chunks(data, strict):
    """Yield each chunk's type and body up to IEND, its checksum checked (section 5.3)."""
    view = memoryview(data)
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
        body = view[start : start + length]
        found, expected = data[position - 4 : position], zlib.crc32(body, zlib.crc32(kind))
        if int.from_bytes(found, "big") == expected:
            yield kind, body
        elif strict or (kind[:1].isupper() and kind != b"IEND"):
            damage = f"checksum {found.hex()}, expected {expected:08x}"
            raise PngError(f"chunk {kind.decode('ascii')} is damaged: {damage}")


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
    return Header(width, height, depth, colour, _KINDS[colour][0], interlacing == 1)


def _palette(header, body, strict):
    if header.colour in (0, 4):
        raise PngError("PLTE in a gray picture")
    count, rest = divmod(len(body), 3)
    most = 1 << header.depth if strict and header.colour == PALETTE else 256
    if rest or not 0 < count <= most:
        raise PngError(f"PLTE holds {len(body)} bytes, expected 3 to {3 * most} by threes")
    return bytes(body)


def _check_transparency(header, palette, body):
    if header.colour in (4, 6):
        raise PngError("tRNS in a picture that has an alpha channel")
    if header.colour == PALETTE:
        if palette is None:
            raise PngError("tRNS before PLTE")
        if len(body) > len(palette) // 3:
            raise PngError(f"tRNS holds {len(body)} bytes for {len(palette) // 3} colours")
    elif len(body) != 2 * header.channels:
        raise PngError(f"tRNS holds {len(body)} bytes, expected {2 * header.channels}")


def _usable(header, palette, transparency):
    """Return as much of tRNS as the picture has use for, or None."""
    if transparency is None or header.colour in (4, 6):
        return None
    if header.colour == PALETTE:
        return transparency[: len(palette) // 3]
    size = 2 * header.channels
    return transparency[:size] if len(transparency) >= size else None
