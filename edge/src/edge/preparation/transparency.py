"""Transparent pictures made opaque: drawings, and cards or windows on a transparent ground."""

from edge.decode.png import joined
from edge.preparation.gray import CONTRAST, brightness_of, median

# Of the smallest box around all that is visible, a card fills at least this share, strokes less.
CARD = 0.6

# A card is as opaque as its most opaque pixel, or this share of it; corners and shadows are less.
SOLID = 15 / 16

# Less than half opaque is ground, or the shadow of a card.
VISIBLE = b"\0" * 128 + b"\1" * 128


def opaque(planes):
    """Return `edge.decode.png.Planes` that have an alpha channel as they look on paper.

    Ink of one colour is black on white, whatever the colour and however thin; a card is cut out of
    its ground; anything else is seen on white, or on black if it is light.
    """
    *colours, alpha = planes[2:]
    gray = brightness_of(colours)
    if gray.count(gray[0]) == len(gray):
        strongest = max(alpha) or 1
        drawn = alpha.translate(bytes([255 - min(255, v * 255 // strongest) for v in range(256)]))
        return joined(planes.width, planes.height, [drawn])
    if (box := _card(alpha, planes.width)) is not None:
        return _cut_out(planes, *box)
    on_white = [_mixed(plane, alpha, 255) for plane in colours]
    if min(brightness_of(on_white)) > 255 - CONTRAST:
        return joined(planes.width, planes.height, [_mixed(plane, alpha, 0) for plane in colours])
    return joined(planes.width, planes.height, on_white)


def _mixed(plane, alpha, ground):
    return bytes([ground + (v - ground) * share // 255 for v, share in zip(plane, alpha)])


def _card(alpha, width):
    """Return the box of what is visible, as rows and columns, if most of it is."""
    marks = alpha.translate(VISIBLE)
    first, last = marks.find(1), marks.rfind(1)
    if first < 0:
        return None
    top, bottom = first // width, last // width + 1
    rows = [marks[start : start + width] for start in range(top * width, bottom * width, width)]
    across = 0
    for row in rows:
        across |= int.from_bytes(row, "little")
    across = across.to_bytes(width, "little")
    left, right = across.find(1), across.rfind(1) + 1
    filled = marks.count(1) / ((bottom - top) * (right - left))
    return (top, bottom, left, right) if filled >= CARD else None


def _cut_out(planes, top, bottom, left, right):
    """Return the picture in a box, its transparent corners in the colour of the paper."""

    def cut(plane):
        starts = range(top * planes.width, bottom * planes.width, planes.width)
        return b"".join([plane[start + left : start + right] for start in starts])

    alpha = cut(planes.alpha)
    least, colours = SOLID * max(alpha), []
    for plane in map(cut, planes[2:5]):
        paper = median([value for value, share in zip(plane, alpha) if share >= least])
        colours.append(bytes([v if share >= least else paper for v, share in zip(plane, alpha)]))
    return joined(right - left, bottom - top, colours)
