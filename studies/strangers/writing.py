"""Words, lines and rows of boxes, written with the letters of one hand.

All lengths are shares of the height of the letters, unless they are said to be pixels.
"""

from collections.abc import Sequence

import numpy
from PIL import Image

from edge.form import projection
from pipeline.data.alphabet import RUSSIAN
from studies.strangers.hands import Hand
from studies.strangers.lettering import box, shaped

# Standard deviations: of a letter's size, of where it stands, and of both in a box, of its side.
SIZE, BASELINE, IN_BOX = 0.06, 0.04, 0.04

# A letter is at most so many times as wide as the line is high.
WIDEST = 1.6

# Between words.
SPACE = (0.9, 1.4)

# A box is so many times as large as its letter, at least and at most; boxes that do not share their
# sides are so many boxes apart.
LOOSE, APART = (1.25, 1.8), (1.1, 1.3)


def fits(text: str, hand: Hand) -> bool:
    """Return whether a hand has all letters of a text."""
    return {RUSSIAN.index(letter) for letter in text if letter != " "} <= set(hand.labels.tolist())


def letter(sign: str, hand: Hand, height: float, rng: numpy.random.Generator) -> numpy.ndarray:
    """Return a letter of a hand, shares of ink, about as many pixels high or less if it is wide."""
    picture = hand.images[rng.choice(numpy.flatnonzero(hand.labels == RUSSIAN.index(sign)))]
    top, bottom, left, right = box((255 - picture) / (255 - int(picture.min())))
    long = max(1, min((right - left) / (bottom - top), WIDEST))
    return shaped(picture, long * height * (1 + rng.normal(0, SIZE)))


def line(
    text: str, hand: Hand, height: int, gap: tuple[float, float], rng: numpy.random.Generator
) -> numpy.ndarray:
    """Write words in a line: shares of ink `(2 * height, width)`.

    The gap between the boxes of two letters is drawn from a range, for each of them.
    """
    pieces, edge, space = [], 0.0, False
    for sign in text:
        if sign == " ":
            space = True
            continue
        ink = letter(sign, hand, height, rng)
        if pieces:
            edge += height * rng.uniform(*(SPACE if space else gap))
        top = round(height * (1.5 + rng.normal(0, BASELINE))) - ink.shape[0]
        pieces.append((max(0, top), round(edge), ink))
        edge, space = round(edge) + ink.shape[1], False
    whole = numpy.zeros((2 * height, round(edge)), numpy.float32)
    _lay(whole, pieces)
    return whole


def page(lines: Sequence[numpy.ndarray], margin: int, pitch: int = 0) -> numpy.ndarray:
    """Set lines below each other, so many pixels apart and from the borders."""
    width = max(ink.shape[1] for ink in lines) + 2 * margin
    tall = max(len(ink) for ink in lines) + 2 * margin + pitch * (len(lines) - 1)
    whole = numpy.zeros((tall, width), numpy.float32)
    _lay(whole, [(margin + pitch * number, margin, ink) for number, ink in enumerate(lines)])
    return whole


def boxes(
    text: str, hand: Hand, side: int, rng: numpy.random.Generator
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Write a text into a row of boxes of so many pixels, nothing where it has a space.

    Returns the shares of ink and of print, `(height, width)` each. Boxes share their sides, or
    stand apart.
    """
    pitch = side if rng.random() < 0.6 else round(side * rng.uniform(*APART))
    thick, margin = int(rng.integers(1, 4)), round(side * rng.uniform(0.4, 1))
    loose = rng.uniform(*LOOSE)
    shape = side + 2 * margin + thick, pitch * (len(text) - 1) + side + 2 * margin + thick
    ink, frames = numpy.zeros(shape, numpy.float32), numpy.zeros(shape, numpy.float32)
    lefts = [margin + number * pitch for number in range(len(text))]
    for left in lefts:
        frames[margin : margin + side + thick, left : left + side + thick] = 1
    for left in lefts:
        frames[margin + thick : margin + side, left + thick : left + side] = 0
    for left, sign in zip(lefts, text, strict=True):
        if sign == " ":
            continue
        # Nobody writes over the sides of a box.
        one = letter(sign, hand, side / loose, rng)[: side - 2, : side - 2]
        y, x = (
            start + (side + thick - length) / 2 + side * rng.normal(0, IN_BOX)
            for start, length in zip((margin, left), one.shape, strict=True)
        )
        _lay(ink, [(max(0, round(y)), max(0, round(x)), one)])
    return ink, frames


def seen_aside(
    picture: numpy.ndarray, degrees: float, rng: numpy.random.Generator
) -> numpy.ndarray:
    """See a picture, levels (height, width, 3), turned by at most so many degrees each way."""
    height, width = picture.shape[:2]
    tilt, turn, roll = numpy.radians(rng.uniform(-degrees, degrees, 3))
    corners = numpy.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
    x, y = corners.T
    depth = 1 + (x * numpy.sin(turn) + y * numpy.sin(tilt)) / (1.5 * max(width, height))
    seen = numpy.stack([x * numpy.cos(turn), y * numpy.cos(tilt)], axis=1) / depth[:, None]
    sine, cosine = numpy.sin(roll), numpy.cos(roll)
    seen = seen @ numpy.array([(cosine, sine), (-sine, cosine)])
    size = numpy.ceil(numpy.ptp(seen, axis=0)).astype(int) + 4
    corners += numpy.array([width / 2, height / 2])
    matrix = projection.of_points(seen - seen.min(axis=0) + 2, corners).ravel()[:8]
    image = Image.fromarray(picture.clip(0, 255).astype(numpy.uint8))
    paper = tuple(numpy.median(picture.reshape(-1, 3), axis=0).astype(int).tolist())
    how = Image.Transform.PERSPECTIVE, matrix.tolist(), Image.Resampling.BICUBIC
    return numpy.asarray(image.transform(tuple(size), *how, fillcolor=paper), numpy.float32)


def _lay(whole: numpy.ndarray, pieces: Sequence[tuple[int, int, numpy.ndarray]]) -> None:
    """Lay pieces of ink, each with its top and left, onto a page, as far as they are on it."""
    for top, left, ink in pieces:
        part = whole[top : top + ink.shape[0], left : left + ink.shape[1]]
        numpy.maximum(part, ink[: part.shape[0], : part.shape[1]], out=part)
