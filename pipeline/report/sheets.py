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
    """Lay letters, uint8 (n, 28, 28), side by side on paper, as a PNG."""
    padded = numpy.pad(images, ((0, 0), (0, 0), (0, GAP)), constant_values=WHITE)
    return _png(Image.fromarray(numpy.hstack(padded)[:, :-GAP]))


def thumbnail(data: bytes) -> str | None:
    """Make a small PNG of a published picture's bytes; None where they are no picture."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    page = page.convert("L")
    page.thumbnail((THUMBNAIL, THUMBNAIL))
    return _png(page)


def photograph(path: Path) -> str:
    """Give a picture file as a JPEG: of photographs a PNG would take six times the bytes."""
    file = io.BytesIO()
    Image.open(path).convert("RGB").save(file, "JPEG", quality=80, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _png(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
