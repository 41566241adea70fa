"""A PNG encoder for tests: any colour type, depth, filter and interlacing, slow and plain."""

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [(colour, depth) for colour, depths in DEPTHS.items() for depth in depths]

# First column, first row, column step, row step.
ADAM7 = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
]


def chunk(kind, body=b""):
    checksum = zlib.crc32(kind + body)
    return len(body).to_bytes(4, "big") + kind + body + checksum.to_bytes(4, "big")


def chunks(data):
    """Yield the type and the body of every chunk of a PNG."""
    position = 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += 12 + length


def header(width, height, colour, depth, compression=0, filtering=0, interlacing=0):
    sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return chunk(b"IHDR", sizes + bytes((depth, colour, compression, filtering, interlacing)))


def png(*chunks):
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND")


def encode(
    rows,
    colour,
    depth,
    interlaced=False,
    filters=(0,),
    palette=None,
    transparency=None,
    idat_bytes=None,
    level=-1,
):
    """Encode rows of pixels, each a tuple of samples; `filters` are taken in turn, row by row."""
    chunks = [header(len(rows[0]), len(rows), colour, depth, interlacing=int(interlaced))]
    if palette is not None:
        chunks.append(chunk(b"PLTE", palette))
    if transparency is not None:
        chunks.append(chunk(b"tRNS", transparency))
    data = zlib.compress(filtered(rows, colour, depth, interlaced, filters), level)
    size = idat_bytes or len(data)
    chunks += [chunk(b"IDAT", data[at : at + size]) for at in range(0, len(data), size)]
    return png(*chunks)


def gray(width, height, plane):
    """Encode a gray picture of 8 bits, unfiltered, from one byte a pixel."""
    rows = b"".join(b"\0" + plane[start : start + width] for start in range(0, len(plane), width))
    return png(header(width, height, 0, 8), chunk(b"IDAT", zlib.compress(rows)))


def filtered(rows, colour, depth, interlaced=False, filters=(0,)):
    """Pack and filter rows of pixels: what the zlib stream of a PNG holds."""
    step = max(1, CHANNELS[colour] * depth // 8)
    data, count = b"", 0
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        previous = None
        for row in rows[y::dy]:
            pixels = row[x::dx]
            if not pixels:
                continue
            line = _pack([sample for pixel in pixels for sample in pixel], depth)
            kind = filters[count % len(filters)]
            data += bytes((kind,)) + _filter(kind, line, previous or bytes(len(line)), step)
            previous, count = line, count + 1
    return data


def _pack(samples, depth):
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def _filter(kind, line, above, step):
    # Zeros stand left of the first pixel.
    left, corner = bytes(step) + line, bytes(step) + above
    predict = [
        lambda a, b, c: 0,
        lambda a, b, c: a,
        lambda a, b, c: b,
        lambda a, b, c: (a + b) // 2,
        # `min` takes the first of equals, which is the order that the specification asks for.
        lambda a, b, c: min((a, b, c), key=lambda value: abs(a + b - c - value)),
    ][kind]
    return bytes(
        (value - predict(left[at], above[at], corner[at])) % 256 for at, value in enumerate(line)
    )
