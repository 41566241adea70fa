"""Put training letters on papers, and find their ink as the device does."""

from functools import partial

import numpy
from safetensors.numpy import load_file

from edge.finding import LOOKS, Finder, views
from edge.picture import SIZE
from edge.preparation import PictureError
from edge.preparation.segmentation import boxed
from pipeline import parallel
from pipeline.data.letters import NO_LETTER, Letters, drawn_in_parts, of_both_trainings, write
from pipeline.data.papers import ONE, composed
from pipeline.data.streams import stream
from pipeline.files import COMPOSED, INK, read_json
from pipeline.params import Params

# Letters that a process puts on papers at a time, with a generator of their own.
CHUNK = 250


def run(params: Params) -> None:
    """Write `data/composed.npz`: what the ink network finds on papers, taken for one letter.

    It is none where the scene holds none or several. Where nothing is found nothing is kept. Each
    is found by one of the device's looks, drawn at random. Some letters are held out to choose the
    epoch.
    """
    count = params.compose.letters
    stream_of = partial(stream, params.seed, "composed letters")
    chunks = drawn_in_parts(of_both_trainings(), count, CHUNK, stream_of)
    # A letter drawn with a ruler is another one than its label says.
    changed = {"drafted": 0, "several": params.compose.several}
    papers = params.papers.model_copy(update=changed)
    parts = parallel.map_all(partial(_found, papers), chunks, "letters on papers")
    images, labels = map(numpy.concatenate, zip(*parts, strict=True))
    unnamed = numpy.full(len(labels), b"", numpy.bytes_)
    held = numpy.arange(len(labels)) >= (1 - params.split.validation_share) * len(labels)
    write(COMPOSED, Letters(images, labels, unnamed, unnamed, held & (labels != NO_LETTER)))
    of_none = int((labels == NO_LETTER).sum())
    print(f"{COMPOSED}: {len(labels) - of_none:,} letters, {of_none:,} that are none, of {count:,}")


def _found(papers, chunk: tuple) -> tuple[numpy.ndarray, numpy.ndarray]:
    letters, rng = chunk
    finder = Finder.of(read_json(INK / "network.json"), load_file(INK / "fp32.safetensors"))
    scenes = composed(letters.images, rng, papers)
    found, kept = [], []
    for picture, label, kind in zip(scenes.pictures, letters.labels, scenes.kinds, strict=True):
        try:
            (ink,) = finder.inks(picture, [LOOKS[rng.integers(len(LOOKS))]])
        except PictureError:
            continue
        found.append(views(boxed(ink, finder.side))[0])
        kept.append(label if kind == ONE else NO_LETTER)
    pictures = numpy.frombuffer(b"".join(found), numpy.uint8).reshape(-1, SIZE, SIZE)
    return pictures, numpy.array(kept, numpy.uint8)
