"""Ink told from paper of one level by contrast."""

from edge.preparation.gray import CONTRAST, brightness_of, median, sides, span

# Below this share of the ink's own contrast a pixel is paper: what scanners and JPEG leave behind.
FAINT = 1 / 8


class PictureError(ValueError):
    """A picture that does not show one letter; `letters` is how many it seems to show."""

    def __init__(self, message, letters=0):
        super().__init__(message)
        self.letters = letters


def ink_of(planes):
    """Return the ink in `edge.decode.png.Planes`, one byte a pixel.

    Raises PictureError if nothing stands out from the paper.
    """
    try:
        return ink(brightness_of(planes[2:5]), planes.width)
    except PictureError:
        if planes.red == planes.green == planes.blue:
            raise
        # Yellow ink is as bright as paper, but not in blue light.
        return ink(max(planes[2:5], key=span), planes.width)


def ink(gray, width, paper=None):
    """Turn brightness into ink: paper and what is faint 0, the strongest tenth of the ink 255.

    The level of the `paper` is the median of the picture's border unless it is given; ink is darker
    or lighter, whichever weighs more. Raises PictureError if nothing stands out from the paper.
    """
    if paper is None:
        paper = median(b"".join(sides(gray, width)))
    inked = gray.translate(None, bytes(range(max(0, paper - CONTRAST + 1), 256)))
    lighter = gray.translate(None, bytes(range(min(256, paper + CONTRAST))))
    light = sum(lighter) - paper * len(lighter) > paper * len(inked) - sum(inked)
    if light:
        inked = lighter
    if not inked:
        raise PictureError("no letter found: nothing stands out from the paper")
    strengths = [value - paper if light else paper - value for value in range(256)]
    full = strengths[sorted(inked, reverse=light)[len(inked) // 10]]
    return gray.translate(
        bytes(min(255, value * 255 // full) if value > full * FAINT else 0 for value in strengths)
    )
