"""Words and lines of block letters: what stands in a picture, letter by letter.

Rows of ink are cut into parts, of which one or several make a letter. The classifier reads all that
may be one, and the cheapest way through them is the text.
"""

from collections import namedtuple
from math import exp, log

from edge.classifier import SURELY
from edge.preparation import PictureError
from edge.preparation.scaling import placed
from edge.reading import cuts, lattice
from edge.reading.ink import ink_in
from edge.reading.lines import lines

# A page of block letters has no more of them.
MOST_LETTERS = 1000

# No probability is taken for less: a classifier that is quite sure is wrong now and then.
LEAST_PROBABILITY = 1e-6

Text = namedtuple("Text", "lines")
Text.__doc__ = """What is read in a picture: its `Line`s, from above."""

Line = namedtuple("Line", "text letters")
Line.__doc__ = """A line's text, with spaces between words, and its `Letter`s, from left to right."""

Letter = namedtuple("Letter", "letter probability top box")
Letter.__doc__ = """A letter, its probability, all such pairs, likeliest first, and where it stands.

`box` is its left, top, right and bottom in pixels of the picture."""

# A line's parts, what may be letters of them, what spaces between them cost, and the candidates'
# boxes of ink and what every letter in them costs.
_Cut = namedtuple("_Cut", "candidates between rows costs")


def read(classifier, planes, language=None):
    """Read the lines in a picture's planes (`edge.decode.png.Planes`): a `Text`.

    `language` is `edge.language.Costs` or None. Raises PictureError if there is no letter, or more
    than a page of them.
    """
    ink = ink_in(classifier, planes)
    found = lines(ink.pieces)
    if not found:
        raise PictureError("no letter found")
    if sum(len(line.pieces) for line in found) > MOST_LETTERS:
        raise PictureError(f"more than {MOST_LETTERS} pieces of ink: no page of block letters")
    cut = _classified(classifier, [_cut(line, ink) for line in found])
    ways = [lattice.best(*each, language) for each in cut]
    cut = _looked_again(classifier, cut, ways, ink)
    ways = [lattice.best(*each, language) for each in cut]
    return Text([_line(classifier, each, way, ink, language) for each, way in zip(cut, ways)])


def _cut(line, ink):
    parts = cuts.parts(line, ink.width)
    candidates = cuts.candidates(parts, line.height)
    between = lattice.spaces(parts, line.height)
    rows = [cuts.rows_of(candidate, parts, ink.data, ink.width) for candidate in candidates]
    return _Cut(candidates, between, rows, None)


def _classified(classifier, these):
    """Return the same with the costs of every letter, all read as one batch."""
    pictures = [[placed(rows)] for each in these for rows in each.rows]
    read = iter(classifier.means(pictures))
    return [each._replace(costs=[_costs(next(read)) for _ in each.rows]) for each in these]


def _costs(probabilities):
    return [-log(max(probability, LEAST_PROBABILITY)) for probability in probabilities]


def _looked_again(classifier, these, ways, ink):
    """Return the same with the costs of letters on the ways that were not read surely, seen anew."""
    least = -log(SURELY)
    again = [
        (number, step.candidate)
        for number, (each, way) in enumerate(zip(these, ways))
        for step in way
        if min(each.costs[step.candidate]) > least
    ]
    views = [ink.views(these[number].rows[candidate]) for number, candidate in again]
    for (number, candidate), probabilities in zip(again, classifier.means(views)):
        these[number].costs[candidate] = _costs(probabilities)
    return these


def _line(classifier, cut, way, ink, language):
    letters, text = [], ""
    for place, step in enumerate(way):
        shares = [exp(-cost) for cost in lattice.costs_in_place(cut.costs, way, place, language)]
        total = sum(shares)
        top = sorted(zip(classifier.letters, [s / total for s in shares]), key=lambda p: -p[1])
        letters.append(Letter(*top[0], top, ink.box(cut.candidates[step.candidate])))
        text += " " * step.space + top[0][0]
    return Line(text, letters)
