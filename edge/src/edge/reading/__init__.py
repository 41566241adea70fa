"""Words and lines of block letters: what stands in a picture, letter by letter.

Rows of ink are cut into parts, of which one or several make a letter. The classifier reads all that
may be one, and the cheapest way through them is the text. In a row of boxes each holds a letter.
"""

from collections import namedtuple
from math import exp, log

from edge.classifier import SURELY
from edge.preparation import PictureError
from edge.reading import cuts, lattice, sources
from edge.reading.lines import lines

# All that may be letters is read at once: a page of 800 letters has five places for each.
MOST_CANDIDATES = 4000

# So many letters, the least sure ones, are looked at again, which takes a millisecond or two each.
MOST_AGAIN = 150

# No probability is taken for less: a classifier that is quite sure is wrong now and then.
LEAST_PROBABILITY = 1e-6

Text = namedtuple("Text", "lines")
Text.__doc__ = """What is read in a picture: its `Line`s, from above."""

Line = namedtuple("Line", "text letters lattice way")
Line.__doc__ = """A line's text, with spaces between words, and its `Letter`s, from left to right.

And what the line may be, `edge.reading.lattice.Lattice`, and the way that was taken through it."""

Letter = namedtuple("Letter", "letter probability top box")
Letter.__doc__ = """A letter, its probability, all such pairs, likeliest first, and where it stands.

`box` is its left, top, right and bottom in pixels of the picture. Of an empty box on a form, letter
and probability are None, and there are no pairs."""

Row = namedtuple("Row", "candidates inks boxes spaces empty views")
Row.__doc__ = """A line before it is classified.

Its `edge.reading.cuts.Candidate`s, the ink of each, rows of its box, and where that box stands in
the picture, what spaces cost (see `Lattice`), where empty boxes stand, and what returns the
pictures by which ink is read once more."""


def read(classifier, planes, language=None, boxes=None, larger=1):
    """Read the lines in a picture's planes (`edge.decode.png.Planes`): a `Text`.

    `language` is `edge.language.Costs` or None. With `boxes` only rows of boxes are read, without
    (False) none are taken for such. The picture is so many times `larger` than the planes. Raises
    PictureError if there is nothing to read, or more than a page.
    """
    rows = _rows(classifier, planes, boxes)
    lattices = _classified(classifier, rows)
    ways = [lattice.best(each, language) for each in lattices]
    _look_again(classifier, rows, lattices, ways)
    return Text([_line(classifier, *each, language, larger) for each in zip(rows, lattices)])


def _rows(classifier, planes, boxes):
    """Return the `Row`s of a picture."""
    ink = None if boxes else sources.clean(planes)
    if ink is None:
        # Clean writing needs no NumPy.
        classifier.need_numpy()
        from edge.reading import forms

        rows = forms.rows(planes, certainly=boxes) if boxes is not False else []
        if rows:
            return rows
        if boxes:
            raise PictureError("no row of three boxes or more found, or nothing in it")
        classifier.need_finder()
        ink = sources.found(classifier.pack, planes)
    found = lines(ink.pieces)
    if not found:
        raise PictureError("no letter found")
    taken, count = [], 0
    for line in found:
        parts = cuts.parts(line, ink.width)
        candidates = cuts.candidates(parts, line.height)
        taken.append((line, parts, candidates))
        count += len(candidates)
        # Line by line: a texture of thousands is not looked at to its end.
        if count > MOST_CANDIDATES:
            raise PictureError(
                f"at least {count} places that may be letters; expected at most"
                f" {MOST_CANDIDATES}, a page of block letters"
            )
    return [_row(*each, ink) for each in taken]


def _row(line, parts, candidates, ink):
    inks = [cuts.ink_of(candidate, parts, ink.data, ink.width) for candidate in candidates]
    boxes = [sources.box(ink, candidate) for candidate in candidates]
    return Row(candidates, inks, boxes, lattice.spaces(parts, line.height), [], ink.views)


def _classified(classifier, rows):
    """Return the `Lattice` of each row, all letters read as one batch."""
    inks = [ink for row in rows for ink in row.inks]
    if classifier.takes_numpy(len(inks)):
        from edge.reading.placing import placed
    else:
        from edge.preparation.scaling import placed
    pictures = [[placed(ink)] for ink in inks]
    read = map(_costs, classifier.means(pictures))
    return [
        lattice.Lattice(row.candidates, [next(read) for _ in row.inks], row.spaces) for row in rows
    ]


def _costs(probabilities):
    return [-log(max(probability, LEAST_PROBABILITY)) for probability in probabilities]


def _look_again(classifier, rows, lattices, ways):
    """Replace the costs of letters on the ways that are not read surely by those of other views."""
    again = [
        (row, each.costs, step.candidate)
        for row, each, way in zip(rows, lattices, ways)
        for step in way
        if min(each.costs[step.candidate]) > -log(SURELY)
    ]
    again = sorted(again, key=lambda one: -min(one[1][one[2]]))[:MOST_AGAIN]
    views = [row.views(row.inks[candidate]) for row, _, candidate in again]
    for (_, costs, candidate), probabilities in zip(again, classifier.means(views)):
        costs[candidate] = _costs(probabilities)


def _line(classifier, row, found, language, larger):
    way = lattice.best(found, language)
    letters, text = [], ""
    for place, step in enumerate(way):
        shares = [exp(-cost) for cost in lattice.in_place(found, way, place, language)]
        total = sum(shares)
        top = zip(classifier.letters, [share / total for share in shares])
        top = sorted(top, key=lambda pair: -pair[1])
        letters.append(Letter(*top[0], top, row.boxes[step.candidate]))
        text += " " * step.space + top[0][0]
    letters += [Letter(None, None, [], box) for box in row.empty]
    letters = [
        letter._replace(box=tuple(round(larger * side) for side in letter.box))
        for letter in letters
    ]
    return Line(text, sorted(letters, key=lambda letter: letter.box[0]), found, way)
