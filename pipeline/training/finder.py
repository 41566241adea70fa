"""The network that finds the ink: its examples, composed, and its training."""

from collections.abc import Mapping
from functools import partial

import numpy

from edge.finding import parted, standardized
from edge.resize import resized
from pipeline import parallel
from pipeline.data.letters import Letters, drawn_in_parts
from pipeline.data.papers import composed
from pipeline.data.streams import stream
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import WeightedSum
from pipeline.nn.network import Network
from pipeline.nn.training import Fit, fit
from pipeline.params import Params
from pipeline.training.optimizer import optimizer_of
from pipeline.training.running import fitting

# Scenes that a process composes at a time, with a generator of their own.
CHUNK = 500

Examples = tuple[numpy.ndarray, numpy.ndarray]


def examples(parts: Mapping[str, Letters], params: Params) -> tuple[Examples, Examples]:
    """Compose scenes of letters, of all corpora alike: examples for training and for validation.

    Each are pictures, uint8 `(n, 3, side, side)`, and masks as the network gives them, uint8
    `(n, 4, side / 2, side / 2)`.
    """
    counts = {"scenes": params.ink.scenes, "validation scenes": params.ink.validation_scenes}
    return tuple(_composed(parts, params, purpose, count) for purpose, count in counts.items())


def _composed(parts: Mapping[str, Letters], params: Params, purpose: str, count: int) -> Examples:
    (_, side, _) = params.ink.network["input_shape"]
    chunks = drawn_in_parts(parts, count, CHUNK, partial(stream, params.seed, purpose))
    composed = parallel.map_all(partial(_examples, params.papers, side), chunks, purpose)
    pictures, masks = map(numpy.concatenate, zip(*composed, strict=True))
    return pictures, masks


def _examples(papers, side: int, chunk: tuple[Letters, numpy.random.Generator]) -> Examples:
    letters, rng = chunk
    scenes = composed(letters.images, rng, papers)
    pictures = [resized(picture, (0, 0, *picture.shape[1:]), side) for picture in scenes.pictures]
    masks = resized(scenes.masks, (0, 0, *scenes.masks.shape[1:]), side)
    return tuple(numpy.rint(part).astype(numpy.uint8) for part in (pictures, parted(masks)))


def train(
    params: Params, training: Examples, validation: Examples, **options
) -> tuple[Network, Fit]:
    """Train the ink network, and leave it with the weights of its best epoch.

    `options` are further ones of `nn.fit`. Raises PipelineError if the loss stops being a number or
    the recipe cannot be carried out, and what callbacks raise.
    """
    recipe, rng = params.ink, stream(params.seed, "ink training")
    network = Network(recipe.network, rng, INITIALIZERS[recipe.initializer])
    with fitting("params.yaml: ink", params.train.threads):
        result = fit(
            network,
            *training,
            validation=_prepared(*validation),
            optimizer=optimizer_of(recipe, len(training[0])),
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            rng=rng,
            loss=WeightedSum(recipe.loss),
            prepare_pairs=mirrored,
            **options,
        )
    return network, result


def mirrored(
    pictures: numpy.ndarray, masks: numpy.ndarray, rng: numpy.random.Generator
) -> Examples:
    """Prepare pictures and masks, all of them mirrored or none, and turned or not.

    What is ink does not depend on it, so that every scene serves for eight.
    """
    ways = rng.integers(0, 8)
    for axis, way in ((2, 1), (3, 2)):
        if ways & way:
            pictures, masks = numpy.flip(pictures, axis), numpy.flip(masks, axis)
            # The two rows, or columns, of a square change places as well.
            order = [2, 3, 0, 1] if axis == 2 else [1, 0, 3, 2]
            masks = masks[:, order]
    if ways & 4:
        pictures, masks = pictures.swapaxes(2, 3), masks.swapaxes(2, 3)[:, [0, 2, 1, 3]]
    return _prepared(pictures, masks)


def _prepared(pictures: numpy.ndarray, masks: numpy.ndarray) -> Examples:
    return standardized(pictures), masks.astype(numpy.float32) / 255
