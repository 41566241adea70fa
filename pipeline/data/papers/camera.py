"""From a painted scene to a photograph: blur, resolution, noise, JPEG, and light ink on dark."""

import numpy
from numpy import ndarray

from edge.resize import resized

# The quantization of brightness in JPEG (ITU-T T.81, table K.1), for every colour here.
_QUANTIZATION = numpy.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    numpy.float32,
)
_FREQUENCY, _PLACE = numpy.indices((8, 8))
# The discrete cosine transform of eight values, orthonormal (T.81, A.3.3).
_COSINES = (
    numpy.cos((2 * _PLACE + 1) * _FREQUENCY * numpy.pi / 16)
    * numpy.where(_FREQUENCY == 0, numpy.sqrt(1 / 8), 0.5)
).astype(numpy.float32)
# From red, green and blue to brightness and two differences of colour (JFIF).
_TO_YCC = numpy.array(
    [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], numpy.float32
)
_TO_RGB = numpy.linalg.inv(_TO_YCC)


def blurred(pictures: ndarray, strength: ndarray) -> ndarray:
    """Blur by a share, `(n,)`, of a binomial mean over 5x5 pixels."""
    around = numpy.pad(pictures, ((0, 0), (0, 0), (2, 2), (2, 2)), "edge")
    weights = (1, 4, 6, 4, 1)
    height, width = pictures.shape[2:]
    down = sum(w * around[:, :, i : i + height] for i, w in enumerate(weights))
    mean = sum(w * down[:, :, :, i : i + width] for i, w in enumerate(weights))
    mean *= 1 / 256
    mean -= pictures
    mean *= strength.astype(numpy.float32)[:, None, None, None]
    mean += pictures
    return mean


def jpeg(pictures: ndarray, quality: ndarray) -> ndarray:
    """Lose what JPEG loses at a quantization of `quality`, `(n,)`, times its standard tables.

    The colours have half the resolution. Sides must be whole multiples of 16.
    """
    colours = numpy.einsum("ij,njyx->niyx", _TO_YCC, pictures * 255)
    count, _, height, width = colours.shape
    for plane, factor in ((0, 1), (1, 2), (2, 2)):
        values = colours[:, plane]
        if factor == 2:
            values = values.reshape(count, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
        blocks = values.reshape(count, values.shape[1] // 8, 8, values.shape[2] // 8, 8)
        blocks = blocks.swapaxes(2, 3)
        steps = _QUANTIZATION * quality.astype(numpy.float32)[:, None, None, None, None]
        spectrum = _COSINES @ blocks @ _COSINES.T
        spectrum = numpy.rint(spectrum / steps) * steps
        values = (_COSINES.T @ spectrum @ _COSINES).swapaxes(2, 3).reshape(values.shape)
        if factor == 2:
            values = values.repeat(2, axis=1).repeat(2, axis=2)
        colours[:, plane] = values
    return numpy.einsum("ij,njyx->niyx", _TO_RGB, colours) / 255


def at_resolution(pictures: ndarray, side: int) -> ndarray:
    """Return the pictures, `(n, 3, height, width)`, at `side` pixels a side."""
    return resized(pictures, (0, 0, *pictures.shape[2:]), side)
