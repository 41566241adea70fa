"""Words, lines and rows of boxes, written with the letters of one hand."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy
from PIL import Image

from pipeline.data.alphabet import RUSSIAN
from studies.strangers.hands import Hand
from studies.strangers.lettering import box, shaped

# Standard deviations, shares of the height: of a letter's size, and of where it stands.
SIZE_JITTER, BASELINE_JITTER = 0.06, 0.04

# A letter is at most this many times as wide as the line is high.
WIDEST = 1.6

# Between words, shares of the height.
SPACE = (0.9, 1.4)


class Written(NamedTuple):
    """Ink, shares (height, width), and what it says."""

    ink: numpy.ndarray
    text: str
    places: list


def words_of(hand: Hand, words: Sequence[str]) -> list[str]:
    """Return the words that a hand has all letters of."""
    known = {RUSSIAN[label] for label in numpy.unique(hand.labels)}
    return [word for word in words if set(word) <= known]


def letter(picture: numpy.ndarray, height: float) -> numpy.ndarray:
    """Return the ink of a picture, uint8 (height, width), as high as a line, or less if it is wide."""
    ink = (255 - picture) / (255 - int(picture.min()))
    top, bottom, left, right = box(ink)
    shape = (right - left) / (bottom - top)
    return shaped(picture, height * max(1, min(shape, WIDEST)))


def line(
    text: str,
    hand: Hand,
    rng: numpy.random.Generator,
    height: float,
    gap: tuple[float, float],
) -> Written:
    """Write words in a line; the gap between two letters is drawn from a range of shares of `height`.

    A gap is the least distance in any row, so that letters with a negative one may touch.
    """
    inks, lefts, tops = [], [], []
    edge, space = 0.0, False
    for sign in text:
        if sign == " ":
            space = True
            continue
        rows = numpy.flatnonzero(hand.labels == RUSSIAN.index(sign))
        ink = letter(hand.images[rng.choice(rows)], height * (1 + rng.normal(0, SIZE_JITTER)))
        if inks:
            edge += height * (rng.uniform(*SPACE) if space else rng.uniform(*gap))
        space = False
        inks.append(ink)
        lefts.append(round(edge))
        tops.append(round(height * (1.5 + rng.normal(0, BASELINE_JITTER)) - ink.shape[0]))
        edge = lefts[-1] + ink.shape[1]
    whole = numpy.zeros((round(2 * height), round(edge) + 1), numpy.float32)
    tops = [max(0, top) for top in tops]
    for ink, left, top in zip(inks, lefts, tops, strict=True):
        part = whole[top : top + ink.shape[0], left : left + ink.shape[1]]
        numpy.maximum(part, ink[: part.shape[0], : part.shape[1]], out=part)
    return Written(whole, text, list(zip(tops, lefts, inks, strict=True)))


def page(lines: Sequence[Written], margin: int, pitch: float) -> Written:
    """Set lines below each other, so many pixels from the left border."""
    width = max(each.ink.shape[1] for each in lines) + 2 * margin
    step = round(pitch)
    tall = max(each.ink.shape[0] for each in lines)
    whole = numpy.zeros((step * (len(lines) - 1) + tall + 2 * margin, width), numpy.float32)
    for number, each in enumerate(lines):
        top = margin + step * number
        part = whole[top : top + each.ink.shape[0], margin : margin + each.ink.shape[1]]
        numpy.maximum(part, each.ink, out=part)
    return Written(whole, "\n".join(each.text for each in lines), [])


def tilted(picture: numpy.ndarray, degrees: float, rng: numpy.random.Generator) -> numpy.ndarray:
    """See a picture, levels (height, width, 3), from aside: turned about two axes by `degrees` each."""
    height, width = picture.shape[:2]
    tilt, turn, roll = numpy.radians(rng.uniform(-degrees, degrees, 3))
    corners = numpy.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
    distance = 1.5 * max(width, height)
    x, y = corners.T
    z = x * numpy.sin(turn) + y * numpy.sin(tilt)
    seen = numpy.stack([x * numpy.cos(turn), y * numpy.cos(tilt)], 1) / (1 + z / distance)[:, None]
    sine, cosine = numpy.sin(roll), numpy.cos(roll)
    seen = seen @ numpy.array([(cosine, sine), (-sine, cosine)])
    low, high = seen.min(0) - 2, seen.max(0) + 2
    size = numpy.ceil(high - low).astype(int)
    rows, values = [], []
    for (u, v), (a, b) in zip(seen - low, corners + (width / 2, height / 2), strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * a, -v * a], [0, 0, 0, u, v, 1, -u * b, -v * b]]
        values += [a, b]
    matrix = numpy.linalg.solve(rows, values)
    image = Image.fromarray(picture.clip(0, 255).astype(numpy.uint8))
    around = tuple(int(level) for level in numpy.median(picture.reshape(-1, 3), axis=0))
    image = image.transform(
        tuple(size), Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC, fillcolor=around
    )
    return numpy.asarray(image, numpy.float32)


class Boxes(NamedTuple):
    """A row of boxes as it is printed: pixels, and a letter or a space for each box."""

    ink: numpy.ndarray
    frames: numpy.ndarray
    text: str


def boxes(text, hand, rng, side, joined=True, thick=2, height=0.7):
    count = len(text)
    pitch = side if joined else round(side * rng.uniform(1.1, 1.3))
    margin = round(side * rng.uniform(0.4, 1))
    shape = side + 2 * margin + thick, pitch * (count - 1) + side + 2 * margin + thick
    ink, frames = numpy.zeros(shape, numpy.float32), numpy.zeros(shape, numpy.float32)
    for number, sign in enumerate(text):
        left = margin + number * pitch
        frames[margin : margin + side + thick, left : left + side + thick] = 1
        frames[margin + thick : margin + side, left + thick : left + side] = 0
    for number, sign in enumerate(text):
        left = margin + number * pitch
        if joined:
            frames[margin + thick : margin + side, left + thick : left + side] = 0
        if sign == " ":
            continue
        rows = numpy.flatnonzero(hand.labels == RUSSIAN.index(sign))
        one = letter(hand.images[rng.choice(rows)], side * height * rng.uniform(0.8, 1.15))
        one = one[: side - 4, : side - 4]
        y = margin + (side + thick - one.shape[0]) / 2 + side * rng.normal(0, 0.04)
        x = left + (side + thick - one.shape[1]) / 2 + side * rng.normal(0, 0.04)
        y, x = int(max(0, y)), int(max(0, x))
        part = ink[y : y + one.shape[0], x : x + one.shape[1]]
        numpy.maximum(part, one[: part.shape[0], : part.shape[1]], out=part)
    return Boxes(ink, frames, text)
