"""Pictures that must be refused: of no letter, and of several letters in words, rows and boxes."""

from collections.abc import Sequence
from pathlib import Path

import numpy

from pipeline.data.streams import stream
from studies.strangers.layers import boxes, falling
from studies.strangers.lettering import Page, placed, shaped
from studies.strangers.originals import Original, read_pack
from studies.strangers.outcome import outcome
from studies.strangers.scenery import EMPTY, Scene, photo

# The letters of this kind of corpus are block letters for the most part.
BLOCK = "touch"

# Gaps between the letters of a word, shares of their height, by turns; and its letters at most.
GAPS, LONGEST = (0.05, 0.1, 0.2, 0.3, 0.5), 5

# Which number of the stream each set has, apart from the letters' own.
NONE, SEVERAL = -1 % 2**32, -2 % 2**32


def read_nothing(seed: int, number: int, pack: Path | None) -> str:
    """Read a picture that shows no letter and return what happened."""
    scene = list(EMPTY.values())[number % len(EMPTY)]
    rng = stream(seed, "changes of a letter", NONE, number)
    nothing = numpy.zeros((scene.page.height, scene.page.width), numpy.float32)
    return outcome(read_pack(pack)[0], scene.draw(nothing, rng))


def read_crowd(
    seed: int, letters: Sequence[Original], task: tuple[str, int], pack: Path | None
) -> str:
    """Read a picture of several letters, named and numbered by the task: return what happened."""
    return outcome(read_pack(pack)[0], crowd(seed, letters, *task))


def crowd(seed: int, letters: Sequence[Original], name: str, number: int) -> bytes:
    """Draw a picture of several letters, one of `CROWDS`, every second one photographed."""
    rng = stream(seed, "changes of a letter", SEVERAL, list(CROWDS).index(name), number)
    block = [letter for letter in letters if letter.kind == BLOCK] or letters

    def draw_letter(height: float) -> numpy.ndarray:
        """Enlarge any letter to a height in pixels."""
        picture = block[rng.integers(len(block))].read()
        ink = shaped(picture, 100)
        return shaped(picture, 100 * height / ink.shape[0])

    ink, scene = CROWDS[name](draw_letter, number, rng)
    if number % 2:
        scene = photo("several", falling(0.3), under=scene.under)
    return scene.draw(ink, rng)


def word(draw_letter, number: int, rng: numpy.random.Generator) -> tuple[numpy.ndarray, Scene]:
    """Write two to five letters of one height side by side."""
    height = 80
    gap = round(GAPS[number % len(GAPS)] * height)
    inks = [draw_letter(height) for _ in range(rng.integers(2, LONGEST + 1))]
    return beside(inks, gap, 40), Scene("several")


def beside(inks: Sequence[numpy.ndarray], gap: int, margin: int) -> numpy.ndarray:
    """Return pieces of ink side by side on a page with a margin, in pixels."""
    lefts = margin + numpy.cumsum([0] + [ink.shape[1] + gap for ink in inks])
    page = Page(int(lefts[-1]) - gap + margin, max(len(ink) for ink in inks) + 2 * margin)
    return placed(inks, [(margin, int(left)) for left in lefts[:-1]], page)


def rows(draw_letter, number: int, rng: numpy.random.Generator) -> tuple[numpy.ndarray, Scene]:
    """Write two rows of one to three letters, a fifth to a whole of their height apart."""
    words = [beside([draw_letter(60) for _ in range(rng.integers(1, 4))], 12, 0) for _ in range(2)]
    page = Page(max(word.shape[1] for word in words) + 60, 240)
    return placed(words, [(30, 30), (90 + int(rng.integers(12, 60)), 30)], page), Scene("several")


def filled(draw_letter, number: int, rng: numpy.random.Generator) -> tuple[numpy.ndarray, Scene]:
    """Write two to five letters into neighbouring boxes of a form."""
    count, side = int(rng.integers(2, LONGEST + 1)), 98
    page = Page(count * side + 20, 120)
    inks = [draw_letter(60) for _ in range(count)]
    # An odd number of boxes has one in the middle of the page, an even number a line.
    first = page.width / 2 - side * (count - 1) / 2
    corners = [
        (30, max(0, round(first + n * side - ink.shape[1] / 2))) for n, ink in enumerate(inks)
    ]
    row = boxes(100 / 120, row=True, shift=0.5 * (count % 2 == 0))
    return placed(inks, corners, page), Scene("several", under=(row,))


CROWDS = {"word": word, "two rows": rows, "filled boxes": filled}
