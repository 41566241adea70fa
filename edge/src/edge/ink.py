"""What the network reads of a picture: the ink on it."""

import numpy


def ink(images):
    """Turn pictures, uint8 `(n, 28, 28)`, into ink, float32 `(n, 784)`: paper 0, black 1."""
    flat = 255 - images.reshape(len(images), 784)
    return numpy.multiply(flat, numpy.float32(1 / 255), dtype=numpy.float32)
