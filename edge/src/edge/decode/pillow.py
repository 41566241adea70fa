"""Pictures that are neither PNG nor PBM, PGM or PPM: read through Pillow where it is installed."""

import io
import re

from edge.decode import png

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

# The tag of EXIF that says how the camera was held (CIPA DC-008, 4.6.5.1.4).
_ORIENTATION = 0x0112


class FormatError(ValueError):
    """A picture that cannot be read, or not without Pillow."""


def recognised(data):
    """Return Pillow's name of the format that the bytes begin as, or None."""
    for beginning, name in _BEGINNINGS:
        if re.match(beginning, data, re.DOTALL):
            return name
    return None


def planes(data, name):
    """Decode the bytes of a picture of the format `name` into `Planes`; raises FormatError."""
    try:
        from PIL import Image
    except ImportError:
        remedy = 'install Pillow to read it (pip install "edge[pillow]")'
        raise FormatError(f"{name}: {remedy}") from None
    import logging
    import warnings

    # Pillow also logs and warns about damaged pictures: one error, below, is enough.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(Image, data, name)
    except FormatError:
        raise
    except Image.DecompressionBombError:
        raise FormatError(_too_large(name)) from None
    except Exception as error:
        # Pillow's plugins raise whatever a damaged picture makes them stumble over.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FormatError(f"{name} that Pillow cannot read: {reason}") from None


def _decoded(pillow, data, name):
    pillow.preinit()
    if name.upper() not in pillow.OPEN:
        pillow.init()
    if name.upper() not in pillow.OPEN:
        raise FormatError(f"{name}, which this Pillow does not read")
    try:
        image = pillow.open(io.BytesIO(data), formats=[name])
    except pillow.UnidentifiedImageError:
        raise FormatError(f"no whole, valid {name}") from None
    with image:
        # Nothing but the header is read so far.
        if image.width * image.height > png.MAXIMUM_PIXELS:
            raise FormatError(_too_large(name, f"{image.width} x {image.height} pixels, "))
        image.load()
        return _planes(_upright(pillow, image))


def _too_large(name, size=""):
    return f"{name} of {size or 'far '}more than the limit of {png.MAXIMUM_PIXELS:,} pixels"


def _upright(pillow, image):
    """Turn a photograph upright, by what its EXIF data says of how the camera was held."""
    try:
        orientation = image.getexif().get(_ORIENTATION)
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


def _planes(image):
    """Return an image of Pillow's as planes, converted as little as its mode needs."""
    if image.mode.startswith("I;16"):
        samples = image.tobytes()
        return png.joined(*image.size, [samples[0 if image.mode == "I;16B" else 1 :: 2]])
    if image.mode in ("I", "F"):
        raise FormatError(f"samples of 32 bits (Pillow's mode {image.mode}), expected 8 or 16")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        mode = "RGBA"
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    planes = [image.getchannel(channel).tobytes() for channel in range(len(mode))]
    alpha = planes.pop() if mode == "RGBA" else None
    return png.joined(*image.size, planes, alpha)
