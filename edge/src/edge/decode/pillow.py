"""Pictures that are neither PNG nor PBM, PGM or PPM: read through Pillow where it is installed."""

import io
import re

from edge.decode import png
from edge.decode.exif import ORIENTATION

# How the formats that Pillow reads begin, and what Pillow calls them. Formats for which it runs
# other programs, or which cannot be recognised by their beginning, are left out.
_BEGINNINGS = (
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"RIFF....WEBP", "WebP"),
    (rb"BM", "BMP"),
    (rb"GIF8[79]a", "GIF"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "TIFF"),
    (rb"....ftypavi[fs]", "AVIF"),
    (rb"....ftyp(?:hei[cmsx]|hev[cmsx]|mi[af]1|msf1)", "HEIF"),
    (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "JPEG2000"),
    (rb"qoif", "QOI"),
    (rb"8BPS\0\x01", "PSD"),
)


class FormatError(ValueError):
    """A picture that cannot be read, or not without Pillow."""


def recognised(data):
    """Return Pillow's name of the format that the bytes begin as, or None."""
    for beginning, name in _BEGINNINGS:
        if re.match(beginning, data, re.DOTALL):
            return name
    return None


def size(data, name):
    """Return width and height, as stored, of a picture of this format; raises FormatError."""
    return _read(data, name, lambda pillow, image: image.size)


def planes(data, name):
    """Decode the bytes of a picture of the format `name` into `Planes`; raises FormatError."""

    def read(pillow, image):
        image.load()
        return _planes(_upright(pillow, image), name)

    return _read(data, name, read)


def pixels(data, name, least):
    """Decode into a uint8 array `(height, width, 3 or 4)`, reduced; raises FormatError.

    The shorter side keeps at least `least` pixels, if it has so many.
    """

    def read(pillow, image):
        # A JPEG is decoded at a half, a quarter or an eighth of its size where that is enough.
        shorter = min(image.size)
        if shorter > least:
            image.draft(None, [-(-side * least // shorter) for side in image.size])
        image.load()
        return _pixels(_upright(pillow, image), name, least)

    return _read(data, name, read)


def _read(data, name, read):
    """Open a picture and return what `read` makes of Pillow and its image, nothing loaded yet."""
    try:
        from PIL import Image
    except ImportError:
        # Not edge[pillow]: on PyPI that name belongs to another project.
        remedy = "install Pillow to read it (pip install pillow)"
        raise FormatError(f"{name}: {remedy}") from None
    import logging
    import warnings

    # Pillow also logs and warns about damaged pictures: one error, below, is enough.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(Image, data, name) as image:
                return read(Image, image)
    except FormatError:
        raise
    except Image.DecompressionBombError:
        raise FormatError(_too_large(name)) from None
    except Exception as error:
        # Pillow's plugins raise whatever a damaged picture makes them stumble over.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FormatError(f"{name} that Pillow cannot read: {reason}") from None


def _opened(pillow, data, name):
    pillow.preinit()
    if name.upper() not in pillow.OPEN:
        pillow.init()
    if name.upper() not in pillow.OPEN:
        raise FormatError(f"{name}, which this Pillow does not read")
    try:
        image = pillow.open(io.BytesIO(data), formats=[name])
    except pillow.UnidentifiedImageError:
        raise FormatError(f"no whole, valid {name}") from None
    if image.width * image.height > png.MAXIMUM_PIXELS:
        with image:
            raise FormatError(_too_large(name, f"{image.width} x {image.height} pixels, "))
    return image


def _too_large(name, size=""):
    return f"{name} of {size or 'far '}more than the limit of {png.MAXIMUM_PIXELS:,} pixels"


def _upright(pillow, image):
    """Turn a photograph upright, by what its EXIF data says of how the camera was held."""
    try:
        orientation = image.getexif().get(ORIENTATION)
    except Exception:
        # Damaged EXIF data in a whole picture: Pillow raises anything.
        return image
    turns = {
        2: pillow.FLIP_LEFT_RIGHT,
        3: pillow.ROTATE_180,
        4: pillow.FLIP_TOP_BOTTOM,
        5: pillow.TRANSPOSE,
        6: pillow.ROTATE_270,
        7: pillow.TRANSVERSE,
        8: pillow.ROTATE_90,
    }
    # Pillow returns what the file holds, which need not be a number.
    turn = turns.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _planes(image, name):
    """Return an image of Pillow's as planes."""
    if image.mode.startswith("I;16"):
        samples = image.tobytes()
        first, second = samples[::2], samples[1::2]
        lanes = [first, second] if image.mode == "I;16B" else [second, first]
        return png.joined(*image.size, png.filled(lanes))
    image = _converted(image, name)
    planes = [image.getchannel(channel).tobytes() for channel in range(len(image.mode))]
    alpha = planes.pop() if image.mode == "RGBA" else None
    return png.joined(*image.size, planes, alpha)


def _pixels(image, name, least):
    """Return an image of Pillow's as an array, reduced."""
    import numpy

    from edge.decode import reduction

    if image.mode.startswith("I;16"):
        return reduction.of_planes(_planes(image, name), least)
    array = numpy.asarray(_converted(image, name))
    array = array.reshape(image.height, image.width, -1)
    by = reduction.factor(image.width, image.height, least)
    return reduction.coloured(reduction.reduced(array, by))


def _converted(image, name):
    """Convert an image as little as its mode needs: to L, RGB or RGBA."""
    if image.mode in ("I", "F"):
        raise FormatError(f"samples of 32 bits (Pillow's mode {image.mode}), expected 8 or 16")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        mode = "RGBA"
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if name == "BMP" and mode == "RGBA" and image.getchannel(3).getextrema() == (0, 0):
        # Many programs leave the fourth byte of a pixel empty.
        image = image.convert("RGB")
    return image
