"""Pictures of every kind that the well-known conformance suite PngSuite has, made here.

The names are the suite's: what is tested, `n` or `i` for interlaced, colour type and depth.
"""

import random
import zlib

import pytest

from edge import png
from tests.edge.decode.test_png import Picture, as_pillow_sees
from tests.edge.png_writer import CHANNELS, KINDS, chunk

LETTER = {0: "g", 2: "c", 3: "p", 4: "a", 6: "a"}
FILES = {}


def add(name, colour, depth, side=32, before=(), between=(), after=(), **options):
    """Add a picture: `before` stands ahead of PLTE, `between` ahead of IDAT, `after` behind it."""
    interlaced = "i" if options.get("interlaced") else "n"
    name = f"{name}{interlaced}{colour}{LETTER[colour]}{depth:02}"
    picture = Picture(random.Random(name), colour, depth, side, side, "drawing", **options)
    data = picture.data
    first, last = data.index(b"IDAT") - 4, len(data) - 12
    data = data[:first] + b"".join(between) + data[first:last] + b"".join(after) + data[last:]
    picture.data = data[:33] + b"".join(before) + data[33:]
    FILES[name] = picture


def number(value, size=4):
    return value.to_bytes(size, "big")


for colour, depth in KINDS:
    for interlaced in (False, True):
        add("bas", colour, depth, interlaced=interlaced)
    add("f99", colour, depth, filters=(0, 1, 2, 3, 4))

for side in (*range(1, 10), *range(32, 41)):
    for interlaced in (False, True):
        for depth in (1, 2, 4):
            add(f"s{side:02}", 3, depth, side, interlaced=interlaced)

for colour, depth in KINDS:
    samples = 1 if colour in (0, 4) else 3
    background = chunk(b"bKGD", number(1, 1) if colour == 3 else bytes(2 * samples))
    for interlaced in (False, True):
        add("bg", colour, depth, interlaced=interlaced, between=[background])
    if colour in (0, 2, 3):
        add("tb", colour, depth, keyed=True, between=[background])
        add("tp", colour, depth, keyed=True, interlaced=True)

for colour, depth in [(0, 16), (2, 8), (3, 4)]:
    for gamma in (35000, 45000, 55000, 70000, 100000, 250000):
        add(f"g{gamma // 10000:02}", colour, depth, before=[chunk(b"gAMA", number(gamma))])

for kind in range(5):
    for colour in (0, 2):
        add(f"f{kind:02}", colour, 8, filters=(kind,))

SUGGESTED = {size: chunk(b"sPLT", b"six-cube\0" + number(size, 1) + bytes(36)) for size in (8, 16)}
PLTE = chunk(b"PLTE", bytes(range(216)) * 3)
for colour, depth in [(2, 16), (6, 8)]:
    add("pp0", colour, depth, before=[PLTE])
for colour, depth in [(0, 8), (2, 16)]:
    add("ps1", colour, depth, before=[SUGGESTED[8]])
    add("ps2", colour, depth, before=[SUGGESTED[16]])

ABOUT = {
    "ccw": [chunk(b"cHRM", number(31270) * 8)],
    "cdf": [chunk(b"pHYs", number(1) + number(4) + b"\0")],
    "cdu": [chunk(b"pHYs", number(1000) + number(1000) + b"\1")],
    "cm7": [chunk(b"tIME", b"\x07\xb2\1\1\0\0\0")],
    "ct1": [chunk(b"tEXt", b"Title\0PngSuite"), chunk(b"tEXt", b"Author\0Willem")],
    "ctz": [chunk(b"zTXt", b"Disclaimer\0\0" + zlib.compress(b"Freeware."))],
    "cte": [chunk(b"iTXt", b"Title\0\0\0en\0Title\0PngSuite")],
    "exif": [chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\0")],
    "icc": [chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"no profile"))],
    "rgb": [chunk(b"sRGB", b"\0")],
}
for name, chunks in ABOUT.items():
    add(name, 2, 8, before=chunks)
    if name not in ("ccw", "icc", "rgb"):
        add(f"{name}-late", 0, 4, after=chunks)
for colour, depth in KINDS:
    channels = 3 if colour == 3 else CHANNELS[colour]
    add("cs3", colour, depth, before=[chunk(b"sBIT", bytes((min(depth, 3),)) * channels)])
for depth in (4, 8):
    add("ch1", 3, depth, between=[chunk(b"hIST", bytes(2 << depth))])

for colour in (0, 2):
    for idat_bytes in (None, 1000, 7, 1):
        add(f"oi{idat_bytes}-", colour, 16, idat_bytes=idat_bytes)
    add("oi-empty", colour, 16, between=[chunk(b"IDAT")], after=[chunk(b"IDAT")] * 2)

for level in (0, 3, 6, 9):
    add(f"z{level:02}", 2, 8, level=level)


@pytest.mark.parametrize("picture", FILES.values(), ids=FILES)
def test_a_valid_file_gives_the_samples_that_went_in_and_those_that_pillow_sees(picture):
    assert png.decode(picture.data) == picture.decoded()
    pillow = pytest.importorskip("PIL.Image")
    assert picture.rgba() == as_pillow_sees(pillow, picture)
