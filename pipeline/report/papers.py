"""The section of papers: scenes as they are composed, and the ink that is found in them."""

import numpy

from edge import pack
from edge.finding import Finder
from edge.preparation import PictureError
from edge.resize import resized
from pipeline.data.papers import composed
from pipeline.data.streams import stream
from pipeline.report.inputs import PACK, Inputs
from pipeline.report.plots import embedded

# Scenes in a row, and rows of them.
COLUMNS, ROWS = 12, 6


def papers(inputs: Inputs) -> dict:
    """Compose scenes with training letters; show each, its ink, and what the network finds of it.

    The letters are the first of the exported split's training set, every corpus alike.
    """
    count = COLUMNS * ROWS // len(inputs.training)
    images = numpy.concatenate([part.images[:count] for part in inputs.training.values()])
    rng = stream(inputs.params.seed, "scenes shown")
    scenes = composed(images[rng.permutation(len(images))], rng, inputs.params.papers)
    finder = Finder.of_pack(pack.read(PACK))

    def shown(pictures: list[numpy.ndarray]) -> numpy.ndarray:
        return numpy.stack([_small(picture, finder.side) for picture in pictures])

    found = [_marked(finder, picture) for picture in scenes.pictures]
    parts = (shown(scenes.pictures), shown(255 - scenes.masks), shown(found))
    rows = [
        part[first : first + COLUMNS] for first in range(0, len(images), COLUMNS) for part in parts
    ]
    return {"picture": embedded.grid(rows), "count": len(images)}


def _marked(finder: Finder, picture: numpy.ndarray) -> numpy.ndarray:
    """Return the ink that is found at the first look, dark on white, `(side, side)`."""
    try:
        ink = finder.look(picture, (0, 0, *picture.shape[1:]))
    except PictureError:
        ink = bytes(finder.side**2)
    return 255 - numpy.frombuffer(ink, numpy.uint8).reshape(finder.side, finder.side)


def _small(picture: numpy.ndarray, side: int) -> numpy.ndarray:
    """Return a picture, uint8 `(3, ...)` or `(...)`, as uint8 `(side, side, 3)`."""
    small = resized(picture, (0, 0, *picture.shape[-2:]), side)
    small = numpy.broadcast_to(small, (3, side, side)).transpose(1, 2, 0)
    return numpy.rint(small).astype(numpy.uint8)
