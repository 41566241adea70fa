"""Ink in a picture of writing on any paper, found by the network that finds that of one letter.

It is made of convolutions, so it takes tiles of any size, if a letter in them is as high as in the
pictures that it has learned from.
"""

import numpy

from edge import network as networks
from edge.finding import LEAST_DEVIATION, MOST_LENGTH, marked
from edge.pack import INK
from edge.resize import mean_around, weights

# Letters of this height in pixels are found best, and so high they are at least looked at.
HEIGHT, LEAST = 40, 28

# The first look is at a picture with a shorter side of so many pixels, the last one after so many.
FIRST, LOOKS = 80, 4

# A further look is at no more pixels than this: a page of 20 lines.
MOST_PIXELS = 400_000

# The network sees so many pixels a side at once, of which those so near the border do not count.
TILE, BORDER = 96, 8

# So many tiles are looked at together.
TOGETHER = 4

# Pixels are standardized by a square around them with this side, and by a deviation of at least
# this share of the whole picture's: noise where nothing is written is not taken for ink.
AROUND, EVEN = 64, 0.6

# Ink below this level is the blur around letters, which would close the gaps between them.
BLUR = 70


class Finder:
    """Finds the ink of writing with the network of one pack (`edge.pack.Pack`)."""

    def __init__(self, pack):
        description = {**pack.description["ink"]["network"], "input_shape": [3, TILE, TILE]}
        arrays = networks.parameters(pack, prefix=INK)
        # No standardized value is larger.
        self._network = networks.Network(description, arrays, largest=255 / LEAST_DEVIATION)

    def ink(self, pixels, height_of):
        """Return the ink in pixels, uint8 `(3, height, width)`: uint8 `(down, across)`.

        `height_of` tells the height of the letters in ink, None if there are none. It is looked at
        nearer until they are high enough.
        """
        size = numpy.array(pixels.shape[1:])
        scale = min(1, FIRST / size.min())
        ink = None
        for _ in range(LOOKS):
            down, across = numpy.maximum(8, numpy.rint(size * scale)).astype(int)
            large = down * across > MOST_PIXELS or max(down, across) > MOST_LENGTH
            if ink is not None and large:
                break
            ink = self._look(pixels, down, across)
            height = height_of(ink)
            if height is not None and height >= LEAST:
                break
            scale *= HEIGHT / max(height, HEIGHT / 4) if height else 2
        return ink

    def _look(self, pixels, down, across):
        """Return the ink in pixels as they are seen at another size."""
        inputs = _standardized(_resized(pixels, down, across))
        step = TILE - 2 * BORDER
        rows, columns = -(-down // step), -(-across // step)
        ends = (BORDER, rows * step - down + BORDER), (BORDER, columns * step - across + BORDER)
        inputs = numpy.pad(inputs, ((0, 0), *ends), "symmetric")
        places = [(y * step, x * step) for y in range(rows) for x in range(columns)]
        ink = numpy.empty((rows * step, columns * step), numpy.uint8)
        for start in range(0, len(places), TOGETHER):
            some = places[start : start + TOGETHER]
            tiles = numpy.stack([inputs[:, y : y + TILE, x : x + TILE] for y, x in some])
            found = self._network.outputs(tiles.reshape(len(some), -1))
            for (y, x), outputs in zip(some, found):
                tile = marked(outputs.reshape(4, TILE // 2, TILE // 2))
                ink[y : y + step, x : x + step] = tile[BORDER:-BORDER, BORDER:-BORDER]
        ink[ink < BLUR] = 0
        return ink[:down, :across]


def _resized(pixels, down, across):
    _, height, width = pixels.shape
    vertical, horizontal = weights(0, height, height, down)[2], weights(0, width, width, across)[2]
    return vertical @ pixels.astype(numpy.float32) @ horizontal.T


def _standardized(pixels):
    """Return pixels `(3, height, width)` less the mean, over the deviation, around them."""
    reach = AROUND // 2
    mean = mean_around(pixels.mean(axis=0, dtype=float), reach, reach)
    variance = mean_around((pixels**2).mean(axis=0, dtype=float), reach, reach) - mean**2
    deviation = numpy.sqrt(variance.clip((EVEN * pixels.std()) ** 2))
    return ((pixels - mean) / (deviation + LEAST_DEVIATION)).astype(numpy.float32)
