"""Scenes: letters on papers of every kind, in every light, as a camera or a screen shows them.

Made to train and to measure the network that finds the ink. Nothing here is a photograph: all is
drawn, from training letters and numbers of a generator that is passed in.
"""

from itertools import chain
from typing import NamedTuple

import numpy
from numpy import ndarray

from edge.augmentation import pen, warp
from pipeline.data.papers import camera, ink, surroundings
from pipeline.data.papers.canvas import GRIDS, SIDE, column, paint, smooth_noise
from pipeline.data.papers.drafted import drafted

# Scenes are painted this many at a time, so that a canvas stays in the processor's cache.
AT_ONCE = 32


# What stands in a scene.
ONE, SEVERAL, NONE = range(3)


class Scenes(NamedTuple):
    """Pictures, how much of each pixel is ink of a letter, and what stands in them.

    `pictures` are uint8 `(3, side, side)`, each with a side of its own; `masks` uint8 `(n, SIDE,
    SIDE)`, 255 where all of a pixel is ink; `kinds` `(n,)`, each ONE, SEVERAL or NONE.
    """

    pictures: list[ndarray]
    masks: ndarray
    kinds: ndarray


def composed(images: ndarray, rng: numpy.random.Generator, papers) -> Scenes:
    """Compose a scene with each of the letters, uint8 `(n, 28, 28)`, as `papers` says."""
    parts = [
        _composed(images[start : start + AT_ONCE], rng, papers)
        for start in range(0, len(images), AT_ONCE)
    ]
    pictures, masks, kinds = zip(*parts, strict=True)
    return Scenes(
        list(chain.from_iterable(pictures)), numpy.concatenate(masks), numpy.concatenate(kinds)
    )


def _composed(images: ndarray, rng: numpy.random.Generator, papers) -> Scenes:
    count = len(images)

    def chosen(share: float) -> ndarray:
        return numpy.flatnonzero(rng.uniform(0, 1, count) < share)

    inks = (255 - images).astype(numpy.float32) / 255
    # Those that are not bent keep straight strokes, which must not be taken for rules.
    bent = chosen(papers.bent)
    inks[bent] = warp(inks[bent], rng, rotation=0.1, shear=0.15, scale=0.1, shift=0, elastic=0.6)
    inks = pen(inks, rng, 0.7)
    marker = rng.uniform(0, 1, count) < papers.marker
    inks[marker] = _dilated(inks[marker])

    shares = [1 - papers.several - papers.none, papers.several, papers.none]
    kind = rng.choice(3, count, p=shares)
    close = rng.uniform(0, 1, count) < papers.close
    extent = numpy.where(
        close,
        rng.normal(0.5, 0.08, count),
        numpy.exp(rng.uniform(*numpy.log(papers.extent), count)),
    )
    extent = numpy.minimum(extent * SIDE, SIDE)
    stretch = numpy.exp(rng.normal(0, 0.15, count))
    cut = rng.uniform(0, 1, count) < papers.cut
    where = ink.spread(rng, inks, extent, stretch, close, cut)
    threshold = rng.uniform(0.25, 0.5, count)
    letters = ink.placed(inks, where, threshold)
    if (rows := numpy.flatnonzero(kind == SEVERAL)).size:
        letters[rows] = ink.several(rng, inks[rows], threshold[rows])
        where = surroundings.boxes_around(letters, where, rows)
    fine = numpy.flatnonzero((rng.uniform(0, 1, count) < papers.thin) & (extent > SIDE / 4))
    letters[fine] = ink.thin(letters[fine])
    ruled = rng.uniform(0, 1, count) < papers.drafted
    if (rows := numpy.flatnonzero(ruled & (kind == ONE))).size:
        letters[rows] = drafted(rng, where.take(rows))
        where = surroundings.boxes_around(letters, where, rows)
    letters[kind == NONE] = 0

    paper = surroundings.paper_colours(rng, count)
    colour = surroundings.ink_colours(rng, paper)
    pictures = numpy.empty((count, 3, SIDE, SIDE), numpy.float32)
    pictures[...] = paper[:, :, None, None]
    surroundings.grain(rng, pictures, chosen(papers.grain))
    surroundings.creases(rng, pictures, chosen(papers.crease))
    if (rows := chosen(papers.print)).size:
        shown = ink.print_beside(rng, inks[rows], where.take(rows), threshold[rows])
        paint(pictures, rows, shown, surroundings.mixed(rng, paper[rows], colour[rows]))
    surroundings.rules(rng, pictures, chosen(papers.rules), paper, colour)
    surroundings.frames(rng, pictures, chosen(papers.frame), paper, colour, where)
    _write(rng, pictures, letters, colour, chosen(papers.even))
    if (rows := chosen(papers.neighbour)).size:
        shown = ink.neighbours(rng, inks[rows], where.take(rows), threshold[rows])
        paint(pictures, rows, shown, colour[rows])
    surroundings.specks(rng, pictures, chosen(papers.specks), paper, colour, where)
    surroundings.hairs(rng, pictures, chosen(papers.hair), paper, colour)
    surroundings.desks(rng, pictures, chosen(papers.desk), paper, where)
    surroundings.light(rng, pictures, chosen(papers.falling), chosen(papers.lamp))
    surroundings.shadows(rng, pictures, chosen(papers.shadow))
    rows = chosen(papers.inverted)
    pictures[rows] = 1 - pictures[rows]
    masks = numpy.rint(letters * 255).astype(numpy.uint8)
    return Scenes(_photographed(rng, pictures, papers), masks, kind)


def _write(
    rng: numpy.random.Generator, pictures: ndarray, letters: ndarray, colour: ndarray, even: ndarray
) -> None:
    """Write the letters: evenly, or paler here and there as a pencil or a dry pen does."""
    count = len(pictures)
    pressure = smooth_noise(rng, count, GRIDS[2]) * column(rng.uniform(0, 0.25, count))
    pressure += column(rng.uniform(0.75, 1, count))
    pressure[even] = 1
    paint(pictures, numpy.arange(count), letters * numpy.clip(pressure, 0.3, 1), colour)


def _photographed(rng: numpy.random.Generator, pictures: ndarray, papers) -> list[ndarray]:
    """Let a camera see the scenes: each at one resolution, with its blur, noise and JPEG."""
    count = len(pictures)
    blur = numpy.maximum(rng.uniform(-0.5, 1, count), 0)
    pictures = camera.blurred(pictures, blur)
    sides = rng.choice(numpy.array(papers.sides), count)
    noise = numpy.maximum(rng.normal(0, 0.02, count), 0).astype(numpy.float32)
    quality = numpy.where(rng.uniform(0, 1, count) < papers.jpeg, rng.uniform(0.3, 2, count), 0)
    seen = [None] * count
    for side in numpy.unique(sides):
        rows = numpy.flatnonzero(sides == side)
        part = pictures[rows] if side == SIDE else camera.at_resolution(pictures[rows], side)
        part += noise[rows, None, None, None] * rng.standard_normal(part.shape, numpy.float32)
        some = numpy.flatnonzero(quality[rows])
        # Colours of half the resolution need whole blocks.
        if some.size and side % 16 == 0:
            part[some] = camera.jpeg(part[some], quality[rows[some]])
        part = numpy.rint(numpy.clip(part, 0, 1) * 255).astype(numpy.uint8)
        for row, picture in zip(rows, part, strict=True):
            seen[row] = picture
    return seen


def _dilated(inks: ndarray) -> ndarray:
    around = numpy.pad(inks, ((0, 0), (1, 1), (1, 1)))
    up = numpy.maximum(around[:, :-2], around[:, 2:])
    wide = numpy.maximum(around[:, 1:-1], up)
    side = numpy.maximum(wide[:, :, :-2], wide[:, :, 2:])
    return numpy.maximum(side, wide[:, :, 1:-1])
