"""Ink found in any picture by a network that looks at all of it first, and then closer.

First at all of the picture, squeezed to a square, then at what it has marked and margins around
that, so that a letter in a large picture has its pixels, too.
"""

import math

import numpy

from edge import network as networks
from edge.pack import INK
from edge.picture import SIZE
from edge.preparation.contrast import FAINT, PictureError
from edge.preparation.pieces import without_loose
from edge.preparation.scaling import EXTENT
from edge.resize import resized

# The closer looks are at squares of so many times the longer side of what is marked, mirrored along
# these axes. With 1.5 fewer letters are read: from afar a straight stroke may be taken for a rule,
# and be missed. One look errs where another does not: the mean of what is read in all is wrong for
# 12% fewer photographs than the first one.
LOOKS = ((2, ()), (1.8, (-1,)), (2.2, (-2,)), (2.1, (-2, -1)), (1.9, (-1,)), (2.4, ()))

# Standardizing adds this many of the 255 levels to the deviation, so that the noise of blank paper
# is not taken for ink.
LEAST_DEVIATION = 4

# A letter that is found is shown to the classifier so many times as large down and across, and so
# far to the right, a share of the picture; the mean of what it says is right more often.
VIEWS = (
    (1, 1, 0),
    (1, 1.18, 0),
    (1.18, 1, 0),
    (1.18, 1.18, 0),
    (1.28, 1.28, 0),
    (1.25, 1.25, 0.07),
)

# Ink that a first look has found is no paper from this level on.
TRACE = 20

# Of a longer side, only so many pixels are looked at: a tape of millions would fill the memory.
MOST_LENGTH = 4096

_FAINT = int(255 * FAINT)


class Finder:
    """Finds the ink with a network (`edge.network.Network`) of one pack."""

    def __init__(self, network, side):
        self._network, self.side = network, side

    @classmethod
    def of_pack(cls, pack):
        """Return the finder of a pack (`edge.pack.Pack`) that has an ink network."""
        return cls.of(pack.description["ink"]["network"], networks.parameters(pack, prefix=INK))

    @classmethod
    def of(cls, description, arrays):
        """Return the finder of a network, described as in a pack, with its parameters by name."""
        side = description["input_shape"][1]
        # No standardized value is larger.
        largest = (3 * side * side) ** 0.5
        return cls(networks.Network(description, arrays, largest=largest), side)

    def inks(self, pixels, looks=LOOKS):
        """Return the ink in pixels, uint8 `(3, height, width)`, as each closer look finds it.

        Light ink is looked at in the negative. Returns a list of `side * side` bytes each, without
        those looks that find none; raises PictureError if none does.
        """
        whole = (0, 0, *pixels.shape[1:])
        first, found = self.look(pixels, whole), []
        if self._is_light(pixels, whole, first):
            pixels = 255 - pixels
            first = self.look(pixels, whole)
        for margin, mirrored in looks:
            try:
                box = self.closer(first, whole, margin)
                found.append(self.look(pixels, box, first, mirrored))
            except PictureError as error:
                nothing = error
        if not found:
            raise nothing
        return found

    def look(self, pixels, box, first=None, mirrored=()):
        """Return the ink that the network sees in a box of pixels, uint8 `(3, height, width)`.

        `first` is the ink that a look at the whole picture has found: a stroke of it that touches
        the border of the picture ends there, and does not go on beyond as rules and desks do.
        The network is shown the box `mirrored` along these axes. Loose pieces are left out. Raises
        PictureError if nothing is left.
        """
        view = resized(pixels, box, self.side)
        if first is not None:
            _end_strokes(view, box, pixels.shape[1:], first)
        inputs = numpy.flip(standardized(view), mirrored)
        outputs = self._network.outputs(inputs.reshape(1, -1))
        ink = marked(outputs.reshape(-1, self.side // 2, self.side // 2))
        ink = without_loose(numpy.flip(ink, mirrored).tobytes(), self.side, found=True)
        if max(ink) < 128:
            raise PictureError("no letter found")
        return ink

    def _is_light(self, pixels, whole, first):
        """Return whether ink found in the whole is lighter than the paper in its box.

        A closer look tells: from afar the paper of a small sheet is as dark as the desk around it.
        """
        box = self.closer(first, whole, LOOKS[0][0])
        try:
            ink = numpy.frombuffer(self.look(pixels, box, first), numpy.uint8)
        except PictureError:
            return False
        ink = ink.reshape(self.side, self.side)
        inked = ink >= 128
        paper = (ink == 0) & inked.any(0) & inked.any(1)[:, None]
        view = resized(pixels, box, self.side)
        return paper.any() and view[:, inked].mean() > view[:, paper].mean()

    def closer(self, ink, box, margin):
        """Return a square around the ink that a look at `box` has found.

        Its side is `margin` times the longer side of that ink.
        """
        found = numpy.frombuffer(ink, numpy.uint8).reshape(self.side, self.side) >= 128
        centres, lengths = [], []
        for axis, (start, stop) in ((1, box[::2]), (0, box[1::2])):
            places = numpy.flatnonzero(found.any(axis=axis))
            step = (stop - start) / self.side
            centres.append(start + step * (places[0] + places[-1] + 1) / 2)
            lengths.append(step * (places[-1] + 1 - places[0]))
        reach = margin * max(lengths) / 2
        return (*(centre - reach for centre in centres), *(centre + reach for centre in centres))


def _end_strokes(view, box, size, ink):
    """Paint what a view of a box shows beyond the border of a picture of `size`: paper alone.

    It shows there what stands at the border, `(3, side, side)`; where that is the `ink` found in
    the whole picture, it becomes what is on both sides of the stroke.
    """
    side = view.shape[1]
    ink = numpy.frombuffer(ink, numpy.uint8).reshape(side, side)
    height, width = size
    places = [place * side / length for place, length in zip(box, (height, width) * 2)]
    ink = resized(ink, places, side)
    for lines, marks, start, end in (
        (view, ink, *places[::2]),
        (view.swapaxes(1, 2), ink.T, *places[1::2]),
    ):
        step = (end - start) / side
        first, last = max(0, math.ceil(-start / step)), min(side, int((side - start) / step))
        for edge, beyond in ((first, slice(first)), (last - 1, slice(last, side))):
            # The soft edges of a stroke are no paper either.
            stroke = numpy.convolve(marks[edge] >= TRACE, (1, 1, 1), "same")
            paper = numpy.flatnonzero(stroke == 0)
            if paper.size:
                lines[:, beyond] = [
                    [numpy.interp(range(side), paper, colour[edge, paper])] for colour in lines
                ]
                marks[beyond] = 0


def views(letter):
    """Return the `VIEWS` of a letter, rows of ink in its box: 784 bytes each of 28x28 pixels."""
    ink = numpy.array([numpy.frombuffer(row, numpy.uint8) for row in letter])
    height, width = ink.shape
    side = max(height, width) * SIZE / EXTENT
    # Paper all around, so that the box of a view never ends in the picture.
    margin = int(side)
    ink = numpy.pad(ink, margin)
    shown = []
    for down, across, right in VIEWS:
        top = margin + height / 2 - side / down / 2
        left = margin + width / 2 - side / across / 2 - right * side
        view = resized(ink, (top, left, top + side / down, left + side / across), SIZE)
        # Averaging pales a thin pen: the darkest spot is made black again.
        view *= 255 / max(view.max(), 1)
        shown.append((255 - numpy.rint(view)).astype(numpy.uint8).tobytes())
    return shown


def pixels_of(planes):
    """Return the pixels of `edge.decode.png.Planes`, uint8 `(3, height, width)`.

    Of a side longer than MOST_LENGTH, every n-th.
    """
    shape = planes.height, planes.width
    down, across = (-(-length // MOST_LENGTH) for length in shape)
    pixels = [numpy.frombuffer(plane, numpy.uint8).reshape(shape) for plane in planes[2:5]]
    return numpy.stack([plane[::down, ::across] for plane in pixels])


def standardized(pictures):
    """Return pictures `(..., 3, side, side)` with mean 0 and deviation 1 each, float32."""
    axes = (-3, -2, -1)
    pictures = numpy.asarray(pictures, numpy.float32)
    centred = pictures - pictures.mean(axis=axes, keepdims=True)
    return centred / (centred.std(axis=axes, keepdims=True) + LEAST_DEVIATION)


def parted(masks):
    """Return masks `(..., height, width)` as the network has them, `(..., 4, height/2, width/2)`.

    Its outputs at a place are those of 2x2 pixels, row by row.
    """
    *count, height, width = masks.shape
    squares = masks.reshape(*count, height // 2, 2, width // 2, 2)
    moved = numpy.moveaxis(squares, (-3, -1), (-4, -3))
    return moved.reshape(*count, 4, height // 2, width // 2)


def marked(outputs):
    """Turn outputs `(4, height, width)` into ink, uint8, without what is faint."""
    _, height, width = outputs.shape
    logits = outputs.reshape(2, 2, height, width).transpose(2, 0, 3, 1)
    ink = 1 / (1 + numpy.exp(-logits.reshape(2 * height, 2 * width).clip(-30, 30)))
    ink = numpy.rint(255 * ink).astype(numpy.uint8)
    ink[ink < _FAINT] = 0
    return ink
