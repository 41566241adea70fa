"""A line is cut into parts, of which one or several are a letter, and no ink is lost."""

import random

import pytest

from edge.preparation.pieces import pieces
from edge.reading import cuts
from edge.reading.lines import lines
from tests.edge.preparation.written import Sheet
from tests.edge.reading import sheets


def pixels(runs):
    return sorted(place for first, end in runs for place in range(first, end))


def scribble(seed):
    """Return a sheet with a row of blots and strokes, some of which touch."""
    rng, sheet = random.Random(seed), Sheet(300, 60)
    for _ in range(rng.randint(1, 60)):
        x, y = rng.uniform(0, 300), rng.uniform(5, 55)
        for step in range(rng.randint(1, 40)):
            sheet.dot(
                x + step * rng.choice([0, 1]), y + step * rng.choice([0, 0.5]), rng.randint(1, 6)
            )
    return sheet


@pytest.mark.parametrize("seed", range(25))
def test_the_parts_have_all_ink_of_their_line_each_pixel_once(seed):
    sheet = scribble(seed)
    for line in lines(pieces(sheet.ink, sheet.width)):
        parts = cuts.parts(line, sheet.width)
        whole = pixels(run for piece in line.pieces for run in piece.runs)
        assert pixels(run for part in parts for run in part.runs) == whole
        for part in parts:
            columns = {place % sheet.width for place in pixels(part.runs)}
            rows = {place // sheet.width for place in pixels(part.runs)}
            assert part.left <= min(columns) <= max(columns) < part.right
            assert (part.top, part.bottom) == (min(rows), max(rows) + 1)
        assert [part.left for part in parts] == sorted(part.left for part in parts)


@pytest.mark.parametrize("text", ["НАШ", "ЁЛКА", "МОЙ", "ЫЮ", "ЩУКА"])
@pytest.mark.parametrize("gap", [0.1, 0.2])
def test_each_letter_is_one_of_the_candidates(text, gap):
    sheet = Sheet(500, 160)
    written = sheets.write(sheet, text, 20, 100, 50, gap=gap, pen=4)
    (line,) = lines(pieces(sheet.ink, sheet.width))
    parts = cuts.parts(line, sheet.width)
    found = cuts.candidates(parts, line.height)
    for left, _, right, _ in written:
        assert any(abs(c.left - left) < 6 and abs(c.right - right) < 6 for c in found)
    # And every part is one alone, so that there is a way through all of them.
    assert {(n, n + 1) for n in range(len(parts))} <= {(c.first, c.stop) for c in found}


def test_the_ink_of_a_candidate_is_that_of_its_parts_alone():
    sheet = sheets.line("НАШ", pen=4, gap=-0.05)
    (line,) = lines(pieces(sheet.ink, sheet.width))
    parts = cuts.parts(line, sheet.width)
    for candidate in cuts.candidates(parts, line.height):
        rows = cuts.ink_of(candidate, parts, sheet.ink, sheet.width)
        own = pixels(r for part in parts[candidate.first : candidate.stop] for r in part.runs)
        assert sum(map(sum, rows)) == 255 * len(own)
        assert len(rows) == candidate.bottom - candidate.top
        assert {len(row) for row in rows} == {candidate.right - candidate.left}


def test_a_stripe_of_any_length_is_cut_in_little_time():
    sheet = Sheet(9000, 40)
    for x in range(10, 8990):
        sheet.dot(x, 20, 6)
    for x in range(10, 8990, 8):
        sheet.dot(x, 15, 6)
    (line,) = lines(pieces(sheet.ink, sheet.width))
    assert len(cuts.parts(line, sheet.width)) > 100
