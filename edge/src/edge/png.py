"""A PNG as bytes of pixels, for whoever needs nothing else of `edge`, and gray pixels as a PNG."""

import zlib
from collections import namedtuple

from edge.decode.chunks import SIGNATURE
from edge.decode.png import PngError, planes

__all__ = ["Image", "PngError", "decode", "encode_gray"]

Image = namedtuple("Image", "width height rgba")
Image.__doc__ = "A picture as 8-bit RGBA bytes, 4 * width * height of them."


def decode(data, strict=False):
    """Decode the bytes of a PNG into an `Image`, 16 bits as their high byte; raises PngError.

    The pixels are as they are stored: no EXIF data turns them. Faults that leave no doubt about
    the pixels, such as a wrong checksum of a text, are passed over as by libpng; if `strict`,
    whatever is not a whole, valid PNG is refused.
    """
    picture = planes(data, strict)
    rgba = bytearray(b"\xff") * (4 * picture.width * picture.height)
    for channel, plane in enumerate(picture[2:]):
        if plane is not None:
            rgba[channel::4] = plane
    return Image(picture.width, picture.height, bytes(rgba))


def encode_gray(width, height, gray):
    """Return the bytes of a PNG of 8-bit gray pixels, `width * height` bytes, row by row."""
    rows = [b"\0" + gray[start : start + width] for start in range(0, width * height, width)]
    sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    parts = (
        (b"IHDR", sizes + b"\x08\0\0\0\0"),
        (b"IDAT", zlib.compress(b"".join(rows))),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind, body):
    checksum = zlib.crc32(kind + body).to_bytes(4, "big")
    return len(body).to_bytes(4, "big") + kind + body + checksum
