"""Initializers: the first values of a network's parameters.

An initializer takes a shape and a `numpy.random.Generator` and returns float64 of that shape. The
last axis counts the outputs, all others the inputs of one output: `(n_in, n_out)` for a
dense layer's weights, `(channels, height, width, filters)` for a convolution's. A bias, `(n_out,)`,
is the weight of one constant input, so its n_in is 1.
"""

import math
from collections.abc import Callable

import numpy
from numpy import ndarray

Shape = tuple[int, ...]
Initializer = Callable[[Shape, numpy.random.Generator], ndarray]


def standard_normal(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw from a normal distribution of standard deviation 1, as the source work did at first."""
    return rng.standard_normal(shape)


def normal(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw from a normal distribution of standard deviation 1/sqrt(n_in).

    A layer's sums then have the variance of its inputs: Nielsen, Neural Networks and Deep
    Learning, chapter 3, "Weight initialization".
    """
    return rng.standard_normal(shape) / math.sqrt(_fan_in(shape))


def he(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw from a normal distribution of standard deviation sqrt(2/n_in), made for ReLU.

    He et al., Delving Deep into Rectifiers (2015), equation 10.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / _fan_in(shape))


def glorot(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw uniformly from ±sqrt(6/(n_in + n_out)), made for tanh and sigmoid.

    A pixel of a convolution contributes to height * width * filters outputs, its n_out. Glorot
    and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
    equation 16.
    """
    fan_out = math.prod(shape[1:]) if len(shape) > 1 else shape[0]
    limit = math.sqrt(6 / (_fan_in(shape) + fan_out))
    return rng.uniform(-limit, limit, shape)


def random_uniform(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw uniformly from ±0.05, Keras's RandomUniform."""
    return rng.uniform(-0.05, 0.05, shape)


def random_normal(shape: Shape, rng: numpy.random.Generator) -> ndarray:
    """Draw from a normal distribution of standard deviation 0.05, Keras's RandomNormal."""
    return rng.normal(0, 0.05, shape)


def zeros(shape: Shape, rng: numpy.random.Generator | None) -> ndarray:
    """Return zeros, the usual start of biases; draws nothing from `rng`."""
    return numpy.zeros(shape)


def _fan_in(shape: Shape) -> int:
    return math.prod(shape[:-1])


INITIALIZERS: dict[str, Initializer] = {
    initializer.__name__: initializer
    for initializer in (standard_normal, normal, he, glorot, random_uniform, random_normal, zeros)
}
