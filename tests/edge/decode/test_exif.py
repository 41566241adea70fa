"""EXIF orientation: a PNG is turned as Pillow turns it, and damaged EXIF data turn nothing."""

import io
import random

import pytest

from edge import decode, png
from edge.decode import exif
from tests.edge import png_writer
from tests.edge.png_writer import CHANNELS, chunk

WIDTH, HEIGHT = 7, 4


def noted(orientation, order="big", kind=3, tag=0x0112):
    """Write EXIF data of two entries."""

    def number(value, size):
        return value.to_bytes(size, order)

    first = number(0x0100, 2) + number(3, 2) + number(1, 4) + number(99, 2) + bytes(2)
    second = number(tag, 2) + number(kind, 2) + number(1, 4) + number(orientation, 2) + bytes(2)
    start = b"MM\0*" if order == "big" else b"II*\0"
    return start + number(8, 4) + number(2, 2) + first + second + bytes(4)


def picture(colour, note, late=False):
    rng = random.Random(colour)
    rows = [
        [tuple(rng.choices(range(256), k=CHANNELS[colour])) for _ in range(WIDTH)]
        for _ in range(HEIGHT)
    ]
    data = png_writer.encode(rows, colour, 8)
    at = len(data) - 12 if late else 33
    return data[:at] + chunk(b"eXIf", note) + data[at:]


@pytest.mark.parametrize("late", [False, True], ids=["before IDAT", "after IDAT"])
@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_pillow_turns_it_and_stored_pixels_are_not(orientation, order, late):
    image = pytest.importorskip("PIL.Image")
    from PIL import ImageOps

    for colour in (0, 2, 4, 6):
        data = picture(colour, noted(orientation, order), late)
        stored = image.open(io.BytesIO(data))
        expected = ImageOps.exif_transpose(stored)
        planes = decode.planes(data)
        assert planes[:2] == expected.size
        assert (planes.red is planes.green is planes.blue) == (colour in (0, 4))
        lanes = planes[2:5] if planes.alpha is None else planes[2:]
        assert list(lanes) == [
            expected.convert("RGBA").getchannel(at).tobytes() for at in range(len(lanes))
        ]
        assert png.decode(data) == (*stored.size, stored.convert("RGBA").tobytes())


def test_the_beginning_that_belongs_into_a_jpeg_is_skipped():
    assert exif.orientation(b"Exif\0\0" + noted(6)) == 6


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"MM",
        b"MM\0*\0\0\0\x08",
        b"MM\0*\xff\xff\xff\xff\0\1",
        b"MM\0*\0\0\0\0" * 3,
        b"II*\0\x08\0\0\0\xff\xff" + bytes(100),
        b"nonsense of some length, longer than an entry",
        noted(0),
        noted(9),
        noted(6, kind=7),
        noted(6, tag=0x0113),
    ],
)
def test_damaged_or_silent_data_turn_nothing(note):
    assert exif.orientation(note) == 1
    assert decode.planes(picture(0, note))[:2] == (WIDTH, HEIGHT)


def test_data_cut_short_say_nothing_and_any_bytes_are_no_error():
    whole = noted(6)
    assert [exif.orientation(whole[:length]) for length in range(32)] == [1] * 32
    rng = random.Random(1)
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(len(data))] = rng.randrange(256)
        assert 1 <= exif.orientation(bytes(data)) <= 8
