"""A profile of `params.yaml`, carried out: letters go in, a trained network comes out."""

from collections.abc import Mapping
from functools import partial

import numpy

from edge.augmentation import augmented
from edge.ink import ink
from pipeline.data.letters import NO_LETTER, Letters, joined
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES, softmax
from pipeline.nn.network import Network
from pipeline.nn.training import Fit, fit
from pipeline.params import Profile
from pipeline.training.optimizer import optimizer_of
from pipeline.training.running import fitting


def untrained(profile: Profile, letters: int, rng: numpy.random.Generator) -> Network:
    """Return the profile's network for so many letters, with its initial, random weights."""
    return Network(profile.network_of(letters), rng, INITIALIZERS[profile.initializer])


def train(
    network: Network,
    profile: Profile,
    parts: Mapping[str, Letters],
    rng: numpy.random.Generator,
    threads: int,
    where: str,
    **options,
) -> Fit:
    """Train the profile's network on `parts`, with `threads` threads for BLAS.

    The letters marked for validation choose the epoch. `options` are further ones of `nn.fit`.
    Raises PipelineError, which names `where` the profile comes from, if the loss stops being a
    number or the recipe cannot be carried out, and what callbacks raise.
    """
    letters, _ = joined(parts)
    held = letters.take(letters.validation)
    learned = numpy.flatnonzero(~letters.validation)
    if (letters.labels == NO_LETTER).any():
        (count,) = network.output_shape
        options = {"targets": partial(_targets, count)} | options
    strengths = profile.augmentation and profile.augmentation.model_dump()
    with fitting(where, threads):
        return fit(
            network,
            letters.images[learned],
            letters.labels[learned],
            validation=(ink(held.images), held.labels),
            optimizer=optimizer_of(profile, len(learned)),
            epochs=profile.epochs,
            batch_size=profile.batch_size,
            rng=rng,
            loss=LOSSES[profile.loss],
            prepare=partial(augmented, strengths=strengths),
            **options,
        )


def least_sure(network: Network, parts: Mapping[str, Letters], share: float) -> float:
    """Return the probability that all but a `share` of the right answers reach, in validation.

    Of a network that gives no right answer, no answer is sure.
    """
    letters, _ = joined(parts)
    held = letters.take(letters.validation)
    probabilities = softmax(network.logits(ink(held.images)))
    right = probabilities.max(axis=1)[probabilities.argmax(axis=1) == held.labels]
    # Rounded, since the last digits are the BLAS library's.
    return round(float(numpy.quantile(right, share)), 4) if right.size else 1.0


def _targets(count: int, inks: numpy.ndarray, labels: numpy.ndarray) -> numpy.ndarray:
    """Return the probabilities to learn, `(m, count)`: all of them alike where no letter stands.

    Hendrycks et al., Deep Anomaly Detection with Outlier Exposure (2019), section 3.
    """
    known = labels[:, None] == numpy.arange(count)
    return numpy.where(labels[:, None] == NO_LETTER, numpy.float32(1 / count), known).astype(
        numpy.float32
    )
