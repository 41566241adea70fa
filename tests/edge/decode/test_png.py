"""The PNG decoder: every kind bit for bit, and every damage refused in a sentence."""

import io
import random
import zlib
from itertools import product

import pytest

from edge import decode, png
from tests.edge import limits, png_writer
from tests.edge.png_writer import CHANNELS, KINDS, chunk, header


def deflated(rows):
    return chunk(b"IDAT", zlib.compress(rows))


FILTERS = [(0,), (1,), (2,), (3,), (4,), (0, 4, 3, 2, 1, 4, 4, 1, 3)]
STYLES = ["blank", "drawing", "gray", "noise", "repeated rows"]


class Picture:
    """Random pixels of one kind, as a PNG and as the RGBA bytes that it should give."""

    def __init__(self, rng, colour, depth, width, height, style="noise", keyed=False, **encoding):
        self.colour, self.depth, self.keyed = colour, depth, keyed
        most = (1 << depth) - 1
        count = CHANNELS[colour]
        self.palette = bytes(rng.choices(range(256), k=3 * (most + 1))) if colour == 3 else None
        paper = tuple(rng.choice([0, most, rng.randint(0, most)]) for _ in range(count))

        def pixel():
            if style == "blank" or (style == "drawing" and rng.random() < 0.9):
                return paper
            if style == "gray":
                return (rng.randint(0, most),) * count
            return tuple(rng.randint(0, most) for _ in range(count))

        self.rows = [[pixel() for _ in range(width)] for _ in range(height)]
        if style == "repeated rows":
            for above, row in zip(self.rows, self.rows[1:]):
                row[:] = [old if rng.random() < 0.9 else new for old, new in zip(above, row)]
        self.key = self.transparency = None
        if keyed and colour == 3:
            self.transparency = bytes(rng.choices(range(256), k=rng.randint(1, most + 1)))
        elif keyed:
            self.key = rng.choice(rng.choice(self.rows))
            self.transparency = b"".join(value.to_bytes(2, "big") for value in self.key)
        encoding.update(palette=self.palette, transparency=self.transparency)
        self.data = png_writer.encode(self.rows, colour, depth, **encoding)

    def decoded(self):
        """Return what the decoder should."""
        return len(self.rows[0]), len(self.rows), self.rgba()

    def rgba(self):
        return b"".join(bytes(self._rgba(pixel)) for row in self.rows for pixel in row)

    def _rgba(self, pixel):
        if self.colour == 3:
            (index,) = pixel
            alphas = self.transparency or b""
            alpha = alphas[index] if index < len(alphas) else 255
            return (*self.palette[3 * index : 3 * index + 3], alpha)
        most = (1 << self.depth) - 1
        levels = [value >> 8 if self.depth == 16 else value * 255 // most for value in pixel]
        alpha = levels.pop() if self.colour in (4, 6) else 255 * (pixel != self.key)
        return (*(levels * 3 if len(levels) == 1 else levels), alpha)


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_every_kind_gives_the_samples_that_went_in_and_those_that_pillow_sees(
    colour, depth, interlaced
):
    rng = random.Random(f"{colour} {depth} {interlaced}")
    pictures = []
    for filters, style, keyed in product(FILTERS, STYLES, {False, colour in (0, 2, 3)}):
        options = {"interlaced": interlaced, "filters": filters}
        width, height = rng.randint(1, 12), rng.randint(1, 12)
        picture = Picture(rng, colour, depth, width, height, style, keyed, **options)
        assert png.decode(picture.data) == picture.decoded()
        pictures.append(picture)
    pillow = pytest.importorskip("PIL.Image")
    for picture in pictures:
        assert picture.rgba() == as_pillow_sees(pillow, picture)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("style", STYLES)
def test_rows_of_many_pixels(style, filters):
    rng = random.Random(f"{style} {filters}")
    for colour, depth in [(0, 8), (6, 8)]:
        picture = Picture(rng, colour, depth, 700, 6, style, filters=filters)
        assert png.decode(picture.data).rgba == picture.rgba()


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
def test_every_size_up_to_40(interlaced):
    rng = random.Random(40)
    sizes = [(side, side) for side in range(1, 41)] + [(1, 40), (40, 1), (2, 9), (5, 1), (1, 5)]
    for width, height in sizes:
        for depth in (1, 4):
            picture = Picture(rng, 3, depth, width, height, interlaced=interlaced)
            assert png.decode(picture.data) == picture.decoded()


def test_any_picture_gives_the_samples_that_went_in():
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies

    @hypothesis.given(
        rng=st.randoms(use_true_random=False),
        kind=st.sampled_from(KINDS),
        width=st.integers(1, 40),
        height=st.integers(1, 12),
        style=st.sampled_from(STYLES),
        keyed=st.booleans(),
        interlaced=st.booleans(),
        filters=st.lists(st.integers(0, 4), min_size=1, max_size=12),
        idat_bytes=st.none() | st.integers(1, 50),
    )
    @hypothesis.settings(max_examples=200, deadline=None)
    def check(rng, kind, width, height, style, keyed, **encoding):
        keyed = keyed and kind[0] in (0, 2, 3)
        picture = Picture(rng, *kind, width, height, style, keyed, **encoding)
        assert png.decode(picture.data) == picture.decoded()

    check()


def as_pillow_sees(pillow, picture):
    """Return a picture's RGBA bytes by Pillow, or its own where Pillow is not standard."""
    image, own = pillow.open(io.BytesIO(picture.data)), picture.rgba()
    if (picture.colour, picture.depth) == (0, 16):
        # Little-endian, and converting it would clip what is over 255.
        gray = image.tobytes()[1::2]
        return _with_alpha(bytes(value for value in gray for _ in range(3)), own[3::4])
    if picture.keyed and (picture.colour, picture.depth) in [(0, 2), (0, 4), (2, 16)]:
        # Pillow compares the key with samples scaled to 8 bits, against the specification.
        return _with_alpha(image.convert("RGB").tobytes(), own[3::4])
    return image.convert("RGBA").tobytes()


def _with_alpha(rgb, alpha):
    return b"".join(rgb[3 * at : 3 * at + 3] + alpha[at : at + 1] for at in range(len(alpha)))


PICTURES = {
    "alpha": Picture(random.Random(1), 6, 8, 4, 3, "drawing", filters=(1, 4, 2)),
    "palette": Picture(random.Random(2), 3, 1, 3, 2, keyed=True, interlaced=True, filters=(3, 4)),
    "deep gray": Picture(random.Random(3), 0, 16, 3, 3, keyed=True, filters=(4, 2), idat_bytes=9),
    "colour": Picture(random.Random(4), 2, 8, 3, 3, keyed=True, filters=(3, 1)),
}


def decodes_or_is_refused(data):
    """Decode, hold the picture to its size, and let PngError pass, which must be one sentence."""
    images = []
    for strict in (True, False):
        try:
            images.append(png.decode(data, strict=strict))
        except png.PngError as error:
            assert str(error).isprintable() and 3 < len(str(error)) < 120
    assert all(len(image.rgba) == 4 * image.width * image.height for image in images)
    # What is valid is read in either way, and to the same pixels.
    assert images[1:] in ([], images[:1])
    return len(images) == 2


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_no_part_of_a_picture_is_a_picture(picture):
    for length in range(len(picture.data)):
        with pytest.raises(png.PngError):
            png.decode(picture.data[:length], strict=True)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_changed_byte_is_refused(picture):
    for position in range(len(picture.data)):
        for change in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            data = bytearray(picture.data)
            data[position] ^= change
            with pytest.raises(png.PngError):
                png.decode(bytes(data), strict=True)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_changed_byte_under_a_right_checksum_is_read_or_refused(picture):
    chunks = list(png_writer.chunks(picture.data))
    results = set()
    for index, (kind, body) in enumerate(chunks):
        for position in range(4 + len(body)):
            for value in range(256):
                changed = bytearray(kind + body)
                changed[position] = value
                parts = [chunk(*part) for part in chunks]
                parts[index] = chunk(bytes(changed[:4]), bytes(changed[4:]))
                results.add(decodes_or_is_refused(png_writer.SIGNATURE + b"".join(parts)))
    assert results == {True, False}


def test_changed_samples_under_right_checksums_are_read_or_refused():
    rng = random.Random(5)
    for colour, depth in KINDS:
        rows = [[(0,) * CHANNELS[colour]] * 5] * 5
        for interlaced in (False, True):
            size = len(png_writer.filtered(rows, colour, depth, interlaced))
            for _ in range(10):
                data = bytes(rng.choice([0, 1, 2, 3, 4, 4, 5, 255]) for _ in range(size))
                palette = chunk(b"PLTE", bytes(6)) if colour == 3 else b""
                first = header(5, 5, colour, depth, interlacing=interlaced)
                decodes_or_is_refused(png_writer.png(first, palette, deflated(data)))


def test_any_chunks_in_any_order_are_read_or_refused():
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies
    small = st.integers(0, 9)
    whole = [part for picture in PICTURES.values() for part in png_writer.chunks(picture.data)]
    kinds = st.sampled_from([b"PLTE", b"tRNS", b"IDAT", b"IEND", b"tEXt"])
    streams = st.binary(max_size=60).map(zlib.compress)
    bodies = st.sampled_from(whole) | st.tuples(kinds, st.binary(max_size=20))
    bodies |= st.tuples(st.just(b"IDAT"), streams)
    depths = st.sampled_from([1, 2, 4, 8, 16])
    flags = st.integers(0, 1)
    headers = st.builds(header, small, small, st.integers(0, 6), depths, interlacing=flags)

    @hypothesis.given(headers, st.lists(bodies, max_size=6), st.binary(max_size=5))
    @hypothesis.settings(max_examples=300, deadline=None)
    def check(first, chunks, rest):
        parts = [chunk(*part) for part in chunks]
        decodes_or_is_refused(png_writer.png(first, *parts) + rest)
        decodes_or_is_refused(png_writer.png(*parts))

    check()


PIXEL = zlib.compress(b"\0\x80")
GRAY = header(1, 1, 0, 8)
DATA = chunk(b"IDAT", PIXEL)
COLOURS = chunk(b"PLTE", b"\1\2\3\4\5\6")


def gray(*chunks, first=GRAY):
    return png_writer.png(first, *chunks)


def headed(*fields):
    """Write a PNG of one pixel under a header that says something else."""
    return gray(DATA, first=header(*fields))


VALID = {
    "bytes after IEND": gray(DATA) + b"what else was on the card",
    "an empty IDAT": gray(chunk(b"IDAT"), DATA, chunk(b"IDAT")),
    "a byte an IDAT": gray(*(chunk(b"IDAT", PIXEL[at : at + 1]) for at in range(len(PIXEL)))),
    "unknown ancillary chunks": gray(chunk(b"zzZz", b"1"), DATA, chunk(b"zzZz", b"2")),
    "text, gamma, time and background": gray(
        chunk(b"gAMA", b"\0\0\x7f\xff"),
        chunk(b"bKGD", b"\0\1"),
        chunk(b"tEXt", b"Title\0letter"),
        DATA,
        chunk(b"tIME", b"\x07\xe9\1\1\0\0\0"),
    ),
    "an animation": gray(
        chunk(b"acTL", b"\0\0\0\2\0\0\0\0"),
        chunk(b"fcTL", bytes(26)),
        DATA,
        chunk(b"fcTL", bytes(26)),
        chunk(b"fdAT", b"\0\0\0\2" + PIXEL),
    ),
    "stored, not compressed": gray(chunk(b"IDAT", zlib.compress(b"\0\x80", 0))),
}


@pytest.mark.parametrize("data", VALID.values(), ids=VALID)
def test_what_the_specification_allows_is_read(data):
    assert png.decode(data, strict=True) == (1, 1, b"\x80\x80\x80\xff")


def test_an_empty_tRNS_leaves_a_palette_opaque():
    data = gray(COLOURS, chunk(b"tRNS"), deflated(b"\0\1"), first=header(1, 1, 3, 8))
    assert png.decode(data, strict=True).rgba == b"\4\5\6\xff"


def test_only_the_low_bits_of_tRNS_count_below_16_bits():
    keys = [(8, b"\xff\x80", b"\x80"), (4, b"\xab\xf8", b"\x88"), (1, b"\2\3", b"\xff")]
    for depth, value, found in keys:
        data = gray(chunk(b"tRNS", value), DATA, first=header(1, 1, 0, depth))
        assert png.decode(data, strict=True).rgba == found * 3 + b"\0"


def test_16_bit_transparency_compares_both_bytes():
    rows = deflated(b"\0\x12\x34\x12\x35")
    data = gray(chunk(b"tRNS", b"\x12\x35"), rows, first=header(2, 1, 0, 16))
    assert png.decode(data, strict=True).rgba == b"\x12\x12\x12\xff\x12\x12\x12\0"


def test_the_planes_of_a_gray_picture_are_one_object_and_opaque_is_none():
    planes = decode.planes(gray(DATA))
    assert planes == (1, 1, b"\x80", b"\x80", b"\x80", None)
    assert planes.red is planes.green is planes.blue
    opaque = [[(1, 1, 1, 255)] * 3] * 3
    planes = decode.planes(png_writer.encode(opaque, 6, 8, filters=(1, 2, 4)))
    assert planes.alpha is None
    assert planes.red == planes.green == planes.blue == b"\1" * 9


def damaged(data, kind):
    """Spoil the checksum of the first chunk of this kind."""
    position = data.index(kind)
    end = position + 4 + int.from_bytes(data[position - 4 : position], "big")
    return data[:end] + bytes((data[end] ^ 1,)) + data[end + 1 :]


INDEXED, COLOURED = header(1, 1, 3, 8), header(1, 1, 2, 8)
WHOLE = gray(DATA)
# Also every kind of corrupt file that PngSuite has.
BROKEN = {
    "empty": (b"", "not a PNG: empty"),
    "first byte without its high bit": (b"\x09" + WHOLE[1:], "not a PNG"),
    "a Q for the P": (b"\x89QNG" + WHOLE[4:], "not a PNG"),
    "the signature in lower case": (b"\x89png" + WHOLE[4:], "not a PNG"),
    "a space for control-Z": (WHOLE[:6] + b" " + WHOLE[7:], "not a PNG"),
    "line ends made CR LF": (WHOLE.replace(b"\n", b"\r\n"), "not a PNG"),
    "line ends made LF": (WHOLE.replace(b"\r\n", b"\n"), "not a PNG"),
    "CR for LF": (WHOLE.replace(b"\n", b"\r"), "not a PNG"),
    "LF for CR": (WHOLE.replace(b"\r", b"\n"), "not a PNG"),
    "the signature alone": (WHOLE[:8], "cut short"),
    "cut in a chunk": (WHOLE[:20], "cut short: 4 bytes left for chunk IHDR, expected 17"),
    "no IEND": (WHOLE[:-12], "cut short: the last chunk is not IEND"),
    "a chunk of 4 GB": (WHOLE[:33] + b"\xff\xff\xff\xff" + WHOLE[37:], "cut short"),
    "a chunk type of no letters": (gray(chunk(b"ID4T", b"")), "expected four letters"),
    "IHDR checksum": (damaged(WHOLE, b"IHDR"), "chunk IHDR is damaged: checksum"),
    "IDAT checksum": (damaged(WHOLE, b"IDAT"), "chunk IDAT is damaged: checksum"),
    "IEND checksum": (damaged(WHOLE, b"IEND"), "chunk IEND is damaged"),
    "checksum of an ignored chunk": (
        damaged(gray(chunk(b"tEXt", b"a\0b"), DATA), b"tEXt"),
        "chunk tEXt is damaged",
    ),
    "no IHDR": (png_writer.png(DATA), "IHDR is not the first"),
    "of an iPhone": (png_writer.png(chunk(b"CgBI", bytes(4)), GRAY, DATA), "iPhone PNG (CgBI)"),
    "IHDR late": (png_writer.png(chunk(b"tEXt"), GRAY, DATA), "IHDR is not the first"),
    "IHDR twice": (gray(GRAY, DATA), "a second IHDR"),
    "IHDR too long": (gray(DATA, first=chunk(b"IHDR", bytes(14))), "IHDR holds 14 bytes"),
    "no width": (headed(0, 1, 0, 8), "0 x 1 pixels"),
    "no height": (headed(1, 0, 0, 8), "1 x 0 pixels"),
    "width of 32 bits": (headed(1 << 31, 1, 0, 8), "2147483648 x 1 pixels, exp"),
    "height of 32 bits": (headed(1, 1 << 31, 0, 8), "1 x 2147483648 pixels, exp"),
    "width of 31 bits": (
        headed((1 << 31) - 1, 1, 0, 8),
        "2147483647 x 1 pixels, more than the limit",
    ),
    "height of 31 bits": (
        headed(1, (1 << 31) - 1, 0, 8),
        "1 x 2147483647 pixels, more than the limit",
    ),
    "too many pixels": (
        headed(4097, 4096, 0, 8),
        "4097 x 4096 pixels, more than the limit of 16,777,216",
    ),
    "colour type 1": (headed(1, 1, 1, 8), "colour type 1 with bit depth 8"),
    "colour type 9": (headed(1, 1, 9, 8), "colour type 9 with bit depth 8"),
    "bit depth 0": (headed(1, 1, 2, 0), "colour type 2 with bit depth 0 does not exist"),
    "bit depth 3": (headed(1, 1, 2, 3), "colour type 2 with bit depth 3 does not exist"),
    "bit depth 99": (headed(1, 1, 2, 99), "colour type 2 with bit depth 99 does not exist"),
    "colours of 4 bits": (headed(1, 1, 2, 4), "colour type 2 with bit depth 4"),
    "compression 1": (headed(1, 1, 0, 8, 1, 0, 0), "compression 1"),
    "filter method 1": (headed(1, 1, 0, 8, 0, 1, 0), "filter 1"),
    "interlacing 2": (headed(1, 1, 0, 8, 0, 0, 2), "interlacing 2"),
    "no PLTE": (gray(DATA, first=INDEXED), "no PLTE"),
    "PLTE after IDAT": (gray(DATA, COLOURS, first=COLOURED), "PLTE is out of place"),
    "PLTE twice": (gray(COLOURS, COLOURS, DATA, first=INDEXED), "PLTE is out of place"),
    "PLTE after tRNS": (
        gray(chunk(b"tRNS", bytes(6)), COLOURS, DATA, first=COLOURED),
        "PLTE is out of place",
    ),
    "PLTE in gray": (gray(COLOURS, DATA), "PLTE in a gray picture"),
    "PLTE in gray and alpha": (
        gray(COLOURS, DATA, first=header(1, 1, 4, 8)),
        "PLTE in a gray picture",
    ),
    "PLTE not by threes": (gray(chunk(b"PLTE", bytes(4)), first=INDEXED), "PLTE holds 4 bytes"),
    "PLTE empty": (gray(chunk(b"PLTE"), first=INDEXED), "PLTE holds 0 bytes"),
    "PLTE longer than the depth allows": (
        gray(chunk(b"PLTE", bytes(9)), first=header(1, 1, 3, 1)),
        "PLTE holds 9 bytes, expected 3 to 6",
    ),
    "an index beyond the palette": (
        gray(COLOURS, deflated(b"\0\2"), first=INDEXED),
        "colour 2 of a palette of 2",
    ),
    "tRNS with an alpha channel": (
        gray(chunk(b"tRNS", bytes(6)), DATA, first=header(1, 1, 6, 8)),
        "tRNS in a picture that has an alpha channel",
    ),
    "tRNS before PLTE": (gray(chunk(b"tRNS", b"\1"), COLOURS, first=INDEXED), "tRNS before PLTE"),
    "tRNS after IDAT": (gray(DATA, chunk(b"tRNS", b"\0\1")), "tRNS is out of place"),
    "tRNS twice": (gray(*[chunk(b"tRNS", b"\0\1")] * 2, DATA), "tRNS is out of place"),
    "tRNS of the wrong size": (gray(chunk(b"tRNS", b"\1"), DATA), "tRNS holds 1 bytes, expected 2"),
    "tRNS longer than the palette": (
        gray(COLOURS, chunk(b"tRNS", bytes(3)), first=INDEXED),
        "tRNS holds 3 bytes for 2 colours",
    ),
    "no IDAT": (gray(), "no image data: IDAT is missing"),
    "IDATs apart": (
        gray(chunk(b"IDAT", PIXEL[:4]), chunk(b"tEXt"), chunk(b"IDAT", PIXEL[4:])),
        "not consecutive",
    ),
    "IEND with a body": (
        png_writer.SIGNATURE + GRAY + DATA + chunk(b"IEND", b"1"),
        "IEND holds 1 bytes",
    ),
    "an unknown critical chunk": (gray(chunk(b"ABCD"), DATA), "unknown critical chunk ABCD"),
    "nothing in IDAT": (gray(chunk(b"IDAT")), "the image data has 0 bytes, expected 2"),
    "no zlib stream": (gray(chunk(b"IDAT", b"\0\0\0\0")), "no valid zlib stream"),
    "a zlib stream with a dictionary": (gray(chunk(b"IDAT", b"\x78\xf9" + PIXEL)), "no valid zlib"),
    "the checksum of the zlib stream": (
        gray(chunk(b"IDAT", PIXEL[:-1] + bytes((PIXEL[-1] ^ 1,)))),
        "no valid zlib stream",
    ),
    "no checksum of the zlib stream": (gray(chunk(b"IDAT", PIXEL[:-4])), "does not end"),
    "bytes after the zlib stream": (
        gray(chunk(b"IDAT", PIXEL + b"123")),
        "3 bytes after the zlib stream",
    ),
    "too little image data": (gray(deflated(b"\0")), "the image data has 1 bytes, expected 2"),
    "too much image data": (gray(deflated(bytes(3))), "the image data has more bytes, expected 2"),
    "filter 5": (gray(deflated(b"\5\0")), "filter 5 does not exist"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_in_one_sentence(data, message):
    with pytest.raises(png.PngError) as caught:
        png.decode(data, strict=True)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


# By name in BROKEN, what leaves no doubt about the pixels.
PASSED_OVER = {
    "IEND checksum",
    "checksum of an ignored chunk",
    "PLTE in gray",
    "tRNS after IDAT",
    "tRNS twice",
    "tRNS of the wrong size",
    "IEND with a body",
    "bytes after the zlib stream",
    "too much image data",
}


@pytest.mark.parametrize("name", BROKEN)
def test_only_what_leaves_doubt_about_the_pixels_is_refused_unless_strict(name):
    data, _ = BROKEN[name]
    for read in (png.decode, decode.planes):
        if name in PASSED_OVER:
            assert read(data)[:2] == (1, 1)
        else:
            with pytest.raises(png.PngError) as caught:
                read(data)
            assert str(caught.value).isprintable()


BOMB = gray(deflated(bytes(32 << 20)))
THREE, ROW = header(3, 1, 3, 2), deflated(b"\0\x18")
PALETTE, SHARES = chunk(b"PLTE", bytes(range(1, 10))), chunk(b"tRNS", b"\5\6\7")
OPAQUE = bytes((1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255))
CLEAR = bytes((1, 2, 3, 5, 4, 5, 6, 6, 7, 8, 9, 7))
RGBA, RGBA_ROW = header(1, 1, 6, 8), deflated(b"\0\1\2\3\4")
JUNK = chunk(b"IDAT", b"junk")

# Each with its pixels, and whether Pillow reads it.
FAULTY = {
    "checksum of a text": (
        damaged(gray(chunk(b"tEXt", b"a\0b"), DATA), b"tEXt"),
        b"\x80\x80\x80\xff",
        False,
    ),
    "checksum of tRNS": (
        damaged(gray(PALETTE, SHARES, ROW, first=THREE), b"tRNS"),
        OPAQUE,
        False,
    ),
    "checksum of IEND": (damaged(WHOLE, b"IEND"), b"\x80\x80\x80\xff", True),
    "bytes after the zlib stream": (
        gray(chunk(b"IDAT", PIXEL + b"123")),
        b"\x80\x80\x80\xff",
        True,
    ),
    "an IDAT after the zlib stream": (gray(DATA, JUNK), b"\x80\x80\x80\xff", True),
    "an IDAT apart": (gray(DATA, chunk(b"tEXt"), JUNK), b"\x80\x80\x80\xff", True),
    "a row too many": (gray(deflated(b"\0\x80\0\x80")), b"\x80\x80\x80\xff", True),
    "more, and then no zlib stream": (
        gray(chunk(b"IDAT", zlib.compress(b"\0\x80" * 9)[:-4])),
        b"\x80\x80\x80\xff",
        True,
    ),
    "tRNS longer than the palette": (
        gray(PALETTE, chunk(b"tRNS", b"\5\6\7\x08"), ROW, first=THREE),
        CLEAR,
        True,
    ),
    "tRNS of gray too long": (
        gray(chunk(b"tRNS", b"\0\x80\0"), DATA),
        b"\x80\x80\x80\0",
        True,
    ),
    "tRNS of gray too short": (gray(chunk(b"tRNS", b"\0"), DATA), b"\x80\x80\x80\xff", False),
    "tRNS twice": (
        gray(PALETTE, chunk(b"tRNS", b"\1"), SHARES, ROW, first=THREE),
        CLEAR,
        True,
    ),
    "tRNS before PLTE": (gray(SHARES, PALETTE, ROW, first=THREE), CLEAR, True),
    "tRNS after IDAT": (gray(PALETTE, ROW, SHARES, first=THREE), CLEAR, True),
    "tRNS beside alpha": (gray(SHARES, RGBA_ROW, first=RGBA), b"\1\2\3\4", True),
    "PLTE in gray": (gray(COLOURS, DATA), b"\x80\x80\x80\xff", True),
    "PLTE twice in colour": (gray(COLOURS, RGBA_ROW, COLOURS, first=RGBA), b"\1\2\3\4", True),
    "PLTE longer than the depth allows": (
        gray(chunk(b"PLTE", bytes(range(1, 19))), SHARES, ROW, first=THREE),
        CLEAR,
        True,
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_beside_the_pixels_is_passed_over_as_by_others_unless_strict(name):
    data, rgba, read_by_pillow = FAULTY[name]
    assert png.decode(data).rgba == rgba
    with pytest.raises(png.PngError):
        png.decode(data, strict=True)
    if read_by_pillow:
        pillow = pytest.importorskip("PIL.Image")
        assert pillow.open(io.BytesIO(data)).convert("RGBA").tobytes() == rgba


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_beside_the_pixels_makes_no_part_of_a_picture_a_picture(name):
    data = FAULTY[name][0]
    for length in range(len(data)):
        with pytest.raises(png.PngError):
            png.decode(data[:length])


def test_rows_too_many_are_never_unpacked():
    with limits.measured() as cost:
        assert png.decode(BOMB).rgba == b"\0\0\0\xff"
    assert cost.seconds < limits.seconds(0.5)
    assert cost.memory < 4 * len(BOMB) + 100_000


def deep(values, colour=0):
    """Write a row of 16 bits."""
    row = b"".join(value.to_bytes(2, "big") for value in values)
    width = len(values) // CHANNELS[colour]
    return gray(deflated(b"\0" + row), first=header(width, 1, colour, 16))


@pytest.mark.parametrize("bits", range(1, 17))
def test_of_16_bits_a_letter_is_read_from_those_that_are_filled(bits):
    values = [0, 1, 300 % (1 << bits), (1 << bits) - 1]
    shift = max(0, bits - 8)
    assert decode.planes(deep(values)).red == bytes(value >> shift for value in values)
    assert png.decode(deep(values)).rgba[::4] == bytes(value >> 8 for value in values)


def test_of_deep_colours_all_are_shifted_alike_and_alpha_is_not():
    planes = decode.planes(deep([0x12, 0x345, 0xFFF, 0x80FF], 6))
    assert planes[2:] == (b"\x01", b"\x34", b"\xff", b"\x80")


def test_a_jpeg_is_refused_by_how_it_begins():
    with pytest.raises(ValueError, match="not a PNG: begins with ff d8 ff e0"):
        png.decode(b"\xff\xd8\xff\xe0\0\x10JFIF")


LITTLE = deflated(bytes(100))
DEAR = {
    "a huge header": (gray(LITTLE, first=header(60_000, 60_000, 6, 8)), 0.2, 100_000),
    "the largest header": (gray(LITTLE, first=header(4096, 4096, 6, 16)), 0.5, 1_000_000),
    "a zip bomb": (BOMB, 0.5, 4 * len(BOMB) + 100_000),
}


@pytest.mark.parametrize(("data", "seconds", "memory"), DEAR.values(), ids=DEAR)
def test_what_is_refused_takes_neither_time_nor_memory(data, seconds, memory):
    with limits.measured() as cost, pytest.raises(png.PngError):
        png.decode(data, strict=True)
    assert cost.seconds < limits.seconds(seconds)
    assert cost.memory < memory


def test_the_memory_for_a_narrow_picture_is_that_of_its_pixels():
    height = 300_000
    data = gray(deflated(b"\1\x80" * height), first=header(1, height, 0, 1))
    with limits.measured() as cost:
        planes = decode.planes(data)
    assert planes.red == b"\xff" * height
    # A row as an object of its own would be some 40 bytes a pixel.
    assert cost.memory < 20 * height


def test_gray_pixels_come_back_from_the_png_that_they_were_written_to():
    pixels = bytes(range(256)) * 3
    for width, height in ((1, 768), (768, 1), (32, 24)):
        picture = png.decode(png.encode_gray(width, height, pixels), strict=True)
        assert (picture.width, picture.height) == (width, height)
        assert all(picture.rgba[channel::4] == pixels for channel in range(3))
