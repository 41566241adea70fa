"""Pictures as arrays: the pixels of `planes` bit for bit, and their means where reduced."""

import io
import random
import struct
import sys
import zlib
from itertools import product

import numpy
import pytest

from edge import decode
from edge.decode import photograph, png, pnm, reduction, wavefront
from tests.edge import limits, png_writer
from tests.edge.decode.test_exif import noted
from tests.edge.decode.test_png import BROKEN, FAULTY, FILTERS, PICTURES, STYLES, Picture, deep
from tests.edge.png_writer import KINDS, chunk, header
from tests.edge.processes import python


@pytest.fixture
def small_blocks(monkeypatch):
    """Take NumPy for however few pixels, a few rows at once."""
    monkeypatch.setattr(wavefront, "_LINE_COST", 0)
    monkeypatch.setattr(wavefront, "_LINE_BYTES", 10)


def as_array(planes):
    """Return planes as an array without any of the code under test."""
    used = [plane for plane in planes[2:] if plane is not None]
    shape = planes.height, planes.width
    return numpy.dstack([numpy.array(list(plane), numpy.uint8).reshape(shape) for plane in used])


def same(one, other):
    return one.dtype == numpy.uint8 and one.shape == other.shape and bool((one == other).all())


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_every_kind_gives_the_planes(colour, depth, interlaced, small_blocks):
    rng = random.Random(f"{colour} {depth} {interlaced}")
    for filters, style, keyed in product(FILTERS, STYLES, {False, colour in (0, 2, 3)}):
        options = {"interlaced": interlaced, "filters": filters}
        width, height = rng.randint(1, 14), rng.randint(1, 24)
        data = Picture(rng, colour, depth, width, height, style, keyed, **options).data
        assert same(decode.pixels(data, 1000), as_array(decode.planes(data)))


def test_any_picture_gives_the_planes(small_blocks):
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies

    @hypothesis.given(
        rng=st.randoms(use_true_random=False),
        kind=st.sampled_from(KINDS),
        width=st.integers(1, 40),
        height=st.integers(1, 40),
        style=st.sampled_from(STYLES),
        filters=st.lists(st.integers(0, 4), min_size=1, max_size=12),
        idat_bytes=st.none() | st.integers(1, 50),
    )
    @hypothesis.settings(max_examples=100, deadline=None)
    def check(rng, kind, width, height, style, **encoding):
        data = Picture(rng, *kind, width, height, style, **encoding).data
        assert same(decode.pixels(data, 1000), as_array(decode.planes(data)))

    check()


@pytest.mark.parametrize("filters", FILTERS)
def test_blocks_of_many_rows_give_what_pillow_sees(filters):
    image = pytest.importorskip("PIL.Image")
    data = Picture(random.Random(1), 2, 8, 90, 150, filters=filters).data
    assert wavefront.worthwhile(150, 90, 3)
    expected = numpy.asarray(image.open(io.BytesIO(data)))
    assert same(photograph.pixels(data, 1000), expected)


def means(pixels, by):
    """Return means of squares, the colours weighed by alpha, one after another."""
    rows = []
    for y in range(0, len(pixels) - by + 1, by):
        rows.append([])
        for x in range(0, pixels.shape[1] - by + 1, by):
            square = pixels[y : y + by, x : x + by].reshape(by * by, -1).astype(float)
            shares = square[:, 3] if square.shape[1] == 4 and square[:, 3].any() else None
            mean = numpy.average(square, axis=0, weights=shares)
            mean[3:] = square[:, 3:].mean(axis=0)
            rows[-1].append(mean)
    return numpy.array(rows)


@pytest.mark.parametrize("by", [1, 2, 3, 5, 18])
@pytest.mark.parametrize("colour", [0, 2, 3, 4, 6])
def test_a_reduced_picture_is_the_means_of_squares(colour, by, small_blocks):
    for style, keyed in product(["noise", "drawing"], {False, colour in (0, 2, 3)}):
        rng = random.Random(f"{colour} {by} {style}")
        data = Picture(rng, colour, 8, 41, 37, style, keyed, filters=(4, 3, 1, 2, 0)).data
        whole = as_array(decode.planes(data))
        least = 37 // by
        assert reduction.factor(41, 37, least) == by
        found = decode.pixels(data, least)
        expected = means(whole, by)
        assert found.shape[:2] == (37 // by, 41 // by)
        assert numpy.abs(found - expected[:, :, : found.shape[2]]).max() <= 0.5
        assert same(found, reduction.of_planes(decode.planes(data), least))


def test_the_shorter_side_keeps_as_many_pixels_as_it_must():
    for width, height, least in [(30, 20, 20), (30, 20, 11), (20, 30, 10), (20, 30, 7), (9, 5, 50)]:
        data = pnm_of(numpy.zeros((height, width), numpy.uint8))
        found = min(decode.pixels(data, least).shape[:2])
        assert found >= min(least, width, height)
        assert min(width, height) // (min(width, height) // found + 1) < least


@pytest.mark.parametrize("bits", [4, 8, 10, 12, 13, 16])
@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_16_bits_are_shifted_as_in_the_planes(colour, bits, small_blocks):
    rng = random.Random(bits)
    values = [rng.randint(0, (1 << bits) - 1) for _ in range(12 * 8)]
    data = deep(values, colour)
    assert same(decode.pixels(data, 1), as_array(decode.planes(data)))
    assert (as_array(decode.planes(data)).max() > 127) == (bits > 7)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("colour", [0, 2, 6])
def test_a_picture_is_turned_as_its_planes_are(colour, orientation, small_blocks):
    data = Picture(random.Random(colour), colour, 8, 7, 4, filters=(4,)).data
    data = data[:33] + chunk(b"eXIf", noted(orientation)) + data[33:]
    found = decode.pixels(data, 1000)
    assert same(found, as_array(decode.planes(data)))
    assert found.flags.c_contiguous
    assert decode.size(data) == (7, 4)


@pytest.mark.parametrize("data", [case[0] for case in BROKEN.values()], ids=BROKEN)
def test_what_is_broken_is_refused_as_by_the_planes(data, small_blocks):
    try:
        expected = as_array(decode.planes(data))
    except png.PngError as error:
        with pytest.raises(png.PngError) as caught:
            decode.pixels(data, 1)
        assert str(caught.value) == str(error)
    else:
        assert same(decode.pixels(data, 1), expected)


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_passed_over_as_by_the_planes(name, small_blocks):
    data = FAULTY[name][0]
    assert same(decode.pixels(data, 1), as_array(decode.planes(data)))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_changed_bytes_under_right_checksums_are_read_or_refused(picture, small_blocks):
    chunks = list(png_writer.chunks(picture.data))
    rng = random.Random(6)
    for _ in range(1500):
        parts = [bytearray(kind + body) for kind, body in chunks]
        part = rng.choice(parts)
        part[rng.randrange(len(part))] = rng.randrange(256)
        data = png_writer.SIGNATURE + b"".join(chunk(bytes(p[:4]), bytes(p[4:])) for p in parts)
        try:
            expected = as_array(decode.planes(data))
        except png.PngError:
            with pytest.raises(png.PngError):
                decode.pixels(data, 1000)
        else:
            assert same(decode.pixels(data, 1000), expected)


def filtered_photograph(width, height):
    """Return a PNG of noise and every filter; what its pixels are doesn't matter."""
    rng = numpy.random.default_rng(1)
    rows = rng.integers(0, 8, (height, 1 + 3 * width)).astype(numpy.uint8)
    rows[:, 0] %= 5
    data = chunk(b"IDAT", zlib.compress(rows.tobytes(), 1))
    return png_writer.png(header(width, height, 2, 8), data)


def test_a_photograph_takes_little_time_and_memory():
    data = filtered_photograph(2000, 1500)
    pixels = decode.pixels(data, 1000)
    assert pixels.shape == (1500, 2000, 3)
    with limits.measured() as cost:
        decode.pixels(data, 500)
    assert cost.seconds < limits.seconds(2)
    # The pixels themselves are 9 MB.
    assert cost.memory < 40_000_000


@pytest.mark.parametrize(("width", "height"), [(1 << 16, 1), (1, 1 << 16), (1 << 14, 4), (5, 9999)])
def test_a_narrow_or_low_picture_takes_no_more_time(width, height):
    data = filtered_photograph(width, height)
    with limits.measured() as cost:
        pixels = decode.pixels(data, 1)
    assert min(pixels.shape[:2]) == 1
    assert cost.seconds < limits.seconds(3)


def pnm_of(pixels):
    kind = 5 if pixels.ndim == 2 else 6
    return b"P%d %d %d 255\n" % (kind, *pixels.shape[1::-1]) + pixels.tobytes()


def test_a_pnm_is_reduced():
    pixels = numpy.random.default_rng(2).integers(0, 256, (60, 40, 3)).astype(numpy.uint8)
    assert same(decode.pixels(pnm_of(pixels), 40), pixels)
    found = decode.pixels(pnm_of(pixels), 10)
    assert found.shape == (15, 10, 3)
    assert numpy.abs(found - means(pixels, 4)).max() <= 0.5
    gray = decode.pixels(pnm_of(pixels[:, :, 0]), 40)
    assert same(gray, pixels[:, :, [0, 0, 0]])


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
def test_other_formats_give_their_planes_and_means(kind, mode):
    image = pytest.importorskip("PIL.Image")
    picture = image.radial_gradient("L").resize((96, 64)).convert("RGB")
    file = io.BytesIO()
    try:
        picture.convert(mode).save(file, kind)
    except (OSError, KeyError):
        pytest.skip(f"this Pillow writes no {mode} as {kind}")
    data = file.getvalue()
    whole = as_array(decode.planes(data))
    assert same(decode.pixels(data, 64), whole)
    assert same(decode.pixels(data, 1000), whole)
    assert decode.size(data) == (96, 64)
    half = decode.pixels(data, 30)
    assert half.shape[:2] == (32, 48)
    assert numpy.abs(half - means(whole, 2)[:, :, : half.shape[2]]).max() < 12
    # A JPEG has been reduced to an eighth already.
    assert decode.pixels(data, 5).shape[:2] == ((8, 12) if kind == "JPEG" else (5, 8))


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_jpeg_is_turned_and_reduced(orientation):
    image = pytest.importorskip("PIL.Image")
    exif = image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.linear_gradient("L").resize((400, 200)).save(file, "JPEG", exif=exif)
    data = file.getvalue()
    expected = (50, 100) if orientation < 5 else (100, 50)
    assert decode.pixels(data, 50).shape == (*expected, 3)
    # The largest factor is 6: a quarter is what the decoder can do, and a half of it too small.
    assert min(decode.pixels(data, 33).shape[:2]) == 50
    assert decode.size(data) == (400, 200)


def test_16_bits_of_a_tiff_are_shifted():
    image = pytest.importorskip("PIL.Image")
    values = numpy.arange(0, 4096, 64, dtype=numpy.uint16).reshape(8, 8)
    for order, mode in (("<", "I;16"), (">", "I;16B")):
        file = io.BytesIO()
        deep = values.astype(f"{order}u2").tobytes()
        image.frombytes(mode, (8, 8), deep).save(file, "TIFF")
        planes = decode.planes(file.getvalue())
        assert planes.red == bytes(value >> 4 for value in values.ravel().tolist())
        assert same(decode.pixels(file.getvalue(), 8), as_array(planes))


@pytest.mark.parametrize("alpha", [0, 1, 255])
def test_a_bmp_whose_alpha_is_empty_is_opaque(alpha):
    pytest.importorskip("PIL.Image")
    pixels = numpy.full((4, 6, 4), 77, numpy.uint8)
    pixels[:, :, 3] = 0
    pixels[1, 2, 3] = alpha
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    about = struct.pack("<IiiHHIIiiII4I", 108, 6, 4, 1, 32, 3, 96, 0, 0, 0, 0, *masks) + bytes(52)
    data = b"BM" + struct.pack("<IHHI", 122 + 96, 0, 0, 122) + about + pixels.tobytes()
    planes = decode.planes(data)
    assert (planes.alpha is None) == (alpha == 0)
    assert planes.red == b"\x4d" * 24
    assert decode.pixels(data, 4).shape == (4, 6, 3 if alpha == 0 else 4)


def test_the_size_is_read_from_the_header_alone():
    data = Picture(random.Random(1), 2, 8, 9, 5).data
    assert decode.size(data[:33]) == (9, 5)
    assert decode.size(b"P6 #\n9\n5 255\n") == (9, 5)
    assert decode.size(b"P4 9 5\n") == (9, 5)
    for broken in (b"", data[:28], data[:8], png_writer.SIGNATURE + data[33:]):
        with pytest.raises(png.PngError):
            decode.size(broken)
    with pytest.raises(pnm.PnmError):
        decode.size(b"P6 9 x")
    with pytest.raises(png.PngError, match="more than the limit"):
        decode.size(png_writer.png(header(5000, 5000, 0, 8)))
    with pytest.raises(ValueError, match="JPEG"):
        decode.size(b"\xff\xd8\xff\xe0")


CLEAN = """
import sys
from edge import decode
data = open(sys.argv[1], "rb").read()
print(decode.size(data), len(decode.planes(data).red), "numpy" in sys.modules)
"""


def test_planes_and_size_of_a_png_need_no_numpy(tmp_path):
    path = tmp_path / "letter.png"
    path.write_bytes(Picture(random.Random(1), 0, 8, 30, 20, "drawing", filters=(4, 1)).data)
    assert python("-c", CLEAN, path).stdout.decode().strip() == "(30, 20) 600 False"
    assert "numpy" in sys.modules
