"""PBM, PGM and PPM: what Pillow sees in all six kinds, and every damage refused in a sentence."""

import io
import struct

import pytest

from edge import decode
from edge.decode import png, pnm
from tests.edge import limits

# By kind, the samples of a pixel.
CHANNELS = {1: 1, 2: 1, 3: 3, 4: 1, 5: 1, 6: 3}
MAXVALS = [1, 2, 7, 100, 254, 255, 256, 1000, 1023, 4095, 65534, 65535]


def encode(kind, width, height, maxval, samples, space=b"\n"):
    """Write a PNM; a set bit of P1 and P4 is ink."""
    sizes = [width, height] + ([maxval] if kind not in (1, 4) else [])
    header = space.join([b"P%d" % kind, *(b"%d" % size for size in sizes)])
    if kind < 4:
        return header + space + space.join(b"%d" % sample for sample in samples) + space
    if kind == 4:
        rows = [samples[at : at + width] for at in range(0, len(samples), width)]
        bits = ["".join(map(str, row)) + "0" * (-width % 8) for row in rows]
        return header + b"\n" + b"".join(int(b, 2).to_bytes(len(b) // 8, "big") for b in bits)
    code = "B" if maxval < 256 else "H"
    return header + b"\n" + struct.pack(f">{len(samples)}{code}", *samples)


def levels(kind, maxval, samples):
    if kind in (1, 4):
        return bytes(255 * (1 - sample) for sample in samples)
    return bytes(round(sample / maxval * 255) for sample in samples)


def interleaved(planes):
    gray = planes.red is planes.green is planes.blue
    return planes.red if gray else bytes(v for pixel in zip(*planes[2:5]) for v in pixel)


def test_any_picture_gives_the_samples_that_went_in_and_those_that_pillow_sees():
    hypothesis = pytest.importorskip("hypothesis")
    image = pytest.importorskip("PIL.Image")
    st = hypothesis.strategies

    @hypothesis.given(
        rng=st.randoms(use_true_random=False),
        kind=st.sampled_from(list(CHANNELS)),
        width=st.integers(1, 20),
        height=st.integers(1, 12),
        maxval=st.sampled_from(MAXVALS) | st.integers(1, 65535),
        space=st.text(" \t\n\v\f\r", min_size=1, max_size=3).map(str.encode)
        | st.just(b" # drawn by hand\n"),
    )
    @hypothesis.settings(max_examples=150, deadline=None)
    def check(rng, kind, width, height, maxval, space):
        maxval = 1 if kind in (1, 4) else maxval
        count = width * height * CHANNELS[kind]
        samples = [rng.randint(0, maxval) for _ in range(count)]
        data = encode(kind, width, height, maxval, samples, space)
        planes = decode.planes(data)
        assert planes[:2] == (width, height)
        assert planes.alpha is None
        ours = interleaved(planes)
        assert ours == levels(kind, maxval, samples)
        theirs = image.open(io.BytesIO(data))
        if theirs.mode.startswith("I"):
            # Of gray Pillow keeps 16 bits, scaled up.
            deep = bytes(round(sample / maxval * 65535) >> 8 for sample in samples)
            wide = theirs.convert("I").tobytes()
            assert bytes(v >> 8 for (v,) in struct.iter_unpack("<i", wide)) == deep
        else:
            assert ours == theirs.convert("L" if CHANNELS[kind] == 1 else "RGB").tobytes()

    check()


@pytest.mark.parametrize("maxval", MAXVALS)
@pytest.mark.parametrize("kind", [2, 3, 5, 6])
def test_every_sample_is_scaled_to_the_nearest_of_255(kind, maxval):
    samples = sorted({*range(0, maxval, 1 + maxval // 300), maxval})
    samples *= 3
    planes = pnm.planes(encode(kind, len(samples) // CHANNELS[kind], 1, maxval, samples))
    assert interleaved(planes) == levels(kind, maxval, samples)


VALID = {
    "a comment after every word": b"P5#1\n#2\r#3\n 2 # 4\n 1#5\r\n255\n\0\xff",
    "a comment for the last space": b"P5 2 1 255#\n\0\xff",
    "a sharp in the pixels": b"P5 2 1 65535 \0#\xff\xff",
    "zeros before the numbers": b"P5 002 01 00255 \0\xff",
    "comments among the samples": b"P2 2 1 255 #\n0#one\n#\r255#",
    "zeros before the samples": b"P2 2 1 9 000 0009",
    "digits without space": b"P1 2 1 10",
    "digits and comments": b"P1 2 1\n1#0\n#1\n0\n\n",
    "bits": b"P4 2 1 \x80",
    "bits, and ink in the padding": b"P4 2 1\n\xbf",
}


@pytest.mark.parametrize("data", VALID.values(), ids=VALID)
def test_what_the_format_allows_is_read(data):
    assert pnm.planes(data) == (2, 1, b"\0\xff", b"\0\xff", b"\0\xff", None)


@pytest.mark.parametrize("separator", [b" ", b"\n", b" #\n", b"#" + b"x" * 300 + b"\n"])
def test_a_plain_picture_of_many_pieces_cuts_no_word_and_no_comment(separator, monkeypatch):
    samples = [number * 7 % 256 for number in range(3000)]
    whole = bytes(samples)
    for piece in (1, 2, 7, 100, 1 << 16):
        monkeypatch.setattr(pnm, "_PIECE_BYTES", piece)
        data = encode(2, 60, 50, 255, samples, separator)
        assert pnm.planes(data.replace(b"P2" + separator, b"P2 ", 1)).red == whole


BROKEN = {
    "nothing after the magic": (b"P5 ", "no width: expected a whole number and a space"),
    "a text": (b"P1 is the pole position", "no width: expected a whole number"),
    "no height": (b"P5 1", "no width"),
    "a size of letters": (b"P5 1 x 255 \0", "no height: expected a whole number and a space"),
    "a negative size": (b"P5 -1 1 255 \0", "no width"),
    "a broken size": (b"P5 1.5 1 255 \0", "no width"),
    "a comment without end": (b"P5 #1 1 255", "no width"),
    "a comment beyond all measure": (b"P5 #" + b"x" * (1 << 17) + b"\n1 1 255 \0", "no width"),
    "a size of many digits": (b"P5 1 99999999999 255 \0", "no height"),
    "no width": (b"P5 0 1 255 ", "0 x 1 pixels, expected at least 1 a side"),
    "no pixels of height": (b"P4 1 0 ", "1 x 0 pixels"),
    "too many pixels": (b"P6 4097 4096 255 ", "4097 x 4096 pixels, more than the limit"),
    "far too many pixels": (b"P3 9999999999 9999999999 255 0", "more than the limit"),
    "no maxval": (b"P5 1 1 ", "no maxval"),
    "maxval 0": (b"P5 1 1 0 \0", "maxval 0, expected 1 to 65535"),
    "maxval 65536": (b"P2 1 1 65536 \0", "maxval 65536, expected 1 to 65535"),
    "nothing after maxval": (b"P5 1 1 255", "no maxval"),
    "no pixels": (b"P5 1 1 255 ", "cut short: 0 bytes of pixels, expected 1"),
    "pixels missing": (b"P6 2 2 255 " + bytes(11), "cut short: 11 bytes of pixels, expected 12"),
    "half a sample": (b"P5 1 1 256 \0", "cut short: 1 bytes of pixels, expected 2"),
    "bits missing": (b"P4 9 1 \0", "cut short: 1 bytes of pixels, expected 2"),
    "pixels left over": (b"P5 1 1 255 \0\n", "1 bytes after the picture, whose pixels take 1"),
    "samples missing": (b"P2 2 2 255 1 2 3 ", "cut short: 3 samples, expected 4"),
    "samples left over": (b"P2 1 1 255 1 2", "more than the 1 samples of the picture"),
    "digits missing": (b"P1 3 1 01", "cut short: 2 samples, expected 3"),
    "digits left over": (b"P1 1 1 01", "more than the 1 samples"),
    "digits of another kind": (b"P1 1 1 2", "a byte 32 among the pixels, expected 0 or 1"),
    "a negative sample": (b"P2 1 1 255 -1", "a byte 2d among the pixels"),
    "an underscore": (b"P2 1 1 255 1_0", "a byte 5f among the pixels"),
    "a sample of many digits": (b"P2 1 1 255 " + b"0" * 11, "a sample of more than 10 digits"),
    "a plain sample beyond maxval": (b"P2 1 1 9 10", "a sample of 10, more than the maxval of 9"),
    "a sample beyond maxval": (b"P5 1 1 9 \n", "a sample of 10, more than the maxval of 9"),
    "a deep sample beyond maxval": (
        b"P5 1 1 256 \1\1",
        "a sample of 257, more than the maxval of 256",
    ),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_in_one_sentence(data, message):
    with pytest.raises(pnm.PnmError) as caught:
        decode.planes(data)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("kind", CHANNELS)
def test_no_part_of_a_picture_is_a_picture(kind):
    data = encode(kind, 9, 2, 200, [1] * 18 * CHANNELS[kind]).rstrip(b"\n")
    pnm.planes(data)
    for length in range(len(data)):
        with pytest.raises((pnm.PnmError, png.PngError)):
            decode.planes(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"P6 4096 4096 65535 \0",
        b"P2 4096 4096 65535 " + b"1" * 200_000,
        b"P2 4096 4096 65535 " + b"\n" * 200_000,
        b"P2 4096 4096 65535 " + b"#\n" * 100_000,
        b"P5 " + b"#\n" * 100_000,
    ],
)
def test_what_is_refused_takes_neither_time_nor_memory(data):
    with limits.measured() as cost, pytest.raises(pnm.PnmError):
        pnm.planes(data)
    assert cost.seconds < limits.seconds(1)
    assert cost.memory < 10_000_000


def test_a_plain_picture_is_read_in_little_more_memory_than_its_pixels_take():
    data = b"P2 500 400 255\n" + b"1 " * 200_000
    with limits.measured() as cost:
        pnm.planes(data)
    # All its words at once would be some 10 MB.
    assert cost.memory < 5_000_000
