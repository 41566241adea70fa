"""Mutated pictures, forms and packs, each from one random generator: what the fuzz run reads.

Most mutations mend the checksums, sizes and digests around them: otherwise everything would stop
at the first check.
"""

import contextlib
import copy
import json
import struct
import zlib
from math import prod

from edge import pack as edge_pack
from edge.form import drawing, layout
from edge.layers import FUNCTIONS, POOLINGS
from tests.edge import packs, png_writer
from tests.edge.png_writer import CHANNELS, KINDS, chunk

NUMBERS = [0, 1, 2, 3, 4, 7, 8, 9, 16, 28, 33, 255, 256, 4095, 4096, 65535, 1 << 19, 1 << 26]
NUMBERS += [(1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 63, 1 << 64, 10**30, -1, -28]
CHUNKS = [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"tEXt", b"bKGD", b"acTL", b"ABCD", b"1234"]


def letter_rows(rng, colour, depth, width, height):
    """Draw a cross of ink, or noise, in pixels of one kind of PNG."""
    most, count = (1 << depth) - 1, CHANNELS[colour]
    ink, paper = rng.sample(range(most + 1), 2)
    noise = rng.random() < 0.2
    return [
        [
            tuple(rng.randint(0, most) for _ in range(count))
            if noise
            else ((ink if abs(x - y) < 2 or x == width // 2 else paper),) * count
            for x in range(width)
        ]
        for y in range(height)
    ]


def png(rng):
    """Write a valid PNG of any kind."""
    colour, depth = rng.choice(KINDS)
    rows = letter_rows(rng, colour, depth, rng.randint(1, 40), rng.randint(1, 30))
    options = {}
    if colour == 3:
        options["palette"] = rng.randbytes(3 << depth)
    if colour in (0, 2, 3) and rng.random() < 0.3:
        size = rng.randint(0, 1 << depth) if colour == 3 else 2 * CHANNELS[colour]
        options["transparency"] = rng.randbytes(size)
    return png_writer.encode(
        rows,
        colour,
        depth,
        interlaced=rng.random() < 0.4,
        filters=[rng.randint(0, 4) for _ in range(rng.randint(1, 6))],
        idat_bytes=rng.choice([None, None, 1, 9, 100]),
        level=rng.choice([-1, 0, 1, 9]),
        **options,
    )


def bytes_changed(rng, data):
    """Change, drop, insert, repeat or cut bytes anywhere."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 30])):
        at = rng.randint(0, len(data))
        some = at + rng.choice([1, 1, 2, 4, 20])
        kind = rng.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1 and data:
            data[at % len(data)] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        elif kind == 2:
            data[at:at] = rng.randbytes(some - at)
        elif kind == 3:
            del data[at:some]
        elif kind == 4:
            data[at:at] = data[at:some] * rng.randint(1, 50)
        elif kind == 5:
            data[at:some] = bytes(some - at)
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def mutated_png(rng):
    data = png(rng)
    kind = rng.random()
    if kind < 0.2:
        return bytes_changed(rng, data)
    chunks = [list(part) for part in png_writer.chunks(data)]
    if kind < 0.5:
        for _ in range(rng.choice([1, 1, 2, 4])):
            _change_chunks(rng, chunks)
    elif kind < 0.7:
        _change_header(rng, chunks)
    else:
        _change_pixels(rng, chunks)
    return png_writer.SIGNATURE + b"".join(chunk(*part) for part in chunks)


def _change_chunks(rng, chunks):
    at = rng.randrange(len(chunks)) if chunks else 0
    kind = rng.randrange(6) if chunks else 0
    if kind == 0:
        chunks.insert(at, [rng.choice(CHUNKS), rng.randbytes(rng.choice([0, 1, 2, 6, 13, 99]))])
    elif kind == 1:
        del chunks[at]
    elif kind == 2:
        chunks.insert(at, list(rng.choice(chunks)))
    elif kind == 3:
        chunks.append(chunks.pop(at))
    elif kind == 4:
        chunks[at][0] = rng.choice(CHUNKS)
    else:
        chunks[at][1] = bytes_changed(rng, chunks[at][1])


def _change_header(rng, chunks):
    fields = list(struct.unpack(">IIBBBBB", chunks[0][1]))
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(7)
        fields[at] = rng.choice(NUMBERS[:-4]) & (0xFFFFFFFF if at < 2 else 0xFF)
    chunks[0][1] = struct.pack(">IIBBBBB", *fields)


def _change_pixels(rng, chunks):
    """Change what the zlib stream holds and compress it anew; or the stream itself."""
    stream = b"".join(body for kind, body in chunks if kind == b"IDAT")
    if rng.random() < 0.2:
        stream = bytes_changed(rng, stream)
    elif rng.random() < 0.02:
        stream = zlib.compress(bytes(rng.choice([1 << 16, 1 << 23])), 1)
    else:
        stream = zlib.compress(bytes_changed(rng, zlib.decompress(stream)), rng.choice([0, 1, 9]))
    first = next(at for at, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    rest = [part for part in chunks[first:] if part[0] != b"IDAT"]
    size = rng.choice([len(stream), 50]) or 1
    pieces = [[b"IDAT", stream[at : at + size]] for at in range(0, len(stream), size)]
    chunks[first:] = pieces + rest


def pnm(rng):
    """Write a valid PBM, PGM or PPM."""
    kind, width, height = rng.randint(1, 6), rng.randint(1, 40), rng.randint(1, 30)
    maxval = 1 if kind in (1, 4) else rng.choice([1, 9, 255, 255, 256, 65535])
    rows = letter_rows(rng, 0, 1, width, height)
    samples = [value * maxval for row in rows for (value,) in row] * (3 if kind in (3, 6) else 1)
    words = [width, height] + ([maxval] if kind not in (1, 4) else [])
    head = b"P%d\n" % kind + b" ".join(b"%d" % word for word in words) + b"\n"
    if kind < 4:
        return head + b" ".join(b"%d" % sample for sample in samples) + b"\n"
    if kind == 4:
        return head + rng.randbytes(-(-width // 8) * height)
    return head + struct.pack(f">{len(samples)}{'B' if maxval < 256 else 'H'}", *samples)


def mutated_pnm(rng):
    data = pnm(rng)
    if rng.random() < 0.5:
        words = data.split(b"\n", 2)
        sizes = words[1].split(b" ")
        sizes[rng.randrange(len(sizes))] = b"%d" % rng.choice(NUMBERS)
        words[1] = b" ".join(sizes)
        data = rng.choice([b"\n", b" ", b"#x\n", b"\r"]).join(words)
    return bytes_changed(rng, data) if rng.random() < 0.6 else data


def photograph(rng):
    """Write a gray PGM or PNG as of a photograph: light, rules, dark edges, strokes, noise."""
    width, height = rng.randint(100, 700), rng.randint(100, 500)
    light, slope, down = rng.randint(0, 255), rng.randint(-200, 200), rng.randint(-200, 200)
    line = bytes(max(0, min(255, light + slope * x // width)) for x in range(width))
    gap, noise = rng.choice([1, 3, 9, 30, 1000]), rng.choice([0, 0, 3, 31, 255])
    picture = bytearray()
    for y in range(height):
        change = down * y // height - (rng.randint(0, 90) if y % gap < rng.randint(1, 4) else 0)
        row = line.translate(bytes(max(0, min(255, value + change)) for value in range(256)))
        grain = int.from_bytes(rng.randbytes(width), "little")
        grain &= int.from_bytes(bytes([noise]) * width, "little")
        picture += (int.from_bytes(row, "little") ^ grain).to_bytes(width, "little")
    for _ in range(rng.choice([0, 1, 1, 3, 40])):
        left, top = rng.randrange(width), rng.randrange(height)
        right = min(width, left + rng.choice([1, 5, 20, width]))
        for y in range(top, min(height, top + rng.choice([1, 5, 90, height]))):
            picture[y * width + left : y * width + right] = bytes([light ^ 200]) * (right - left)
    if rng.random() < 0.5:
        return b"P5 %d %d 255\n" % (width, height) + picture
    rows = (picture[start : start + width] for start in range(0, len(picture), width))
    data = zlib.compress(b"".join(bytes([rng.randint(0, 2)]) + row for row in rows), 1)
    return png_writer.png(png_writer.header(width, height, 0, 8), chunk(b"IDAT", data))


ODDITIES = ["", "\n", "a\nb", "\x1b[2J", "я" * 5000, "\ud800", "dense", "relu", "F64", None, True]
ODDITIES += [False, [], {}, [[]], [1, 2, 3], 0.5, -0.0, 1e300, {"a": [{"b": None}]}, *NUMBERS]
# No JSON of Python's own making.
TEXTS = ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "[" * 3000, '{"a":' * 900, "\\u0000"]
TEXTS += ["[" * 900 + "]" * 900, "1" + ", 67108864" * 5000]


def mutated_pack(rng):
    network = _network(rng)
    try:
        shapes = edge_pack.parameter_shapes(network)
    except edge_pack.PackError:
        shapes = packs.SHAPES
    if sum(map(prod, shapes.values())) > 200_000:
        network, shapes = packs.NETWORK, packs.SHAPES
    changes = {"network": network}
    if rng.random() < 0.5:
        ink = _ink_network(rng)
        changes["ink"] = {"network": ink}
        with contextlib.suppress(edge_pack.PackError):
            added = {f"ink/{name}": one for name, one in edge_pack.parameter_shapes(ink).items()}
            if sum(map(prod, added.values())) < 200_000:
                shapes = {**shapes, **added}
    if rng.random() < 0.3:
        changes["unsure_below"] = rng.choice([0.0, 0.5, 1.0])
    if rng.random() < 0.3:
        letters = {rng.choice(packs.LETTERS): rng.choice(NUMBERS) for _ in range(5)}
        changes["taught"] = {"base": "0" * 64, "letters": letters, "before": 0.5, "after": 1.0}
    entries, data = _tensors(rng, shapes)
    if rng.random() < 0.3:
        data = _odd_weights(rng, data)
    if rng.random() < 0.3:
        offsets = [len(data), len(data) + 34**3]
        entries["language/costs"] = {"dtype": "U8", "shape": [34] * 3, "data_offsets": offsets}
        data += rng.randbytes(34**3)
        changes["language"] = {
            "name": "test",
            "step": rng.choice([0.0625, 1.0]),
            "weight": 0.5,
            "usual": 2.0,
        }
    # Copied, since what is changed must not be what the next case begins with.
    description = copy.deepcopy(packs.description(data, **changes))
    if rng.random() < 0.5:
        parts = filter(None, (description, description.get("ink")))
        others = [description[name] for name in ("taught", "language") if name in description]
        layers = (part["network"]["layers"] for part in parts)
        _change_json(rng, rng.choice([description, *others, *layers]))
    header = {"__metadata__": {"pack": json.dumps(description)}, **entries}
    if rng.random() < 0.3:
        _change_json(rng, header)
    if rng.random() < 0.2:
        header["__metadata__"] = {"pack": _text_changed(rng, json.dumps(description))}
    text = json.dumps(header)
    if rng.random() < 0.1:
        text = _text_changed(rng, text)
    whole = packs.assemble(text.encode(), data)
    return bytes_changed(rng, whole) if rng.random() < 0.15 else whole


def _tensors(rng, shapes):
    dtype = rng.choice(["F16", "F32"])
    _, some = packs.tensors(dtype, rng.getrandbits(30), {"some": [1009]})
    entries, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + prod(shape) * len(some) // 1009
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    return entries, (some * (end // len(some) + 1))[:end]


def _text_changed(rng, text):
    """Put what is hardly JSON in the place of a number."""
    at = rng.choice([at for at, letter in enumerate(text) if letter.isdigit()])
    return text[:at] + rng.choice(TEXTS) + text[at + 1 :]


def _function(rng, kind):
    """Describe a pooling, or a function with the number in it; of other layers the type alone."""
    layer = {"type": kind}
    if kind in POOLINGS:
        layer["size"] = rng.choice([1, 2, [3, 2], 28])
        layer["stride"] = rng.choice([None, 1, [2, 5]])
        layer["padding"] = rng.choice([0, "same"])
    option = {"elu": "alpha", "leaky_relu": "slope", "batch_normalization": "epsilon"}.get(kind)
    if option and rng.random() < 0.5:
        layer[option] = rng.choice([0, 1e-5, 1, 0.3, 1e6, 1e7, -1])
    return layer


def _network(rng):
    layers = []
    for _ in range(rng.randint(0, 4)):
        kind = rng.choice(
            [
                *("convolution", "convolution", "dense", "relu", "flatten"),
                *("global_average_pooling", "max_pooling", "average_pooling"),
                rng.choice(FUNCTIONS),
            ]
        )
        layer = _function(rng, kind)
        if kind == "convolution":
            layer["filters"] = rng.choice([1, 2, 5, 16])
            layer["kernel"] = rng.choice([1, 2, 3, [5, 1], [2, 7], 28])
            layer["stride"] = rng.choice([1, 2, 3, [1, 4], 50])
            layer["padding"] = rng.choice([0, 0, 1, [0, 1]])
        elif kind == "dense":
            layer["units"] = rng.choice([1, 5, 80])
        if rng.random() < 0.05:
            option = rng.choice(["stride", "padding", "kernel", "bias", "size", "alpha", "epsilon"])
            layer[option] = copy.deepcopy(rng.choice(ODDITIES))
        layers.append(layer)
    return {"input_shape": [28, 28], "layers": [*layers, {"type": "dense", "units": 33}]}


def _ink_network(rng):
    """Describe a graph: a row of layers of one size, each with inputs from anywhere before it."""
    side = rng.choice([2, 8, 16, 48])
    layers = [packs.convolution(rng.choice([1, 3, 8]), [2, 4], stride=2, padding=[0, 1], name="0")]
    for number in range(1, rng.randint(1, 7)):
        before = [str(rng.randrange(number)) for _ in range(rng.randint(1, 3))]
        kind = rng.choice(
            [
                "add",
                "concatenate",
                "convolution",
                "relu",
                "upsample",
                "flatten",
                packs.POOLING["type"],
                rng.choice([*FUNCTIONS, *POOLINGS]),
            ]
        )
        layer = _function(rng, kind)
        if kind == "convolution":
            size = rng.choice([1, 3, [1, 5]])
            layer = packs.convolution(rng.choice([1, 3]), size, padding="same")
            layer["dilation"] = rng.choice([1, 1, 2, [3, 1]])
        elif kind == "upsample":
            layer["factor"] = rng.choice([1, 1, 1, 2])
        if rng.random() < 0.1:
            layer[rng.choice(["inputs", "name", "factor", "padding"])] = rng.choice(ODDITIES)
        inputs = before if kind in ("add", "concatenate") else before[:1]
        layers.append({"inputs": inputs, "name": str(number), **layer})
    last = {**packs.convolution(4, 1), "inputs": rng.choice(layers)["name"]}
    return {"input_shape": [3, side, side], "layers": copy.deepcopy([*layers, last])}


def _odd_weights(rng, data):
    data = bytearray(data)
    odds = [b"\0\x7c", b"\0\xfc", b"\0\x7e", b"\xff\x7b", b"\xff\xff", b"\x7f\x7f", b"\0"]
    odd = rng.choice(odds)
    if rng.random() < 0.5:
        return (odd * len(data))[: len(data)]
    for _ in range(rng.choice([1, 3, 100])):
        at = rng.randrange(max(1, len(data) // 4)) * 4
        data[at : at + len(odd)] = odd
    return bytes(data[: len(data)])


def _change_json(rng, document):
    """Change one value somewhere in a document of lists and objects, or its key."""
    node = document
    while node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = rng.choice(keys)
        if isinstance(node[key], (dict, list)) and node[key] and rng.random() < 0.7:
            node = node[key]
            continue
        kind = rng.random()
        if kind < 0.7:
            node[key] = copy.deepcopy(rng.choice(ODDITIES))
        elif kind < 0.85 or isinstance(node, list):
            del node[key]
        else:
            node[rng.choice(["", "a\nb", "__metadata__", "x" * 500])] = node.pop(key)
        return


def form(rng):
    """Write a gray PGM of a page of the form, scribbled on, and spoiled or not."""
    page = rng.choice(layout.pages(packs.LETTERS))
    scale = rng.choice([2, 3, 4])
    width, height = layout.WIDTH * scale, layout.HEIGHT * scale
    rows = [bytearray(b"\xff") * width for _ in range(height)]

    def fill(left, top, right, bottom, gray):
        left, right = (min(width, max(0, round(edge * scale))) for edge in (left, right))
        for row in rows[max(0, round(top * scale)) : max(0, round(bottom * scale))]:
            row[left:right] = bytes([gray]) * (right - left)

    for part in drawing.of(page):
        if isinstance(part, drawing.Square):
            right, bottom = part.left + part.side, part.top + part.side
            fill(part.left, part.top, right, bottom, round(255 * part.gray))
    for box in page.boxes:
        for _ in range(rng.choice([0, 1, 2])):
            x, y = box.left + rng.uniform(0, 14), box.top + rng.uniform(0, 14)
            fill(x, y, x + rng.uniform(0, 9), y + rng.uniform(0, 9), rng.randint(0, 255))
    for _ in range(rng.choice([0, 0, 1, 3])):
        x, y = rng.uniform(0, layout.WIDTH), rng.uniform(0, layout.HEIGHT)
        fill(x, y, x + rng.uniform(0, 90), y + rng.uniform(0, 90), rng.randint(0, 255))
    if rng.random() < 0.2:
        del rows[rng.randrange(1, height) :]
    elif rng.random() < 0.2:
        rows = [bytes(column) for column in zip(*rows[::-1])]
    width = len(rows[0])
    if rng.random() < 0.3:
        noise = bytes([rng.choice([1, 7, 31, 255])]) * width
        noise = int.from_bytes(noise, "little")
        for place, row in enumerate(rows):
            grain = int.from_bytes(rng.randbytes(width), "little") & noise
            rows[place] = (int.from_bytes(row, "little") ^ grain).to_bytes(width, "little")
    return b"P5 %d %d 255\n" % (width, len(rows)) + b"".join(rows)


def labels(rng):
    """Write a folder of letters, JSON of names and of bytes in hexadecimal digits, odd or not."""
    files = {}
    for number in range(rng.randint(1, 24)):
        sign = rng.choice(packs.LETTERS)
        if rng.random() < 0.02:
            sign = rng.choice(["Q", "и\u0306", "\ufffd", "ЖЖ", "\U0001f58a", "\u202eЖ", "a\nb"])
        if rng.random() < 0.3:
            sign = sign.lower()
        name = rng.choice([f"{sign}/{number}.png", f"{sign}{number}.png", f"x/{sign}-{number}.pgm"])
        data = mutated_png(rng) if rng.random() < 0.02 else png(rng)
        files[name] = data.hex()
    return json.dumps(files).encode()
