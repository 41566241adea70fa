"""Pictures as files, as people send them: PNG or JPEG, turned or with a transparent ground."""

import io

import numpy
from PIL import Image, ImageDraw, ImageFilter

from studies.strangers.layers import BLACK, Layer

ORIENTATION = 0x0112
# By how many quarters anticlockwise the stored pixels are turned at each orientation.
TURNED = {3: 2, 6: 1, 8: 3}


def png(picture: numpy.ndarray, orientation: int = 1) -> bytes:
    """Encode a picture, levels (height, width, 3 or 4), as PNG; `orientation` is its eXIf's."""
    if orientation == 1:
        return _file(picture, "PNG")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return _file(numpy.rot90(picture, TURNED[orientation]), "PNG", exif=exif)


def jpeg(picture: numpy.ndarray, quality: int = 85) -> bytes:
    """Encode a picture, levels (height, width, 3), as JPEG."""
    return _file(picture, "JPEG", quality=quality)


def _file(picture: numpy.ndarray, kind: str, **options) -> bytes:
    levels = numpy.ascontiguousarray(numpy.rint(picture.clip(0, 255)).astype(numpy.uint8))
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind, **options)
    return file.getvalue()


def _rounded(shape: tuple[int, int], inset: float, corner: float) -> Image.Image:
    """Return a mask with a rounded box, `inset` and `corner` in shares of the height."""
    height, width = (4 * side for side in shape)
    mask, margin = Image.new("L", (width, height)), inset * height
    box = (margin, margin, width - margin, height - margin)
    ImageDraw.Draw(mask).rounded_rectangle(box, corner * height, fill=255)
    return mask.reduce(4)


def card(inset: float = 0.05, corner: float = 0.1) -> Layer:
    """Make everything around a card with round corners transparent."""

    def layer(picture, ink, rng):
        alpha = numpy.asarray(_rounded(ink.shape, inset, corner), float)
        return numpy.dstack([picture * (alpha[..., None] > 0), alpha])

    return layer


def window(inset: float = 0.1, opacity: float = 0.4) -> Layer:
    """Make everything around a window transparent but for its soft shadow, a little below it."""

    def layer(picture, ink, rng):
        mask = _rounded(ink.shape, inset, 0.02)
        soft = mask.filter(ImageFilter.GaussianBlur(inset * ink.shape[0] / 3))
        share = numpy.asarray(mask, float)[..., None] / 255
        shade = opacity * numpy.roll(numpy.asarray(soft, float), round(0.02 * len(ink)), axis=0)
        alpha = 255 * share[..., 0] + shade * (1 - share[..., 0])
        return numpy.dstack([picture * share, alpha])

    return layer


def transparent(opacity: float) -> Layer:
    """Leave nothing but black ink of this opacity on a transparent ground."""

    def layer(picture, ink, rng):
        colour = numpy.broadcast_to(numpy.array(BLACK, float), picture.shape)
        return numpy.dstack([colour, 255 * opacity * ink])

    return layer
