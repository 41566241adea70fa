"""Clean pictures: paper of one level with nothing but ink on it, as drawings and scans are."""

from edge.preparation.contrast import ink, ink_of
from edge.preparation.gray import brightness_of, median, sides
from edge.preparation.pieces import encloses, of_letters, only, pieces

# The border's pixels differ from their median by at most this many of the 255 levels: so much do
# scanners leave behind on white paper; in a picture with colours, a photograph differs by as much.
EVEN, EVEN_COLOUR = 8, 2

# A gray picture of at most so many pixels a side is a cell cut out of a scan, if that share of its
# border is paper as light as this: its letter may reach the border, and is read better so than with
# its ink found by a network.
CELL, CELL_PAPER, WHITE = 32, 0.5, 224

# Ink that fills more of its box is no letter: the paper in a frame is, the broadest marker fills
# half of it.
SOLID = 0.6

# More pieces than this are no letters, but a texture.
MOST = 100

# A drawing of two levels, black and white but for its edges, has at most this share of others.
BETWEEN = 0.1

# A letter cuts the paper in its box into at most this many parts: Ж into eight. Squared paper does
# into more.
PARTS = 8


def clean_ink(planes, drawn=False):
    """Return the ink in `edge.decode.png.Planes`, one byte a pixel, or None if they are not clean.

    What is `drawn` on a transparent ground is nothing but ink, however far it reaches. Raises
    PictureError if nothing stands out from the paper.
    """
    if not drawn and not is_even(planes):
        return _cut_out(brightness_of(planes[2:5]), planes.width)
    found = ink_of(planes)
    parts = of_letters(found, planes.width)
    found = only(parts, found)
    return found if drawn or not (_framed(parts) or _solid(found, parts)) else None


def is_even(planes):
    """Return whether the border of `edge.decode.png.Planes` is paper of one level."""
    if planes.red != planes.green or planes.green != planes.blue:
        shares = [_on_one_level(plane, planes.width, EVEN_COLOUR)[1] for plane in planes[2:5]]
        return min(shares) == 1
    paper, share = _on_one_level(planes.red, planes.width, EVEN)
    cell = max(planes.width, planes.height) <= CELL and paper >= WHITE
    return share >= (CELL_PAPER if cell else 1)


def _on_one_level(plane, width, tolerance):
    """Return the border's median, and the share of it that differs from that by the tolerance."""
    border = b"".join(sides(plane, width))
    paper = median(border)
    levels = range(max(0, paper - tolerance), min(255, paper + tolerance) + 1)
    return paper, 1 - len(border.translate(None, bytes(levels))) / len(border)


def _framed(parts):
    """Return whether a piece stands in the box of another, as a letter in a frame does."""
    return len(parts) > MOST or any(encloses(outer, inner) for outer in parts for inner in parts)


def _solid(found, parts):
    height = max(part.bottom for part in parts) - min(part.top for part in parts)
    across = max(part.right for part in parts) - min(part.left for part in parts)
    return len(found) - found.count(0) > SOLID * height * across


def _cut_out(gray, width):
    """Return the dark ink of a drawing that is cut out exactly to its letter, or None."""
    darkest, lightest = min(gray), max(gray)
    reach = (lightest - darkest) // 8
    ends = bytes(range(darkest, darkest + reach + 1)) + bytes(range(lightest - reach, lightest + 1))
    if lightest - darkest < 128 or len(gray.translate(None, ends)) > BETWEEN * len(gray):
        return None
    found = ink(gray, width, lightest)
    # What is dark all along the border is a desk under a sheet.
    if all(b"".join(sides(found, width))):
        return None
    parts = pieces(found, width)
    # The soft edge of a stroke may be too faint for ink.
    margins = (
        min(part.top for part in parts),
        min(part.left for part in parts),
        len(gray) // width - max(part.bottom for part in parts),
        width - max(part.right for part in parts),
    )
    if max(margins) > 1 or _framed(parts):
        return None
    paper = found.translate(b"\1" + bytes(255))
    return found if len(pieces(paper, width)) <= PARTS else None
