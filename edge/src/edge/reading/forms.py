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
    found = boxes.rows(pixels_of(planes).transpose(1, 2, 0))
    if not certainly and _squared(found):
        return []
    rows = [_row(row) for row in found]
    return [row for row in rows if row.candidates]


def _squared(found):
    tops, heights = [row[0].top for row in found], [row[0].bottom - row[0].top for row in found]
    near = [b - a < PITCH * height for a, b, height in zip(tops, tops[1:], heights)]
    return any(all(near[i : i + SQUARED - 1]) for i in range(len(near) - SQUARED + 2))


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
