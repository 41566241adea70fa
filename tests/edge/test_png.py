"""Every PNG that the specification allows is read bit for bit; everything else is refused."""

import io
import random
import struct
import time
import tracemalloc
import zlib

import pytest

from edge import png
from tests.edge.png_writer import CHANNELS, KINDS, SIGNATURE, chunk, header, write

SIZES = [(1, 1), (3, 2), (9, 11), (33, 8), (5, 40)]


def samples_of(generator, width, height, colour, depth, palette_size=256):
    """Draw a picture that has blank stretches, runs and noise, as real ones do."""
    most = min((1 << depth) - 1, palette_size - 1 if colour == 3 else 65535)
    rows = []
    for _ in range(height):
        kind = generator.random()
        row = [(0,) * CHANNELS[colour]] * width
        if kind > 0.3:
            start = generator.randrange(width)
            for x in range(start, width):
                row[x] = tuple(
                    generator.choice((0, most, generator.randint(0, most))) for _ in row[x]
                )
        if kind > 0.8 and rows:
            row = rows[-1]
        rows.append(row)
    return rows


def expected(samples, colour, depth, palette=None, transparency=None):
    """Give the RGBA bytes that the specification asks for; 16-bit samples keep their high byte."""
    rgba = bytearray()
    most = (1 << depth) - 1
    for row in samples:
        for pixel in row:
            if colour == 3:
                (index,) = pixel
                alpha = transparency[index] if transparency and index < len(transparency) else 255
                rgba += bytes((*palette[3 * index : 3 * index + 3], alpha))
                continue
            values = [value >> 8 if depth == 16 else value * 255 // most for value in pixel]
            if colour in (0, 4):
                values[:1] = values[:1] * 3
            if colour in (0, 2):
                values.append(0 if transparency == pixel else 255)
            rgba += bytes(values)
    return bytes(rgba)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("colour, depth", KINDS)
def test_every_kind_is_read_bit_for_bit(colour, depth, interlaced):
    generator = random.Random(colour * 100 + depth)
    image = pytest.importorskip("PIL.Image", reason="Pillow is the second witness")
    for width, height in SIZES:
        for filters in [(0,), (1,), (2,), (3,), (4,), (4, 0, 2, 1, 3, 3, 4, 1)]:
            for keyed in (False, True):
                palette = bytes(generator.randrange(256) for _ in range(3 * min(256, 1 << depth)))
                samples = samples_of(generator, width, height, colour, depth)
                before, transparency = b"", None
                if colour == 3:
                    before = chunk(b"PLTE", palette)
                if keyed and colour == 3:
                    transparency = bytes(generator.randrange(256) for _ in range(1 << depth))[:100]
                    before += chunk(b"tRNS", transparency)
                elif keyed and colour in (0, 2):
                    transparency = samples[-1][-1]
                    before += chunk(b"tRNS", struct.pack(f">{len(transparency)}H", *transparency))
                data = write(samples, colour, depth, interlaced, filters, before, parts=3)
                decoded = png.decode(data)
                assert (decoded.width, decoded.height) == (width, height)
                wanted = expected(samples, colour, depth, palette, transparency)
                assert decoded.rgba == wanted
                # Pillow is no witness of 16-bit gray and RGB, which it reads as numbers or keys by
                # their high bytes, and of gray keys below 8 bits, which it compares scaled.
                if (colour, depth) in ((0, 16), (2, 16)):
                    continue
                if not (transparency and colour == 0 and depth < 8):
                    with image.open(io.BytesIO(data)) as opened:
                        assert opened.convert("RGBA").tobytes() == wanted


def test_gray_planes_are_one_object_and_opaque_ones_have_no_alpha():
    planes = png.planes(write([[(7,), (9,)]], 0, 8))
    assert planes.red is planes.green is planes.blue
    assert planes.alpha is None


def test_a_random_picture_is_what_pillow_reads():
    hypothesis = pytest.importorskip("hypothesis")
    strategies = pytest.importorskip("hypothesis.strategies")
    image = pytest.importorskip("PIL.Image")

    @hypothesis.given(
        strategies.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]),
        strategies.integers(1, 40),
        strategies.integers(1, 40),
        strategies.integers(0, 2**32),
        strategies.booleans(),
    )
    @hypothesis.settings(max_examples=150, deadline=None)
    def check(mode, width, height, seed, smooth):
        generator = random.Random(seed)
        noise = bytes(generator.randrange(256) for _ in range(width * height * 4))
        picture = image.frombytes("RGBA", (width, height), noise)
        if smooth:
            picture = picture.resize((3, 3)).resize((width, height))
        picture = picture.convert("RGB").convert(mode) if mode == "P" else picture.convert(mode)
        file = io.BytesIO()
        picture.save(file, "PNG", optimize=smooth)
        decoded = png.decode(file.getvalue())
        with image.open(file) as opened:
            assert decoded.rgba == opened.convert("RGBA").tobytes()

    check()


GRAY = [[(0,), (200,)], [(255,), (9,)]]
WHOLE = write(GRAY, 0, 8)
HEAD = SIGNATURE + header(2, 2, 0, 8)
LINES = b"\0\1\2\0\3\4"
IDAT = chunk(b"IDAT", zlib.compress(LINES))
END = chunk(b"IEND")
PALETTE = SIGNATURE + header(2, 2, 3, 8)

BROKEN = {
    "nothing": (b"", "empty"),
    "text": (b"hello, world, this is no picture", "not a PNG"),
    "line ends converted": (WHOLE.replace(b"\r\n", b"\n", 1), "not a PNG"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "not a PNG"),
    "signature alone": (SIGNATURE, "cut short"),
    "no end": (HEAD + IDAT, "cut short"),
    "end in the middle of a chunk": (WHOLE[:-20], "cut short"),
    "wrong checksum": (WHOLE[:-1] + b"\0", "IEND is damaged"),
    "chunk type that is no word": (HEAD + chunk(b"ID4T") + IDAT + END, "proper type"),
    "no header": (SIGNATURE + IDAT + END, "IHDR is not the first"),
    "two headers": (HEAD + header(2, 2, 0, 8) + IDAT + END, "a second IHDR"),
    "short header": (SIGNATURE + chunk(b"IHDR", bytes(12)), "IHDR holds 12"),
    "no width": (SIGNATURE + header(0, 2, 0, 8) + IDAT + END, "no size"),
    "no height": (SIGNATURE + header(2, 0, 0, 8) + IDAT + END, "no size"),
    "negative width": (SIGNATURE + header(1 << 31, 1, 0, 8) + IDAT + END, "no size"),
    "60,000 x 60,000": (SIGNATURE + header(60_000, 60_000, 6, 8) + IDAT + END, "more than"),
    "colour type 1": (SIGNATURE + header(2, 2, 1, 8) + IDAT + END, "colour type 1"),
    "colour type 9": (SIGNATURE + header(2, 2, 9, 8) + IDAT + END, "colour type 9"),
    "depth 0": (SIGNATURE + header(2, 2, 0, 0) + IDAT + END, "bit depth 0"),
    "depth 3": (SIGNATURE + header(2, 2, 0, 3) + IDAT + END, "bit depth 3"),
    "depth 4 in colour": (SIGNATURE + header(2, 2, 2, 4) + IDAT + END, "bit depth 4"),
    "depth 16 with a palette": (SIGNATURE + header(2, 2, 3, 16) + IDAT + END, "bit depth 16"),
    "unknown compression": (
        SIGNATURE + header(2, 2, 0, 8, compression=1) + IDAT + END,
        "compression 1",
    ),
    "unknown filter method": (SIGNATURE + header(2, 2, 0, 8, filtering=1) + IDAT + END, "filter 1"),
    "unknown interlacing": (SIGNATURE + header(2, 2, 0, 8, 2) + IDAT + END, "interlacing 2"),
    "unknown critical chunk": (HEAD + chunk(b"ABCD") + IDAT + END, "critical chunk ABCD"),
    "no image data": (HEAD + END, "no image data"),
    "empty image data": (HEAD + chunk(b"IDAT") + END, "0 bytes of image data, expected 6"),
    "image data in two places": (HEAD + IDAT + chunk(b"tEXt", b"a\0b") + IDAT + END, "consecutive"),
    "too little image data": (
        HEAD + chunk(b"IDAT", zlib.compress(LINES[:-1])) + END,
        "5 bytes of image data, expected 6",
    ),
    "too much image data": (
        HEAD + chunk(b"IDAT", zlib.compress(LINES + b"\0")) + END,
        "end of its",
    ),
    "no zlib stream": (HEAD + chunk(b"IDAT", b"nonsense") + END, "no valid zlib"),
    "zlib stream cut short": (
        HEAD + chunk(b"IDAT", zlib.compress(LINES)[:-2]) + END,
        "end of its stream",
    ),
    "wrong sum of the zlib stream": (
        HEAD + chunk(b"IDAT", zlib.compress(LINES)[:-1] + b"\0") + END,
        "no valid zlib",
    ),
    "bytes after the zlib stream": (
        HEAD + chunk(b"IDAT", zlib.compress(LINES) + b"x") + END,
        "end of its stream",
    ),
    "filter 5": (HEAD + chunk(b"IDAT", zlib.compress(b"\5" + LINES[1:])) + END, "filter 5"),
    "end that holds something": (HEAD + IDAT + chunk(b"IEND", b"x"), "IEND holds 1"),
    "no palette": (PALETTE + IDAT + END, "no palette"),
    "palette after the image data": (
        PALETTE + IDAT + chunk(b"PLTE", bytes(30)) + END,
        "no palette",
    ),
    "two palettes": (PALETTE + chunk(b"PLTE", bytes(30)) * 2 + IDAT + END, "PLTE is out of place"),
    "palette of 4 bytes": (PALETTE + chunk(b"PLTE", bytes(4)) + IDAT + END, "PLTE holds 4"),
    "empty palette": (PALETTE + chunk(b"PLTE") + IDAT + END, "PLTE holds 0"),
    "palette of 257 colours": (PALETTE + chunk(b"PLTE", bytes(771)) + IDAT + END, "PLTE holds 771"),
    "palette larger than its depth": (
        SIGNATURE + header(2, 2, 3, 1) + chunk(b"PLTE", bytes(9)) + IDAT + END,
        "PLTE holds 9",
    ),
    "palette in a gray picture": (
        HEAD + chunk(b"PLTE", bytes(3)) + IDAT + END,
        "palette in a gray",
    ),
    "colour outside the palette": (PALETTE + chunk(b"PLTE", bytes(12)) + IDAT + END, "colour 4 of"),
    "tRNS before the palette": (PALETTE + chunk(b"tRNS", b"x") + IDAT + END, "before the palette"),
    "tRNS longer than the palette": (
        PALETTE + chunk(b"PLTE", bytes(15)) + chunk(b"tRNS", bytes(6)) + IDAT + END,
        "tRNS holds 6",
    ),
    "tRNS of one byte": (HEAD + chunk(b"tRNS", b"x") + IDAT + END, "tRNS holds 1"),
    "two tRNS": (HEAD + chunk(b"tRNS", bytes(2)) * 2 + IDAT + END, "tRNS is out of place"),
    "tRNS after the image data": (HEAD + IDAT + chunk(b"tRNS", bytes(2)) + END, "tRNS is out of"),
    "tRNS beside an alpha channel": (
        SIGNATURE + header(2, 2, 4, 8) + chunk(b"tRNS", bytes(2)) + IDAT + END,
        "alpha channel",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_png_is_refused_with_its_cause(name):
    data, cause = BROKEN[name]
    with pytest.raises(png.PngError) as caught:
        png.decode(data)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_surrounds_the_picture_is_ignored():
    before = chunk(b"gAMA", bytes(4)) + chunk(b"sPLT", b"name\0\x08")
    data = write(GRAY, 0, 8, before=before)
    assert png.decode(data + b"anything after the end") == png.decode(WHOLE)
    suggested = write([[(1, 2, 3)]], 2, 8, before=chunk(b"PLTE", bytes(300)))
    assert png.decode(suggested).rgba == b"\1\2\3\xff"


def test_a_16_bit_colour_key_is_compared_whole():
    data = write([[(0x1234,), (0x1235,)]], 0, 16, before=chunk(b"tRNS", b"\x12\x34"))
    assert png.decode(data).rgba == b"\x12\x12\x12\x00\x12\x12\x12\xff"


def test_every_prefix_is_refused():
    for length in range(len(WHOLE)):
        with pytest.raises(png.PngError):
            png.decode(WHOLE[:length])


def test_every_changed_byte_is_refused_or_read_but_never_crashes():
    data = write(samples_of(random.Random(1), 9, 9, 6, 8), 6, 8, 1, (1, 2, 3, 4))
    for position in range(len(data)):
        for change in (1, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[position] ^= change
            # The checksums are made right again, so that the damage reaches what lies behind them.
            repaired, start = damaged[:8], 8
            while start + 12 <= len(damaged):
                length = int.from_bytes(damaged[start : start + 4], "big")
                if start + 12 + length > len(damaged):
                    break
                body = bytes(damaged[start + 8 : start + 8 + length])
                repaired += chunk(bytes(damaged[start + 4 : start + 8]), body)
                start += 12 + length
            for candidate in (bytes(damaged), bytes(repaired)):
                try:
                    decoded = png.decode(candidate)
                except png.PngError:
                    continue
                assert len(decoded.rgba) == 4 * decoded.width * decoded.height


@pytest.mark.parametrize("width, height", [(60_000, 60_000), (1 << 30, 1), (100, 100)])
def test_what_claims_or_unpacks_to_gigabytes_is_refused_at_once_in_little_memory(width, height):
    bomb = zlib.compress(bytes(200 << 20), 9)
    data = SIGNATURE + header(width, height, 0, 8) + chunk(b"IDAT", bomb) + END
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(png.PngError):
        png.decode(data)
    seconds, (_, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 0.5
    assert peak < 2 << 20
