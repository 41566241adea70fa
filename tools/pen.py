"""Letters as pen strokes: those of a glyph, or traced along the skeleton of a picture."""

import numpy
from skimage.measure import approximate_polygon
from skimage.morphology import skeletonize

from edge import glyphs

# How far a stroke may be from the skeleton, in pixels.
TOLERANCE = 1.0

# The share of the sheet's side that a glyph takes.
EXTENT = 0.7


def glyph(letter):
    """Return a capital's strokes, (n, 2), x and y in shares of the side of the sheet around it."""
    points, runs = glyphs.parse(glyphs.UPPERCASE[letter])
    points = numpy.array(points)
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - (low + high) / 2) * EXTENT / (high - low).max() + 0.5
    return [points[run] for run in runs]


def traced(picture):
    """Trace a letter, uint8 (height, width), dark on white; return strokes, (n, 2), in pixels.

    At a crossing the pen goes as straight as possible.
    """
    skeleton = skeletonize(picture < 128)
    left = {tuple(place) for place in numpy.argwhere(skeleton).tolist()}
    ends = {place for place in left if len(_beside(place, left)) == 1}
    paths = []
    while left:
        # If there is no end, what is left are rings.
        start = min(left & ends or left)
        path = _walked(start, left)
        # A path that begins in the middle of a line goes on in the other direction.
        paths.append(_walked(start, left)[:0:-1] + path)
    lines = [_joined(path, paths) for path in paths]
    return [approximate_polygon(numpy.array(line)[:, ::-1], TOLERANCE) for line in lines]


def _beside(place, among):
    y, x = place
    around = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    return [other for other in around if other in among]


def _walked(place, left):
    """Return a path from a place over those that are `left`, and remove it from them."""
    path = [place]
    left.discard(place)
    while following := _beside(path[-1], left):
        back = path[max(0, len(path) - 8)]
        y, x = path[-1]
        towards = numpy.array([y - back[0], x - back[1]])
        step = max(following, key=lambda one: _cosine(towards, (one[0] - y, one[1] - x)))
        path.append(step)
        left.discard(step)
    return path


def _cosine(towards, step):
    return numpy.dot(towards, step) / numpy.hypot(*step)


def _joined(path, paths):
    """Return a path with its ends extended by a pixel if that joins a stroke, itself or another."""
    taken = {place for other in paths for place in other if other is not path} | set(path[2:-2])
    first, last = _beside(path[0], taken), _beside(path[-1], taken)
    return first[:1] + path + last[:1]
