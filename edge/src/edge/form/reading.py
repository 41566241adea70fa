"""From the photograph or scan of a filled form to its letters."""

import numpy

from edge import classifier as classifiers
from edge import decode
from edge.decode import reduction
from edge.form import alignment, boxes, finding, layout

# A letter on the form needs no more pixels than a sheet has of so many across, its marks fewer.
LEAST_SIDE, LEAST_SIDE_MARKS = 1000, 500

# No camera's picture is so many times as long as it is wide.
LONGEST = 3


def read(picture, letters):
    """Read a page of the form for `letters` (strings): a path, a picture's bytes or a uint8 array.

    Returns `(box, crop)` for every `layout.Box` in the order of the page: the crop is a uint8 array
    `(80, 80)`, black ink on white paper, or None if the box is empty. Raises ValueError on what is
    no form or one for other letters, OSError on an unreadable path.
    """
    pages = layout.pages(letters)
    pixels = _opaque(_pixels(picture))
    if max(pixels.shape[:2]) > LONGEST * min(pixels.shape[:2]):
        raise ValueError(
            "no form: a strip; take the picture from above, with the whole sheet in it"
        )
    by = reduction.factor(pixels.shape[1], pixels.shape[0], LEAST_SIDE_MARKS)
    gray = (pixels.sum(axis=2, dtype=numpy.uint16, keepdims=True) // 3).astype(numpy.uint8)
    found = finding.found(reduction.reduced(gray, by)[:, :, 0])
    if found.letters != layout.checksum(letters) or not 0 < found.page <= len(pages):
        raise ValueError(
            "a form for other letters than the model's;"
            " print one with `edge form`, with the same --model"
        )
    # From the middles of larger pixels to those of smaller ones.
    larger = numpy.array([[by, 0, (by - 1) / 2], [0, by, (by - 1) / 2], [0, 0, 1]])
    page = pages[found.page - 1]
    matrix = larger @ found.matrix
    corners = alignment.moved(gray[:, :, 0], matrix, page.boxes)
    crops = boxes.cut(pixels, matrix, corners)
    return list(zip(page.boxes, crops))


def _pixels(picture):
    """Return a picture as a uint8 array `(height, width, 3 or 4)`, reduced."""
    picture = classifiers.contents(picture)
    if isinstance(picture, bytes):
        return decode.pixels(picture, LEAST_SIDE)
    return reduction.of_planes(picture, LEAST_SIDE)


def _opaque(pixels):
    """Return pixels on white paper, without alpha."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[:, :, 3:].astype(numpy.uint16)
    return ((pixels[:, :, :3] * alpha + 255 * (255 - alpha)) // 255).astype(numpy.uint8)
