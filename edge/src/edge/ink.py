"""What the network reads of a picture: the ink on it."""

import numpy

from edge.picture import SIZE

_SCALE = numpy.float32(1 / 255)


def ink(pictures):
    """Return the ink, float32 `(n, 784)`, of uint8 pictures `(n, 28, 28)`: paper 0, black 1."""
    return scaled(~pictures)


def scaled(values):
    """Return uint8 values `(n, 28, 28)` that are ink already, 255 the most, as `ink` does."""
    inks = values.reshape(len(values), SIZE * SIZE).astype(numpy.float32)
    inks *= _SCALE
    return inks
