"""Initializers: how a network's parameters start.

An initializer takes a shape and a `numpy.random.Generator` and returns float64 of that shape. The
last axis counts the outputs, all others the inputs that meet in one of them: `(n_in, n_out)` for a
dense layer's weights. A bias, `(n_out,)`, is a weight on one constant input, so its n_in is 1.
"""

import math

import numpy


def normal(shape, rng):
    """Draw from a normal distribution of standard deviation 1/sqrt(n_in).

    Keeps the variance of a layer's sums at that of its inputs: Nielsen, Neural Networks and Deep
    Learning, chapter 3, "Weight initialization".
    """
    return rng.standard_normal(shape) / math.sqrt(_fan_in(shape))


def he(shape, rng):
    """Draw from a normal distribution of standard deviation sqrt(2/n_in), made for ReLU.

    He et al., Delving Deep into Rectifiers (2015), equation 10.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / _fan_in(shape))


def glorot(shape, rng):
    """Draw uniformly from ±sqrt(6/(n_in + n_out)), made for tanh and sigmoid.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
    (2010), equation 16.
    """
    fan_out = shape[-1] * math.prod(shape[:-2])
    limit = math.sqrt(6 / (_fan_in(shape) + fan_out))
    return rng.uniform(-limit, limit, shape)


def zeros(shape, rng):
    """Give zeros, the usual start of biases; draws nothing from `rng`."""
    return numpy.zeros(shape)


def _fan_in(shape):
    return math.prod(shape[:-1])


INITIALIZERS = {"normal": normal, "he": he, "glorot": glorot, "zeros": zeros}
