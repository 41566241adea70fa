"""Functions that are applied to every number alike, or to the numbers of a pixel, with NumPy.

Each takes its layer, then its parameters, `(channels, 1)`, then values, `(places, channels,
pictures)`, and where to write what comes out, which may be the same array. Those without a source
are described in Goodfellow, Bengio and Courville, Deep Learning, section 6.3.
"""

from functools import partial

import numpy

from edge.layers import MAXIMUM_EXPONENT, SELU_SCALE


def function_of(layer, arrays):
    """Return the function of a layer of a network whose parameters, by name, are `arrays`.

    It takes values and where to write what comes out.
    """
    given = []
    if layer.type == "prelu":
        given = [arrays[f"{layer.name}/slopes"][:, None]]
    if layer.type == "batch_normalization":
        scale, shift, mean, variance = (
            arrays[f"{layer.name}/{name}"][:, None]
            for name in ("scale", "shift", "mean", "variance")
        )
        # What comes of a variance below 0 is no number, which is checked of all that comes out.
        with numpy.errstate(all="ignore"):
            factor = scale / numpy.sqrt(variance + numpy.float32(layer.constant))
            given = [factor, shift - mean * factor]
    return partial(FUNCTIONS[layer.type], layer, *given)


def bound_of(function, channels, bound):
    """Return what no absolute value of a function exceeds, for values of at most `bound`.

    Every one is largest at an end of its range.
    """
    ends = numpy.empty((2, channels, 1))
    ends[0], ends[1] = bound, -bound
    with numpy.errstate(all="ignore"):
        function(ends, ends)
    return float(abs(ends).max())


def _elu(layer, values, out):
    """Clevert et al., Fast and Accurate Deep Network Learning by ELUs (2016)."""
    below = layer.constant * numpy.expm1(numpy.minimum(values, 0))
    numpy.copyto(out, numpy.where(values > 0, values, below))


def _selu(layer, values, out):
    """Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14."""
    _elu(layer, values, out)
    out *= SELU_SCALE


def _leaky_relu(layer, values, out):
    """Maas et al., Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013)."""
    numpy.copyto(out, numpy.where(values > 0, values, layer.constant * values))


def _exponential(layer, values, out):
    numpy.exp(numpy.minimum(values, MAXIMUM_EXPONENT), out=out)


def _sigmoid(layer, values, out):
    # 1/(1 + exp(-x)); tanh never overflows.
    numpy.tanh(0.5 * values, out=out)
    out += 1
    out *= 0.5


def _softmax(layer, values, out):
    numpy.exp(values - values.max(axis=1, keepdims=True), out=out)
    out /= out.sum(axis=1, keepdims=True)


def _softplus(layer, values, out):
    numpy.logaddexp(0, values, out=out)


def _softsign(layer, values, out):
    """Glorot and Bengio, Understanding the difficulty of training deep networks (2010)."""
    numpy.divide(values, 1 + abs(values), out=out)


def _tanh(layer, values, out):
    numpy.tanh(values, out=out)


def _prelu(layer, slopes, values, out):
    """He et al., Delving Deep into Rectifiers (2015), equation 1."""
    numpy.copyto(out, numpy.where(values > 0, values, slopes * values))


def _batch_normalization(layer, factor, shift, values, out):
    """Ioffe and Szegedy, Batch Normalization (2015), algorithm 2."""
    numpy.multiply(values, factor, out=out)
    out += shift


FUNCTIONS = {
    "batch_normalization": _batch_normalization,
    "elu": _elu,
    "exponential": _exponential,
    "leaky_relu": _leaky_relu,
    "prelu": _prelu,
    "selu": _selu,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "softplus": _softplus,
    "softsign": _softsign,
    "tanh": _tanh,
}
