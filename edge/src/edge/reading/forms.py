"""Rows of boxes as lines of letters."""

from edge.finding import pixels_of
from edge.preparation.pieces import without_loose
from edge.preparation.segmentation import boxed
from edge.reading import Row, boxes
from edge.reading.cuts import Candidate
from edge.reading.sources import views_of_clean

# A space stands where a box is empty, and nowhere else: so many nats say so.
CERTAINLY = 1000

# A row is no form's if ink darker than this goes on from one box to the next in so many pairs,
# and in more than a few.
OVER, FEW, DARK = 0.5, 2, 128


def rows(planes, certainly):
    """Return the `Row`s of boxes in planes that hold letters; squared paper only if `certainly`."""
    pixels = pixels_of(planes).transpose(1, 2, 0)
    found = boxes.rows(pixels, certainly)
    if not found:
        return []
    read = boxes.read(pixels, found)
    if not certainly:
        read = [row for row in read if not _written_over(row)]
    down, across = -(-planes.height // len(pixels)), -(-planes.width // pixels.shape[1])
    rows = [_row(row, down, across) for row in read]
    return [row for row in rows if row.candidates]


def _written_over(row):
    """Return whether ink goes on from box to box, as letters do on squared paper."""
    pairs = [
        (one.ink[:, -1] < DARK, other.ink[:, 0] < DARK)
        for one, other in zip(row, row[1:])
        if one.ink is not None and other.ink is not None
    ]
    return sum((end & start).any() for end, start in pairs) > max(FEW, OVER * len(pairs))


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
