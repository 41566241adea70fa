"""Other formats than PNG: through Pillow where it is installed, and in one line where it is not."""

import io
import json
import struct

import pytest

from edge import classifier, decode
from edge.decode import pillow as through_pillow
from edge.decode import png
from tests.edge.drawings import CROSS, LETTER
from tests.edge.processes import python

WIDTH, HEIGHT = 90, 60

BEGINNINGS = {
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "WebP": b"RIFF\x40\0\0\0WEBPVP8 ",
    "BMP": b"BM\x40\0\0\0",
    "GIF": b"GIF89a\1\0\1\0",
    "TIFF": b"MM\0*\0\0\0\x08",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0",
    "HEIF": b"\0\0\0\x18ftypheic\0\0\0\0",
    "JPEG2000": b"\xff\x4f\xff\x51\0\x29",
    "QOI": b"qoif\0\0\0\1\0\0\0\1\4\0",
    "PSD": b"8BPS\0\1\0\0",
}


@pytest.fixture(scope="module")
def pillow():
    return pytest.importorskip("PIL.Image")


def gray(pillow):
    return pillow.frombytes("L", (WIDTH, HEIGHT), CROSS)


def saved(image, kind, **options):
    file = io.BytesIO()
    try:
        image.save(file, kind, **options)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {kind}")
    return file.getvalue()


def near(one, other, most):
    return max(abs(a - b) for a, b in zip(one, other)) <= most


LOSSLESS = {"BMP": {}, "GIF": {}, "TIFF": {}, "WEBP": {"lossless": True}, "QOI": {}, "JPEG2000": {}}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_lossless_format_gives_the_planes_of_the_png(pillow, kind):
    rgb = pillow.merge("RGB", [gray(pillow), gray(pillow).point(lambda v: v // 2), gray(pillow)])
    expected = png.planes(saved(rgb, "PNG"))
    assert decode.planes(saved(rgb, kind, **LOSSLESS[kind])) == expected


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_a_lossy_format_gives_nearly_the_planes_of_the_png(pillow, kind):
    rgb = pillow.merge("RGB", [gray(pillow)] * 3)
    planes = decode.planes(saved(rgb, kind, quality=90))
    assert planes[:2] == (WIDTH, HEIGHT)
    assert near(planes.red, CROSS, 40)


def test_all_formats_give_the_same_letter(pillow, pack):
    reader = classifier.load(pack)
    expected = reader.classify(LETTER)
    for kind in ("BMP", "GIF", "TIFF", "PPM"):
        assert reader.classify(saved(gray(pillow), kind)) == expected
    assert reader.classify(saved(gray(pillow), "JPEG", quality=95)).letter == expected.letter


MODES = {
    "1": ("TIFF", 1),
    "L": ("TIFF", 0),
    "P": ("GIF", 0),
    "RGB": ("TIFF", 0),
    "RGBA": ("TIFF", 0),
    "LA": ("TIFF", 0),
    "CMYK": ("TIFF", 0),
    "YCbCr": ("TIFF", 2),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_converted_as_pillow_converts_it(pillow, mode):
    kind, tolerance = MODES[mode]
    source = pillow.merge("RGB", [gray(pillow)] * 3)
    image = source.convert("1", dither=0) if mode == "1" else source.convert(mode)
    planes = decode.planes(saved(image, kind))
    assert near(planes.red, image.convert("RGB").tobytes()[::3], tolerance)
    assert planes.alpha is None


def test_a_jpeg_of_printing_inks_is_not_inverted(pillow):
    image = pillow.merge("RGB", [gray(pillow)] * 3).convert("CMYK")
    assert near(decode.planes(saved(image, "JPEG", quality=95)).red, CROSS, 40)


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bits_keep_their_high_byte(pillow, order):
    deep = bytes(v for value in CROSS for v in ((7, value) if order == "<" else (value, 7)))
    image = pillow.frombytes("I;16" if order == "<" else "I;16B", (WIDTH, HEIGHT), deep)
    assert decode.planes(saved(image, "TIFF")).red == CROSS


def test_samples_of_32_bits_are_refused_by_name(pillow):
    with pytest.raises(through_pillow.FormatError, match=r"samples of 32 bits .* expected 8 or 16"):
        decode.planes(saved(gray(pillow).convert("F"), "TIFF"))


def test_a_transparent_colour_and_an_alpha_channel_become_alpha(pillow):
    indexed = pillow.new("P", (2, 1))
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    indexed.putpixel((1, 0), 1)
    planes = decode.planes(saved(indexed, "GIF", transparency=0))
    assert planes.alpha == b"\0\xff"
    assert planes.red[1:] == b"\x28"
    image = pillow.frombytes("RGBA", (2, 1), b"\1\2\3\4\5\6\7\x08")
    for kind in ("TIFF", "QOI"):
        assert decode.planes(saved(image, kind)) == (2, 1, b"\1\5", b"\2\6", b"\3\7", b"\4\x08")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_photograph_is_turned_upright(pillow, kind, orientation):
    from PIL import ImageOps

    upright = gray(pillow)
    # How the camera held this way stores what is upright: the turn that undoes EXIF's.
    exif = pillow.Exif()
    exif[0x0112] = orientation
    backwards = {6: 8, 8: 6}.get(orientation, orientation)
    tagged = upright.copy()
    tagged.getexif()[0x0112] = backwards
    stored = ImageOps.exif_transpose(tagged)
    planes = decode.planes(saved(stored, kind, exif=exif.tobytes()))
    assert planes[:2] == (WIDTH, HEIGHT)
    assert near(planes.red, CROSS, 60)


@pytest.mark.parametrize("note", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\0\0\xff\xff", b""])
def test_a_damaged_note_does_not_spoil_a_whole_photograph(pillow, note):
    assert near(decode.planes(saved(gray(pillow), "JPEG", quality=95, exif=note)).red, CROSS, 40)


def test_a_bmp_whose_alpha_is_all_0_is_a_picture(pillow):
    image = gray(pillow).convert("RGBA")
    image.putalpha(0)
    pixels = image.tobytes("raw", "BGRA", 0, -1)
    masks = bytes.fromhex("0000ff00 00ff0000 ff000000 000000ff")
    header = struct.pack("<IiiHHIIiiII", 108, WIDTH, HEIGHT, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    start = struct.pack("<IHHI", 14 + 108 + len(pixels), 0, 0, 14 + 108)
    data = b"BM" + start + header + masks + bytes(108 - 40 - 16) + pixels
    planes = decode.planes(data)
    assert (planes.red, planes.alpha) == (CROSS, None)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_read(pillow, kind):
    frames = [pillow.new("L", (WIDTH, HEIGHT), level) for level in (100, 200)]
    options = {"lossless": True} if kind == "WEBP" else {}
    frames.insert(0, gray(pillow))
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert near(decode.planes(data).red, CROSS, 1)


def test_what_is_too_large_is_refused_before_it_is_decoded(pillow):
    for size in [(4097, 4096), (65_000, 65_000)]:
        # Of these nothing but the header is there.
        bmp = saved(gray(pillow), "BMP")
        sides = b"".join(side.to_bytes(4, "little") for side in size)
        with pytest.raises(through_pillow.FormatError, match=r"BMP of .*limit of 16,777,216"):
            decode.planes(bmp[:18] + sides + bmp[26:])


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "JPEG2000", "QOI"])
def test_what_is_cut_short_or_spoilt_is_refused_in_one_sentence(pillow, kind, capfd):
    data = saved(gray(pillow).convert("RGB"), kind)
    refused = 0
    for length in range(16, len(data), max(1, len(data) // 25)):
        for broken in (data[:length], data[:length] + bytes(40) + data[length + 40 :]):
            try:
                planes = decode.planes(broken)
            except ValueError as error:
                refused += 1
                assert "\n" not in str(error) and 10 < len(str(error)) < 200
            else:
                assert len(planes.red) == planes.width * planes.height
    assert refused > 10
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_beginning_alone_is_named_and_refused(pillow, name):
    with pytest.raises(through_pillow.FormatError, match=name):
        decode.planes(BEGINNINGS[name])


WITHOUT = "import sys; sys.modules['PIL'] = None; from edge.cli import main; sys.exit(main())"


@pytest.mark.parametrize("name", BEGINNINGS)
def test_without_pillow_one_line_names_the_format_and_what_to_install(name, tmp_path):
    path = tmp_path / "letter"
    path.write_bytes(BEGINNINGS[name])
    result = python("-c", WITHOUT, "classify", path)
    expected = f"edge: {path}: {name}: install Pillow to read it (pip install pillow)\n"
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.decode() == expected


def test_without_pillow_a_pgm_is_read_as_the_png_is(tmp_path):
    paths = [tmp_path / "letter.png", tmp_path / "letter.pgm"]
    paths[0].write_bytes(LETTER)
    paths[1].write_bytes(b"P5 %d %d 255\n" % (WIDTH, HEIGHT) + CROSS)
    result = python("-c", WITHOUT, "classify", "--json", *paths)
    assert (result.returncode, result.stderr) == (0, b"")
    read = [json.loads(line)["top"] for line in result.stdout.splitlines()]
    # NumPy 1.19 gives a row other last bits than another.
    first, other = ({each["letter"]: each["probability"] for each in top} for top in read)
    assert first == pytest.approx(other)


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.4", b"\x89PN", b"P7\nWIDTH 1\n", b"P5"])
def test_what_is_no_picture_is_told_how_it_begins(data):
    with pytest.raises(png.PngError, match=r"not a PNG: (begins with|empty)"):
        classifier.prepare(data)
