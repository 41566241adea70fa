"""Where the ink of writing is from: contrast on clean paper, a network on any other."""

from collections import namedtuple

from edge import views
from edge.preparation import PictureError
from edge.preparation.clean import SOLID, is_even
from edge.preparation.contrast import ink_of
from edge.preparation.gray import MARKS
from edge.preparation.pieces import encloses, pieces
from edge.preparation.scaling import placed

# Ink that a network has found is a letter's if its pixels have this level on an average, and if it
# is as much as so many full ones.
CERTAIN, LEAST_INK = 100, 4

# A piece is a frame if another one of this share of its height stands in its box.
FRAMED = 0.3

# A piece whose shorter side has so many pixels is no letter if it fills its box: a sheet on a desk.
LEAST_SOLID = 40

# More pieces than this, or more runs of ink in rows of pixels, are a texture: 1,000 letters have
# up to three pieces and 120 runs each.
MOST_PIECES, MOST_RUNS = 3000, 120_000


Ink = namedtuple("Ink", "data width pieces across down views")
Ink.__doc__ = """Ink, one byte a pixel, and its pieces; `across` and `down` as large as the picture.

`views(ink)` returns the pictures by which a letter's, rows of its box, is read once more."""


def box(ink, of):
    """Return the left, top, right and bottom of a box of `Ink`, in pixels of the picture."""
    left, right = round(of.left / ink.across), round(of.right / ink.across)
    return left, round(of.top / ink.down), right, round(of.bottom / ink.down)


def clean(planes):
    """Return the `Ink` in a picture's planes, or None if it is not clean: framed, shaded, ruled.

    Raises PictureError if nothing stands out from the paper, or a texture.
    """
    if not is_even(planes):
        return None
    data = ink_of(planes)
    parts = _pieces(data, planes.width)
    if parts is None:
        raise PictureError("a texture; expected letters on paper, no more than a page")
    if any(map(_is_solid, parts)) or _framed(parts):
        return None
    return Ink(data, planes.width, parts, 1, 1, views_of_clean)


def found(pack, planes):
    """Return the `Ink` that a pack's network finds in a picture's planes."""
    from edge import finding
    from edge.reading.paper import Finder

    def height_of(ink):
        # The letters of the heaviest line.
        from edge.reading.lines import lines

        rows = lines(_certain(ink))
        weights = [sum(piece.weight for piece in row.pieces) for row in rows]
        return rows[weights.index(max(weights))].height if rows else None

    ink = Finder(pack).ink(finding.pixels_of(planes), height_of)
    down, width = ink.shape
    across, down = width / planes.width, down / planes.height
    return Ink(ink.tobytes(), width, _certain(ink), across, down, finding.views)


def views_of_clean(ink):
    """Return the pictures by which clean ink, rows of a letter's box, is read once more."""
    return views.with_others(placed(ink))


def _certain(ink):
    """Return the pieces of ink that a network is certain of, none of a texture."""
    parts = _pieces(ink.tobytes(), ink.shape[1]) or []
    certain = [part for part in parts if part.weight >= CERTAIN * _pixels(part)]
    return [part for part in certain if part.weight >= 255 * LEAST_INK]


def _pieces(ink, width):
    """Return the pieces of ink, or None if they are a texture's."""
    if ink.translate(MARKS).count(b"\0\1") > MOST_RUNS:
        return None
    parts = pieces(ink, width)
    return parts if len(parts) <= MOST_PIECES else None


def _pixels(part):
    return sum(end - first for first, end in part.runs)


def _framed(parts):
    """Return whether a piece stands in the box of another, as a letter in a frame does."""
    large = sorted(parts, key=lambda part: (part.left - part.right) * (part.bottom - part.top))
    return any(
        encloses(outer, inner) and inner.bottom - inner.top >= FRAMED * (outer.bottom - outer.top)
        for outer in large[:20]
        for inner in large
    )


def _is_solid(part):
    width, height = part.right - part.left, part.bottom - part.top
    return min(width, height) >= LEAST_SOLID and _pixels(part) > SOLID * width * height
