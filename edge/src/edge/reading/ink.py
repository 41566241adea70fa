"""The ink of writing: told from clean paper by contrast, found on any other by a network."""

from collections import namedtuple

from edge.preparation.clean import SOLID, is_even
from edge.preparation.contrast import PictureError, ink_of
from edge.preparation.pieces import pieces

# Ink that a network has found is a letter's if its pixels have this level on an average, and if it
# is as much as so many full ones.
CERTAIN, LEAST_INK = 100, 4

# A piece is a frame if another one of this share of its height stands in its box.
FRAMED = 0.3

# More pieces than this are a texture.
MOST_PIECES = 5000


class Ink(namedtuple("Ink", "data width pieces across down views")):
    """Ink, one byte a pixel, and its pieces; it is `across` and `down` as large as the picture.

    `views(rows)` returns pictures of a letter, rows of its box, to read it by.
    """

    def box(self, of):
        """Return the left, top, right and bottom of a box of ink, in pixels of the picture."""
        left, right = round(of.left / self.across), round(of.right / self.across)
        return left, round(of.top / self.down), right, round(of.bottom / self.down)


def ink_in(classifier, planes):
    """Return the `Ink` in a picture's planes; raises PictureError if there is none."""
    if is_even(planes):
        data = ink_of(planes)
        found = pieces(data, planes.width)
        if len(found) > MOST_PIECES:
            raise PictureError(f"more than {MOST_PIECES} pieces of ink: a texture, no letters")
        if not _frames(found) and not any(map(_is_solid, found)):
            return Ink(data, planes.width, found, 1, 1, _views_of_clean)
    # Clean pictures need no NumPy.
    classifier.need_finder()
    from edge import finding
    from edge.reading.paper import Finder

    pixels = finding.pixels_of(planes)
    data = Finder(classifier.pack).ink(pixels, _height)
    down, width = data.shape
    found = _certain(data)
    across, down = width / planes.width, down / planes.height
    return Ink(data.tobytes(), width, found, across, down, finding.views)


def _height(data):
    from edge.reading.lines import lines

    found = lines(_certain(data))
    return max(found, key=lambda line: sum(p.weight for p in line.pieces)).height if found else None


def _certain(data):
    found = pieces(data.tobytes(), data.shape[1])
    if len(found) > MOST_PIECES:
        return []
    return [
        piece
        for piece in found
        if piece.weight >= 255 * LEAST_INK
        and piece.weight >= CERTAIN * sum(end - first for first, end in piece.runs)
    ]


def _frames(found):
    """Return whether a piece stands in the box of another, as a letter in a frame does."""
    large = sorted(found, key=lambda piece: (piece.right - piece.left) * (piece.bottom - piece.top))
    return any(
        outer.top < inner.top
        and inner.bottom < outer.bottom
        and outer.left < inner.left
        and inner.right < outer.right
        and inner.bottom - inner.top >= FRAMED * (outer.bottom - outer.top)
        for outer in large[-20:]
        for inner in large
    )


def _is_solid(piece):
    width, height = piece.right - piece.left, piece.bottom - piece.top
    pixels = sum(end - first for first, end in piece.runs)
    return min(width, height) > 40 and pixels > SOLID * width * height


def _views_of_clean(rows):
    from edge import views
    from edge.preparation.scaling import placed

    picture = placed(rows)
    return [picture, *views.others(picture)]
