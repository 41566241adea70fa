"""Pictures that every epoch turns and adds noise to."""

import math
from functools import partial

import numpy

from edge.augmentation import warp
from edge.picture import SIZE
from pipeline.nn.batches import Prepare

# What decides how, beside what decides any run.
CODE = ("edge.augmentation", "studies.augmented")


def augmenting(rotation_degrees: float, noise: float) -> Prepare:
    """Return what turns pictures, `(n, 784)`, and adds noise, both by their standard deviations."""
    return partial(_augmented, rotation=math.radians(rotation_degrees), noise=noise)


def _augmented(
    inputs: numpy.ndarray, rng: numpy.random.Generator, rotation: float, noise: float
) -> numpy.ndarray:
    pictures = inputs.reshape(-1, SIZE, SIZE)
    if rotation:
        pictures = warp(pictures, rng, rotation=rotation, shear=0, scale=0, shift=0, elastic=0)
    if noise:
        pictures = pictures + rng.normal(0, noise, pictures.shape).astype(pictures.dtype)
    return pictures
