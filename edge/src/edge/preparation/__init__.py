"""From any picture of one letter to what the network reads: 28x28, dark ink on white, centred.

Both backends and the workshop use this one preparation, so it needs no NumPy; whatever touches
every pixel is an operation on whole `bytes`, which is what makes it quick.
"""

from itertools import islice

from edge.preparation import photograph
from edge.preparation.contrast import FAINT, PictureError, ink
from edge.preparation.gray import MARKS, brightness, halved, noise, span
from edge.preparation.light import without_gradient
from edge.preparation.scaling import EXTENT, placed
from edge.preparation.segmentation import boxed, parted

__all__ = ["EXTENT", "FAINT", "PictureError", "letter", "letters"]

# Lone pixels of ink that weigh at least as much as this many black ones are noise or specks; in a
# clean scan dirt stays below that.
LONE = 2

# At most this many lone pixels are wiped out one by one; a picture with more is so large that
# halving does it.
WIPED = 4096

# Noise is averaged out by halving the picture as long as its shorter side keeps this many pixels.
HALVED_SIDE = 64

# Ink differs from the paper by more than this many times the noise.
NOISE = 6


def letter(planes):
    """Prepare all that stands on the paper in `planes` (`edge.decode.png.Planes`) as one letter.

    Returns 784 bytes of 28x28 pixels; raises PictureError if nothing stands out from the paper.
    """
    return placed(boxed(*_ink_in(planes)))


def letters(planes):
    """Prepare the letters in `planes` from left to right: a list of what `letter` returns."""
    rows = boxed(*_ink_in(planes))
    return [placed(boxed(b"".join(part), len(part[0]))) for part in parted(rows)]


def _ink_in(planes):
    """Return the ink in a picture, one byte a pixel, and its width."""
    try:
        return _ink_of(brightness(planes), planes.width)
    except PictureError:
        if planes.red == planes.green == planes.blue:
            raise
        # Yellow ink is as bright as paper, but not in blue light.
        return _ink_of(max(planes[2:5], key=span), planes.width)


def _ink_of(gray, width):
    if photograph.is_photograph(gray, width):
        return _ink_of_photograph(gray, width)
    gray = without_gradient(gray, width)
    found = ink(gray, width)
    lone = list(islice(_lone_pixels(found, width), WIPED))
    if sum([found[place] for place in lone]) < 255 * LONE:
        return found, width
    # Not above: a clean picture need not wait for it.
    from edge.preparation.specks import without_specks

    gray = bytearray(gray)
    for place in lone:
        gray[place] = gray[place - 1]
    while min(width, len(gray) // width) >= 2 * HALVED_SIDE:
        gray, width = halved(gray, width)
    gray = without_gradient(bytes(gray), width)
    return without_specks(ink(gray, width, NOISE * noise(gray, width)), width), width


def _lone_pixels(ink, width):
    """Yield the places of ink that has paper all around."""
    first = len(ink) - len(ink.lstrip(b"\0"))
    margin = bytes(width + 1)
    marks = margin + ink.strip(b"\0").translate(MARKS) + margin
    place = marks.find(b"\0\1\0")
    while place >= 0:
        above, below = place - width, place + width
        if 1 not in marks[above : above + 3] and 1 not in marks[below : below + 3]:
            yield first + above
        place = marks.find(b"\0\1\0", place + 2)


def _ink_of_photograph(gray, width):
    from edge.preparation import flattening
    from edge.preparation.specks import without_specks

    gray, width = flattening.shrunk(gray, width)
    # Light from one side may be all that there is.
    even, rules = without_gradient(gray, width, photograph.EVEN_LEVELS), 0
    if photograph.is_photograph(even, width):
        even, width, rules = flattening.flattened(gray, width)
    faint = NOISE * noise(even, width)
    return without_specks(ink(even, width, faint, rules, flattening.INK_SHARE), width), width
