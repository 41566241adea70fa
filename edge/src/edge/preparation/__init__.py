"""From any picture of letters to what the network reads: 28x28, dark ink on white, centred.

Clean pictures, drawings and scans, need no NumPy: whatever touches every pixel is an operation on
whole `bytes`, which is what makes it quick. In any other picture a network finds the ink.
"""

from edge.preparation.clean import clean_ink
from edge.preparation.contrast import FAINT, PictureError, ink_of
from edge.preparation.pieces import without_loose
from edge.preparation.scaling import EXTENT, placed
from edge.preparation.segmentation import boxed, crowd

__all__ = [
    "EXTENT",
    "FAINT",
    "PictureError",
    "clean_ink",
    "is_drawing",
    "letter",
    "letter_in",
    "opaque",
    "placed",
]


def opaque(planes):
    """Return `planes` (`edge.decode.png.Planes`) without an alpha channel: what they show."""
    if planes.alpha is None:
        return planes
    # Most pictures have no transparency and must not wait for its import.
    from edge.preparation import transparency

    return transparency.opaque(planes)


def is_drawing(planes):
    """Return whether `planes` are ink of one colour on a transparent ground."""
    if planes.alpha is None:
        return False
    return all(plane.count(plane[0]) == len(plane) for plane in planes[2:5])


def letter(planes):
    """Prepare `planes` (`edge.decode.png.Planes`), taken to be clean, as one letter.

    Returns 784 bytes of 28x28 pixels; raises PictureError if nothing stands out from the paper.
    """
    planes = opaque(planes)
    return placed(boxed(without_loose(ink_of(planes), planes.width), planes.width))


def letter_in(ink, width):
    """Return what stands in ink, one byte a pixel, as one letter: rows of its box, its `crowd`."""
    rows = boxed(ink, width)
    return (rows, *crowd(rows))
