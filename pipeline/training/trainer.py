"""A profile of `params.yaml`, carried out: letters go in, a trained network comes out."""

from collections.abc import Mapping
from functools import partial

import numpy
from threadpoolctl import threadpool_limits

from edge.ink import ink
from pipeline.data.augmentation import augmented
from pipeline.data.letters import Letters, joined
from pipeline.errors import PipelineError
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD, AdamW, Optimizer
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.schedules import Constant, OneCycle
from pipeline.nn.training import Fit, TrainingDiverged, fit
from pipeline.params import Profile


def untrained(profile: Profile, rng: numpy.random.Generator) -> Network:
    """Return the profile's network with its initial, random weights."""
    return Network(profile.network, rng, INITIALIZERS[profile.initializer])


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
    number or the recipe cannot be carried out; ForeignCheckpoint and what callbacks raise as
    `nn.fit`.
    """
    letters, _ = joined(parts)
    held = letters.take(letters.validation)
    learned = numpy.flatnonzero(~letters.validation)
    try:
        with threadpool_limits(threads):
            return fit(
                network,
                letters.images[learned],
                letters.labels[learned],
                validation=(ink(held.images), held.labels),
                optimizer=_optimizer(profile, len(learned)),
                epochs=profile.epochs,
                batch_size=profile.batch_size,
                rng=rng,
                prepare=partial(augmented, augmentation=profile.augmentation),
                **options,
            )
    except ForeignCheckpoint:
        raise
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"{where}: {error}") from None


def _optimizer(profile: Profile, letters: int) -> Optimizer:
    chosen, schedule = profile.optimizer, profile.schedule
    rates = OneCycle(rise=schedule.rise) if schedule.type == "one_cycle" else Constant()
    if chosen.type == "adamw":
        return AdamW(chosen.learning_rate, weight_decay=chosen.weight_decay, schedule=rates)
    # The source work's convention: its lambda is divided by the number of training letters.
    decay = weight_decay_of_lambda(chosen.l2_lambda, letters)
    return SGD(chosen.learning_rate, weight_decay=decay, schedule=rates)
