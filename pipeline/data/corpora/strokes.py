"""The corpus that comes with the workshop: letters drawn from pen strokes by made-up hands.

Tests draw from it, and the pipeline falls back to it if no published corpus is in reach.
"""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

from edge import glyphs
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora.corpus import Corpus, Origin
from pipeline.files import replacing

SIDE = 28  # pixels
OVERSAMPLING = 6
SAMPLES = 8  # points of the drawn path between two points of a glyph
WAVES = 4  # sine waves that make up the tremor
MOST_POINTS = 32  # of any glyph
LETTERS_PER_WRITER = 20
FEWEST_WRITERS = 5

_NAME = re.compile(r"strokes/(\d+)_\d+_(\d+)_([UL])\.png")


@dataclass(frozen=True, eq=False)
class Hand:
    """What one writer keeps from letter to letter."""

    slant: float  # sideways shift per height, to the right at the top
    aspect: float  # width, as a multiple of the glyph's
    size: float  # longest side of the letter's box, pixels
    pen: float  # width of the line, pixels
    tone: float  # grey level of the ink, 0 is black
    tremor: float  # wobble of the line, capital heights
    # (2 cases, 33 letters, MOST_POINTS, 2): where this writer puts each point.
    habits: numpy.ndarray


def draw_hand(rng: numpy.random.Generator) -> Hand:
    """Draw a writer at random."""
    return Hand(
        slant=float(numpy.clip(rng.normal(0.2, 0.15), -0.1, 0.5)),
        aspect=float(numpy.exp(rng.normal(0, 0.12))),
        size=float(rng.uniform(20.5, 23)),
        pen=float(rng.uniform(1.6, 3.2)),
        tone=float(rng.uniform(5, 75)),
        tremor=float(rng.uniform(0.004, 0.016)),
        habits=rng.normal(0, 0.03, (2, len(RUSSIAN), MOST_POINTS, 2)),
    )


def _smooth(points: numpy.ndarray) -> numpy.ndarray:
    """Return a uniform Catmull-Rom spline through points (n, d): ((n - 1) * SAMPLES + 1, d)."""
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    padded = numpy.concatenate([ends[:1], points, ends[1:]])
    windows = numpy.lib.stride_tricks.sliding_window_view(padded, 4, axis=0)
    t = numpy.arange(SAMPLES) / SAMPLES
    weights = 0.5 * numpy.array(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]
    )
    path = numpy.einsum("ndw,ws->nsd", windows, weights).reshape(-1, points.shape[1])
    return numpy.concatenate([path, points[-1:]])


@cache
def _spline(letter: int, lowercase: bool) -> tuple[numpy.ndarray, numpy.ndarray, list[slice]]:
    """Return a glyph's points (n, 2), the matrix (m, n) from them to its path, and its runs."""
    table = glyphs.LOWERCASE if lowercase else glyphs.UPPERCASE
    points, runs = glyphs.parse(table[RUSSIAN[letter]])
    points = numpy.array(points)
    # The spline is linear in its points, so that of the unit vectors is its matrix.
    identity = numpy.eye(len(points))
    pieces = [_smooth(identity[run]) for run in runs]
    bounds = numpy.cumsum([0] + [len(piece) for piece in pieces])
    return points, numpy.concatenate(pieces), [slice(*pair) for pair in pairwise(bounds)]


def draw(letter: int, lowercase: bool, hand: Hand, rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw a letter (0 to 32) as this hand writes it: uint8 (28, 28), dark ink on white (255)."""
    points, spline, runs = _spline(letter, lowercase)
    habit = hand.habits[int(lowercase), letter, : len(points)]
    path = spline @ (points + habit + rng.normal(0, 0.015, points.shape))

    # Waves over the plane rather than along the line, so that strokes that meet stay together.
    waves = numpy.sin(path @ rng.normal(0, 9, (2, WAVES)) + rng.uniform(0, 2 * numpy.pi, WAVES))
    path = path + hand.tremor * waves @ rng.normal(0, 1, (WAVES, 2))

    aspect = hand.aspect * numpy.exp(rng.normal(0, 0.05))
    slant = hand.slant + rng.normal(0, 0.04)
    angle = rng.normal(0, 0.05)
    rotation = [[numpy.cos(angle), numpy.sin(angle)], [-numpy.sin(angle), numpy.cos(angle)]]
    path = path @ numpy.array([[aspect, 0], [-slant, 1]]) @ rotation

    pen = hand.pen * numpy.exp(rng.normal(0, 0.05))
    size = hand.size + rng.normal(0, 0.5)
    low, high = path.min(axis=0), path.max(axis=0)
    path = (path - (low + high) / 2) * (size - pen) / (high - low).max()
    path = path + SIDE / 2 + rng.uniform(-0.8, 0.8, 2)
    tone = numpy.clip(hand.tone + rng.normal(0, 5), 0, 90)
    return numpy.rint(255 - _ink(path, runs, pen) * (1 - tone / 255)).astype(numpy.uint8)


def _ink(path: numpy.ndarray, runs: list[slice], pen: float) -> numpy.ndarray:
    """Return the share of each pixel covered by a pen along a path (m, 2): uint8 (28, 28)."""
    sheet = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    canvas = ImageDraw.Draw(sheet)
    width = pen * OVERSAMPLING
    for run in runs:
        points = (path[run] * OVERSAMPLING).tolist()
        canvas.line([tuple(point) for point in points], fill=255, width=round(width))
        for point in points[0], points[-1]:
            canvas.circle(point, width / 2, fill=255)
    return numpy.asarray(sheet.reduce(OVERSAMPLING))


def _members(letters_per_class: int, seed: int) -> Iterator[tuple[str, numpy.ndarray]]:
    """Yield names and pictures, uint8 (28, 28), in the order of the archive."""
    *streams, hands_stream = numpy.random.SeedSequence(seed).spawn(len(RUSSIAN) + 1)
    letters_per_writer = min(LETTERS_PER_WRITER, -(-letters_per_class // FEWEST_WRITERS))
    hands_rng = numpy.random.default_rng(hands_stream)
    hands = [draw_hand(hands_rng) for _ in range(0, letters_per_class, letters_per_writer)]
    for letter, stream in enumerate(streams):
        rng = numpy.random.default_rng(stream)
        for index in range(letters_per_class):
            writer = index // letters_per_writer
            lowercase = index % 2 == 1
            name = f"strokes/{letter:02}_{writer:04}_{index:05}_{'UL'[lowercase]}.png"
            yield name, draw(letter, lowercase, hands[writer], rng)


def write_archive(path: str | os.PathLike, letters_per_class: int, seed: int) -> None:
    """Write a ZIP of 33 * letters_per_class PNGs, `strokes/<class>_<writer>_<index>_<U|L>.png`.

    Capitals and small letters alternate. Writers follow one another in the order of the index, the
    same ones in every class. The same arguments give the same bytes. Raises ValueError if
    letters_per_class is not positive.
    """
    if letters_per_class < 1:
        raise ValueError(f"letters_per_class must be positive, not {letters_per_class}")
    with replacing(Path(path)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, picture in _members(letters_per_class, seed):
            png = io.BytesIO()
            Image.fromarray(picture).save(png, "PNG")
            # A ZipInfo made by hand is dated 1980 and not today.
            archive.writestr(zipfile.ZipInfo(name), png.getvalue())


def origin(member: str) -> Origin | None:
    """Read letter, case and order off a member's path, None if it is not such a name."""
    match = _NAME.fullmatch(member)
    if match is None or int(match[1]) >= len(RUSSIAN):
        return None
    case = "uppercase" if match[3] == "U" else "lowercase"
    return Origin(RUSSIAN[int(match[1])], case, (int(match[2]),))


CORPUS = Corpus(name="strokes", kind="strokes", archive="strokes.zip", origin=origin)
