"""Ink told from paper by contrast."""

from edge.preparation.gray import CONTRAST, median, sides

# Below this share of the ink's own contrast a pixel is paper: what scanners and JPEG leave behind.
FAINT = 1 / 8


class PictureError(ValueError):
    """A picture in which no letter can be seen."""


def ink(gray, width, faint=0, rules=0, share=FAINT):
    """Turn brightness into ink: paper and what is faint 0, the strongest tenth of the ink 255.

    The paper is the median of the picture's border; ink is darker or lighter, whichever weighs
    more. Faint is what differs from the paper by less than `faint` or `rules` levels, or than that
    `share` of the ink, but never by more than half of the ink. What `rules` hides is not ink.
    Raises PictureError if nothing stands out from the paper.
    """
    paper = median(b"".join(sides(gray, width)))
    inked = gray.translate(None, bytes(range(max(0, paper - CONTRAST + 1), 256)))
    lighter = gray.translate(None, bytes(range(min(256, paper + CONTRAST))))
    light = sum(lighter) - paper * len(lighter) > paper * len(inked) - sum(inked)
    if light:
        inked = lighter
    strengths = [value - paper if light else paper - value for value in range(256)]
    if rules:
        inked = inked.translate(None, bytes(v for v in range(256) if strengths[v] < int(rules)))
    if not inked:
        raise PictureError("no letter found: nothing stands out from the paper")
    full = strengths[sorted(inked, reverse=light)[len(inked) // 10]]
    faint = min(full / 2, max(full * share, faint, rules))
    return gray.translate(
        bytes(min(255, value * 255 // full) if value > faint else 0 for value in strengths)
    )
