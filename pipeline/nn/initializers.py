"""Initializers: how a network's parameters start.

An initializer takes a shape and a `numpy.random.Generator` and returns float64 of that shape. The
last axis counts the outputs, all others the inputs that meet in one of them: `(n_in, n_out)` for a
dense layer's weights, `(channels, height, width, filters)` for a convolution's. A bias, `(n_out,)`,
is a weight on one constant input, so its n_in is 1.
"""

import math
from collections.abc import Callable

import numpy

Initializer = Callable[[tuple[int, ...], numpy.random.Generator], numpy.ndarray]


def standard_normal(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw from a normal distribution of standard deviation 1, as the source work did at first."""
    return rng.standard_normal(shape)


def normal(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw from a normal distribution of standard deviation 1/sqrt(n_in).

    Keeps the variance of a layer's sums at that of its inputs: Nielsen, Neural Networks and Deep
    Learning, chapter 3, "Weight initialization".
    """
    return rng.standard_normal(shape) / math.sqrt(_fan_in(shape))


def he(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw from a normal distribution of standard deviation sqrt(2/n_in), made for ReLU.

    He et al., Delving Deep into Rectifiers (2015), equation 10.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / _fan_in(shape))


def glorot(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw uniformly from ±sqrt(6/(n_in + n_out)), made for tanh and sigmoid.

    A pixel of a convolution goes into height * width * filters outputs: that is its n_out. Glorot
    and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
    equation 16.
    """
    fan_out = math.prod(shape[1:]) if len(shape) > 1 else shape[0]
    limit = math.sqrt(6 / (_fan_in(shape) + fan_out))
    return rng.uniform(-limit, limit, shape)


def random_uniform(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw uniformly from ±0.05, Keras's RandomUniform."""
    return rng.uniform(-0.05, 0.05, shape)


def random_normal(shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw from a normal distribution of standard deviation 0.05, Keras's RandomNormal."""
    return rng.normal(0, 0.05, shape)


def zeros(shape: tuple[int, ...], rng: numpy.random.Generator | None) -> numpy.ndarray:
    """Give zeros, the usual start of biases; draws nothing from `rng`."""
    return numpy.zeros(shape)


def _fan_in(shape: tuple[int, ...]) -> int:
    return math.prod(shape[:-1])


INITIALIZERS: dict[str, Initializer] = {
    initializer.__name__: initializer
    for initializer in (standard_normal, normal, he, glorot, random_uniform, random_normal, zeros)
}
