"""Letters drawn with a ruler: strokes as straight and as even as rules and frames are."""

import numpy
from numpy import ndarray
from PIL import Image, ImageDraw

from edge import glyphs
from pipeline.data.papers.canvas import SIDE
from pipeline.data.papers.ink import Boxes

# Lines are drawn on a canvas so many times as large.
FINER = 6

_GLYPHS = [glyphs.parse(glyph) for glyph in glyphs.UPPERCASE.values()]


def drafted(rng: numpy.random.Generator, where: Boxes) -> ndarray:
    """Return the coverage of block letters, each as long as its box in `where` and in its middle.

    They are any letters, with straight lines from point to point.
    """
    return numpy.stack([_letter(rng, *box) for box in zip(*where, strict=True)])


def _letter(
    rng: numpy.random.Generator, top: float, bottom: float, left: float, right: float
) -> ndarray:
    glyph = _GLYPHS[rng.integers(len(_GLYPHS))]
    points = numpy.array(glyph.points) * (numpy.exp(rng.normal(0, 0.2)), 1)
    if rng.uniform() < 0.3:
        angle = rng.normal(0, 0.04)
        turn = [[numpy.cos(angle), numpy.sin(angle)], [-numpy.sin(angle), numpy.cos(angle)]]
        points = points @ turn
    extent = max(bottom - top, right - left)
    width = max(extent * rng.uniform(0.02, 0.14), 1)
    points -= points.min(axis=0)
    points *= (extent - width) / points.max()
    room = SIDE - width - points.max(axis=0)
    middle = numpy.array([left + right, top + bottom]) / 2
    start = numpy.clip(middle - points.max(axis=0) / 2 - width / 2, 0, numpy.maximum(room, 0))
    points = (points + start + width / 2) * FINER
    sheet = Image.new("L", (SIDE * FINER, SIDE * FINER))
    canvas, thick = ImageDraw.Draw(sheet), round(width * FINER)
    round_ends = rng.uniform() < 0.5
    for run in glyph.runs:
        places = [tuple(point) for point in points[run].tolist()]
        canvas.line(places, fill=255, width=thick, joint="curve")
        # A corner is where one run ends and the next begins.
        for place in places if round_ends else places[1:-1]:
            canvas.circle(place, thick / 2, fill=255)
    return numpy.asarray(sheet.reduce(FINER), numpy.float32) / 255
