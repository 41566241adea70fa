"""Pictures of letters as `data:` addresses, so that the page needs no other file."""

import base64
import io
from pathlib import Path

import numpy
from PIL import Image

WHITE = 255
# Between two letters of a strip, in pixels.
GAP = 2
# The longer side of a picture that is shown as it was published, in pixels.
THUMBNAIL = 84


def strip(images: numpy.ndarray) -> str:
    """Return letters, uint8 (n, 28, 28), side by side as a PNG."""
    padded = numpy.pad(images, ((0, 0), (0, 0), (0, GAP)), constant_values=WHITE)
    return _address(Image.fromarray(numpy.hstack(padded)[:, :-GAP]))


def grid(rows: list[numpy.ndarray]) -> str:
    """Return rows of pictures, uint8 (n, height, width, 3) each, one below the other as a JPEG."""
    across = [numpy.concatenate(list(row), axis=1) for row in rows]
    return _address(Image.fromarray(numpy.concatenate(across)), "jpeg", quality=85)


def thumbnail(data: bytes) -> str | None:
    """Return a small PNG of a published picture's bytes, or None if they are not a picture."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    page = page.convert("L")
    page.thumbnail((THUMBNAIL, THUMBNAIL))
    return _address(page)


def photograph(path: Path) -> str:
    """Return a picture file as a JPEG: a PNG of photographs would take six times the bytes."""
    return _address(Image.open(path).convert("RGB"), "jpeg", quality=80)


def _address(picture: Image.Image, kind: str = "png", **options: int) -> str:
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, **options)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
