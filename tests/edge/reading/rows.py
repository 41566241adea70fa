"""Rows of boxes as on forms, and how a camera sees them."""

import numpy

from edge.form import projection
from tests.edge.preparation.written import Sheet
from tests.edge.reading import sheets

# A box's side inside its frame, from one to the next, and the frame's own width, in pixels.
SIDE, STEP, FRAME = 60, 72, 3
LEFT, TOP, BETWEEN = 60, 60, 140


def form(*texts, gray=110):
    """Draw a row of boxes for every text, empty where it has a blank.

    Returns pixels `(height, width, 3)` and the corners inside of the frames, a list `(n, 4, 2)`.
    """
    longest = max(map(len, texts))
    sheet = Sheet(2 * LEFT + STEP * longest, 2 * TOP + BETWEEN * len(texts))
    paper = numpy.full((sheet.height, sheet.width), 255, numpy.uint8)
    corners = []
    for number, text in enumerate(texts):
        top, row = TOP + BETWEEN * number, []
        for place, sign in enumerate(text):
            left = LEFT + STEP * place
            edge = FRAME
            paper[top - edge : top + SIDE + edge, left - edge : left + SIDE + edge] = gray
            paper[top : top + SIDE, left : left + SIDE] = 255
            right, bottom = left + SIDE - 1, top + SIDE - 1
            row.append([(left, top), (right, top), (right, bottom), (left, bottom)])
            sheets.write(sheet, sign, left + 16, top + 48, 32)
        corners.append(numpy.array(row, float))
    ink = numpy.frombuffer(sheet.ink, numpy.uint8).reshape(paper.shape)
    paper = numpy.minimum(paper, 255 - ink)
    return numpy.stack([paper] * 3, axis=2), corners


def seen(pixels, corners, tilt):
    """Return a form, and its corners, seen by a camera that is tilted: 0 is from above."""
    height, width, _ = pixels.shape
    flat = [(0, 0), (width, 0), (width, height), (0, height)]
    far = [(tilt * width, tilt * height), (width - tilt * width, 0), (width, height), (0, height)]
    matrix = projection.of_points(flat, far)
    places = numpy.stack(numpy.meshgrid(numpy.arange(width), numpy.arange(height)), axis=2)
    back = projection.projected(numpy.linalg.inv(matrix), places)
    picture = numpy.rint(projection.sampled(pixels, back)).astype(numpy.uint8)
    return picture, [projection.projected(matrix, each) for each in corners]
