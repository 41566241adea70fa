"""A PNG encoder for the tests: every kind that the specification allows, and broken ones."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [
    *((0, depth) for depth in (1, 2, 4, 8, 16)),
    *((3, depth) for depth in (1, 2, 4, 8)),
    *((colour, depth) for colour in (2, 4, 6) for depth in (8, 16)),
]
PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
    (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
)  # fmt: skip


def chunk(kind, body=b""):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width, height, colour, depth, interlaced=0, compression=0, filtering=0):
    fields = (width, height, depth, colour, compression, filtering, interlaced)
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))


def packed(row, depth):
    """Pack one row's samples to bytes, the first in the high bits."""
    if depth == 16:
        return struct.pack(f">{len(row)}H", *row)
    per_byte = 8 // depth
    row = [*row, *[0] * (-len(row) % per_byte)]
    packs = (row[start : start + per_byte] for start in range(0, len(row), per_byte))
    return bytes(
        sum(value << (8 - depth * (place + 1)) for place, value in enumerate(part))
        for part in packs
    )


def filtered(kind, line, previous, step):
    """Filter one row as section 9.2 of the specification says."""
    result = bytearray([kind])
    for index, value in enumerate(line):
        left = line[index - step] if index >= step else 0
        up = previous[index]
        corner = previous[index - step] if index >= step else 0
        if kind == 4:
            estimate = left + up - corner
            distances = [
                (abs(estimate - near), place) for place, near in enumerate((left, up, corner))
            ]
            predicted = (left, up, corner)[min(distances)[1]]
        else:
            predicted = (0, left, up, (left + up) // 2)[kind]
        result.append((value - predicted) % 256)
    return bytes(result)


def scanlines(samples, width, height, colour, depth, interlaced, filters):
    """Lay out samples, a list of rows of `width` pixels each a tuple, as filtered bytes."""
    step = max(1, CHANNELS[colour] * depth // 8)
    data, number = b"", 0
    for x, y, dx, dy in PASSES if interlaced else ((0, 0, 1, 1),):
        previous = None
        for row in samples[y::dy]:
            pixels = row[x::dx]
            if not pixels:
                continue
            line = packed([sample for pixel in pixels for sample in pixel], depth)
            kind = filters[number % len(filters)]
            data += filtered(kind, line, previous or bytes(len(line)), step)
            previous, number = line, number + 1
    return data


def write(samples, colour, depth, interlaced=0, filters=(0,), before=b"", parts=1):
    """Encode a picture; `before` is put before its image data, which is cut into `parts` chunks."""
    width, height = len(samples[0]), len(samples)
    data = zlib.compress(scanlines(samples, width, height, colour, depth, interlaced, filters))
    size = -(-len(data) // parts)
    idat = b"".join(
        chunk(b"IDAT", data[start : start + size]) for start in range(0, len(data), size)
    )
    start = SIGNATURE + header(width, height, colour, depth, interlaced)
    return start + before + idat + chunk(b"IEND")
