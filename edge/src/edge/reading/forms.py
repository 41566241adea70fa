"""Rows of boxes as lines of letters."""

from edge.finding import pixels_of
from edge.preparation.pieces import without_loose
from edge.preparation.segmentation import boxed
from edge.reading import Row, boxes
from edge.reading.cuts import Candidate
from edge.reading.sources import views_of_clean

# A space stands where a box is empty, and nowhere else: so many nats say so.
CERTAINLY = 1000

# So many rows that follow each other closer than this, in heights of a box, are squared paper.
SQUARED, PITCH = 3, 1.4


def rows(planes, certainly):
    """Return the `Row`s of boxes in planes that hold letters; squared paper only if `certainly`."""
    pixels = pixels_of(planes).transpose(1, 2, 0)
    found = boxes.rows(pixels)
    if not found or (not certainly and _squared(found)):
        return []
    down, across = -(-planes.height // len(pixels)), -(-planes.width // pixels.shape[1])
    rows = [_row(row, down, across) for row in boxes.read(pixels, found)]
    return [row for row in rows if row.candidates]


def _squared(found):
    tops = [row[0, :, 1].min() for row in found]
    heights = [row[0, :, 1].max() - top for row, top in zip(found, tops)]
    near = [b - a < PITCH * height for a, b, height in zip(tops, tops[1:], heights)]
    return any(all(near[i : i + SQUARED - 1]) for i in range(len(near) - SQUARED + 2))


def _row(row, down, across):
    """Return the `Row` of a list of boxes, whose pixels are every `down`-th and `across`-th."""
    inks, filled, empty = [], [], []
    for number, box in enumerate(row):
        ink = b"" if box.ink is None else (255 - box.ink).tobytes()
        if any(ink):
            filled.append(number)
            width = box.ink.shape[1]
            inks.append(boxed(without_loose(ink, width), width))
        else:
            empty.append(number)
    candidates = [
        Candidate(place, place + 1, 0, len(ink), 0, len(ink[0]), 0)
        for place, ink in enumerate(inks)
    ]
    spaces = [
        CERTAINLY if after == before + 1 else -CERTAINLY
        for before, after in zip(filled, filled[1:])
    ]
    places = [
        (box.left * across, box.top * down, box.right * across, box.bottom * down) for box in row
    ]
    return Row(
        candidates,
        inks,
        [places[number] for number in filled],
        spaces,
        [places[number] for number in empty],
        views_of_clean,
    )
