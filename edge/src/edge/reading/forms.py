"""Rows of boxes as lines of letters."""

from edge.finding import pixels_of
from edge.preparation.pieces import without_loose
from edge.preparation.segmentation import boxed
from edge.reading import Row, boxes
from edge.reading.cuts import Candidate
from edge.reading.sources import views_of_clean

# A space stands where a box is empty, and nowhere else: so many nats say so.
CERTAINLY = 1000

# A row is no form's if so much of its ink, darker than this, reaches two sides of its box.
THROUGH, DARK = 0.6, 128


def rows(planes, certainly):
    """Return the `Row`s of boxes in planes that hold letters; squared paper only if `certainly`."""
    found = boxes.rows(pixels_of(planes).transpose(1, 2, 0), certainly)
    if not certainly:
        found = [row for row in found if not _written_over(row)]
    return [row for row in map(_row, found) if row.candidates]


def _written_over(row):
    """Return whether most ink goes through its box, as letters do on squared paper."""
    through = []
    for box in row:
        if box.ink is not None:
            dark = box.ink < DARK
            sides = dark[0], dark[-1], dark[:, 0], dark[:, -1]
            through.append(sum(side.any() for side in sides) > 1)
    return sum(through) > THROUGH * len(through)


def _row(row):
    filled = [number for number, box in enumerate(row) if box.ink is not None]
    candidates, inks = [], []
    for place, number in enumerate(filled):
        ink = 255 - row[number].ink
        rows = boxed(without_loose(ink.tobytes(), ink.shape[1]), ink.shape[1])
        inks.append(rows)
        candidates.append(Candidate(place, place + 1, 0, len(rows), 0, len(rows[0]), 0))
    spaces = [
        CERTAINLY if after == before + 1 else -CERTAINLY
        for before, after in zip(filled, filled[1:])
    ]
    places = [tuple(box[:4]) for box in row]
    empty = [place for place, box in zip(places, row) if box.ink is None]
    return Row(candidates, inks, [places[n] for n in filled], spaces, empty, views_of_clean)
