"""One picture of what was cut out of forms, so that a person can look it over."""

import numpy

from edge.form import layout, writing
from edge.form.boxes import SIDE
from edge.png import encode_gray

# Around each letter, and left of it for its label, in pixels.
GAP, LABEL, LABEL_HEIGHT = 6, 26, 16

# What was left out is crossed out in this gray.
GRAY = 160


def drawn(taken):
    """Return a PNG of `(letter, crop)` pairs, as many in a row as on a form, labelled."""
    columns = layout.COLUMNS * layout.SAMPLES
    width, height = LABEL + SIDE + GAP, SIDE + GAP
    rows = max(1, -(-len(taken) // columns))
    sheet = numpy.full((rows * height + GAP, columns * width + GAP), 255, numpy.uint8)
    steps = numpy.arange(SIDE)
    for place, (letter, crop) in enumerate(taken):
        top, left = GAP + height * (place // columns), GAP + width * (place % columns)
        label = _label(letter)
        sheet[top : top + SIDE, left : left + LABEL][label[:, 1], label[:, 0]] = 0
        tile = sheet[top : top + SIDE, left + LABEL : left + LABEL + SIDE]
        if crop is None:
            tile[steps, steps] = tile[steps, SIDE - 1 - steps] = GRAY
        else:
            tile[:] = crop
        tile[[0, -1]] = tile[:, [0, -1]] = GRAY
    return encode_gray(sheet.shape[1], sheet.shape[0], sheet.tobytes())


def _label(letter):
    """Return the pixels `(n, 2)`, x and y, of a label, if there are strokes for it."""
    t = numpy.linspace(0, 1, LABEL_HEIGHT)[:, None]
    weights = numpy.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], 1)
    places = [numpy.zeros((0, 2))]
    for start, *segments in writing.curves(letter, 1, (SIDE + LABEL_HEIGHT) / 2, LABEL_HEIGHT):
        for segment in segments:
            places.append(weights @ numpy.array([start, *segment]))
            start = segment[-1]
    return numpy.rint(numpy.concatenate(places)).astype(int).clip(0, (LABEL - 1, SIDE - 1))
