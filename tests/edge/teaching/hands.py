"""Letters of one hand, drawn from pen strokes: it leans far to the right, as few do."""

import numpy

from edge import glyphs
from edge.picture import SIZE
from edge.preparation import EXTENT


def written(sign, rng, lean=1.2):
    """Write a capital or small letter: uint8 (28, 28), dark on white, never twice the same."""
    capital = sign.upper()
    table = glyphs.UPPERCASE if sign == capital else glyphs.LOWERCASE
    points, runs = glyphs.parse(table[capital])
    points = numpy.array(points) + rng.normal(0, 0.02, (len(points), 2))
    points[:, 0] -= (lean + rng.normal(0, 0.05)) * points[:, 1]
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    points *= EXTENT / (points.max(axis=0) - points.min(axis=0)).max() * 0.9
    points += (SIZE - 1) / 2
    y, x = numpy.mgrid[:SIZE, :SIZE]
    pixels = numpy.stack([x, y], axis=-1)[:, :, None]
    distance = numpy.inf
    for run in runs:
        start, end = points[run][:-1], points[run][1:]
        along = end - start
        share = ((pixels - start) * along).sum(axis=-1) / (along**2).sum(axis=-1).clip(1e-9)
        nearest = start + share.clip(0, 1)[..., None] * along
        far = numpy.hypot(*numpy.moveaxis(pixels - nearest, -1, 0)).min(axis=-1)
        distance = numpy.minimum(distance, far)
    return (255 * (distance - 0.7).clip(0, 1)).astype(numpy.uint8)


def alphabet(samples, rng, small=False):
    """Write every letter so many times: pictures (n, 28, 28), and what they are."""
    signs = [
        sign.lower() if small else sign for sign in sorted(glyphs.UPPERCASE) for _ in range(samples)
    ]
    return numpy.array([written(sign, rng) for sign in signs]), signs
