"""Decodes a PNG into RGBA bytes, for whoever needs nothing else of `edge`."""

from collections import namedtuple

from edge.decode.png import PngError, planes

__all__ = ["Image", "PngError", "decode"]

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
