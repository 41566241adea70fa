"""A profile's recipe, carried out: letters go in, a trained network comes out."""

from collections.abc import Mapping
from functools import partial

import numpy
from threadpoolctl import threadpool_limits

from edge.ink import ink
from pipeline import augment
from pipeline.errors import PipelineError
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD, AdamW, Optimizer
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.schedules import Constant, OneCycle, Schedule
from pipeline.nn.training import Fit, TrainingDiverged, fit
from pipeline.params import Augmentation, Profile
from pipeline.stages.split import Letters

# Larger arrays are taken from the system anew each time and take three times as long.
AUGMENTED_AT_ONCE = 64


def chosen(parts: Mapping[str, Letters], profile: Profile) -> dict[str, Letters]:
    """Take the corpora that the profile learns from, each letter to learn from as often as it says.

    Letters that choose the epoch stay as often as they are. Raises PipelineError if none is left.
    """
    counts = {name: profile.repeats.get(name, 1) for name in parts}
    repeated = {
        name: Letters(
            *(
                numpy.repeat(field, numpy.where(letters.validation, 1, counts[name]), axis=0)
                for field in letters
            )
        )
        for name, letters in parts.items()
        if counts[name]
    }
    if not repeated:
        raise PipelineError(f"params.yaml: repeats: nothing is left of {', '.join(parts)}")
    return repeated


def untrained(profile: Profile, rng: numpy.random.Generator) -> Network:
    """Build the profile's network with its first, random weights."""
    return Network(profile.network, rng, INITIALIZERS[profile.initializer])


def learn(
    network: Network,
    profile: Profile,
    parts: Mapping[str, Letters],
    rng: numpy.random.Generator,
    threads: int,
    where: str,
    **options,
) -> Fit:
    """Train the profile's network on `parts`, with so many threads for BLAS.

    The letters that are marked for validation choose the epoch. `options` are further ones of
    `nn.fit`. Raises PipelineError, which names `where` the profile comes from, if the loss stops
    being a number or the recipe cannot be; ForeignCheckpoint and what callbacks raise as `nn.fit`.
    """
    images, labels, validation = (
        numpy.concatenate([getattr(part, field) for part in parts.values()])
        for field in ("images", "labels", "validation")
    )
    learned = numpy.flatnonzero(~validation)
    try:
        with threadpool_limits(threads):
            return fit(
                network,
                images[learned],
                labels[learned],
                validation_data=(ink(images[validation]), labels[validation]),
                optimizer=_optimizer(profile, len(learned)),
                schedule=_schedule(profile),
                epochs=profile.epochs,
                batch_size=profile.batch_size,
                rng=rng,
                prepare=partial(prepared, augmentation=profile.augmentation),
                **options,
            )
    except ForeignCheckpoint:
        raise
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"{where}: {error}") from None


def _optimizer(profile: Profile, letters: int) -> Optimizer:
    chosen = profile.optimizer
    if chosen.type == "adamw":
        return AdamW(chosen.learning_rate, weight_decay=chosen.weight_decay)
    # The source work's convention: its lambda is divided by the number of training letters.
    return SGD(chosen.learning_rate, weight_decay_of_lambda(chosen.l2_lambda, letters))


def _schedule(profile: Profile) -> Schedule:
    chosen = profile.schedule
    return OneCycle(rise=chosen.rise) if chosen.type == "one_cycle" else Constant()


def prepared(
    images: numpy.ndarray, rng: numpy.random.Generator, augmentation: Augmentation | None
) -> numpy.ndarray:
    """Turn pictures, uint8 `(n, 28, 28)`, into ink as another hand would have left it."""
    inks = ink(images).reshape(images.shape)
    if augmentation is not None:
        strength = augmentation.model_dump()
        pen, sharpness, contrast = map(strength.pop, ("pen", "sharpness", "contrast"))
        for start in range(0, len(inks), AUGMENTED_AT_ONCE):
            part = inks[start : start + AUGMENTED_AT_ONCE]
            drawn = augment.pen(augment.warp(part, rng, **strength), rng, pen)
            part[...] = augment.contrast(augment.sharpness(drawn, rng, sharpness), rng, contrast)
    return inks
