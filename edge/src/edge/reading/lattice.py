"""The cheapest way through a line: which of its parts are letters, and which letters they are."""

from collections import namedtuple
from statistics import median

# So many ways to each place in the line are followed further, with so many of the letters that are
# likeliest there, none of which costs so many nats more than the first of them.
WAYS, LETTERS, UNLIKELY = 12, 12, 5

# Words are apart by so much more than the letters of their line usually are, shares of the height,
# but at least and at most by so much; to take a gap for the other thing costs a nat for each step.
MORE, LEAST_SPACE, MOST_SPACE, STEP = 0.4, 0.45, 0.9, 0.15

Lattice = namedtuple("Lattice", "candidates costs spaces")
Lattice.__doc__ = """What a line may be.

Its `edge.reading.cuts.Candidate`s, what every letter costs in each of them, and by how much a space
costs more than none between each two of its parts, all in nats.
"""

Step = namedtuple("Step", "candidate letter space before")
Step.__doc__ = """A letter on a way: the numbers of its candidate and of the letter itself.

`space` is whether a space stands before it, `before` the step that does, None at the start."""


def spaces(parts, height):
    """Return by how many nats a space between two parts of a line costs more than none."""
    gaps = [(right.left - left.right) / height for left, right in zip(parts, parts[1:])]
    usual = median([gap for gap, part in zip(gaps, parts[1:]) if not part.cut] or [0])
    least = min(max(usual + MORE, LEAST_SPACE), MOST_SPACE)
    return [(least - gap) / STEP for gap in gaps]


def best(lattice, language=None):
    """Return the cheapest way through a `Lattice`, a list of `Step`s.

    `language` is `edge.language.Costs` or None. The Viterbi algorithm (G. D. Forney, 1973, The
    Viterbi algorithm) over the last two letters, of which only the cheapest ways are kept.
    """
    candidates, costs, between = lattice
    followed = _following(language)
    boundary = language.boundary if language else None
    starting = [[] for _ in range(len(between) + 1)]
    for number, candidate in enumerate(candidates):
        starting[candidate.first].append(number)
    ways = [{} for _ in range(len(starting) + 1)]
    ways[0][boundary, boundary] = 0, None
    for place, numbers in enumerate(starting):
        reached = sorted(ways[place].items(), key=lambda way: way[1][0])[:WAYS]
        reached = [(cost, *letters, before, False) for letters, (cost, before) in reached]
        if place:
            space = between[place - 1]
            spaced = [
                (cost + max(0, space) + followed(a, b, boundary), boundary, boundary, before, True)
                for cost, a, b, before, _ in reached
            ]
            joined = max(0, -space)
            reached = [(cost + joined, *way) for cost, *way in reached] + spaced
        for number in numbers:
            candidate, row = candidates[number], costs[number]
            into, most = ways[candidate.stop], min(row) + UNLIKELY
            likely = [letter for letter, own in enumerate(row) if own <= most]
            for letter in sorted(likely, key=row.__getitem__)[:LETTERS]:
                own = row[letter]
                for cost, a, b, before, space in reached:
                    total = cost + candidate.cost + own + followed(a, b, letter)
                    letters = (b, letter) if language else (None, None)
                    if letters not in into or total < into[letters][0]:
                        into[letters] = total, Step(number, letter, space, before)
    ends = [(cost + followed(a, b, boundary), step) for (a, b), (cost, step) in ways[-1].items()]
    step, way = min(ends, key=lambda end: end[0])[1], []
    while step:
        way.append(step)
        step = step.before
    return way[::-1]


def _following(language):
    """Return a function of three letters: what the last one costs after the first two.

    What a letter usually costs counts nothing: else a line would have as few letters as it can.
    """
    if language is None:
        return lambda a, b, c: 0
    data, symbols, step, weight, usual = language
    table = [weight * (step * value - usual) for value in range(256)]
    return lambda a, b, c: table[data[(a * symbols + b) * symbols + c]]


def in_place(lattice, way, place, language=None):
    """Return what every letter costs in a place of a way of which all other letters stay."""
    own = lattice.costs[way[place].candidate]
    if language is None:
        return own
    followed, boundary = _following(language), language.boundary
    before, after = [boundary, boundary], []
    for step in way[max(0, place - 2) : place + 1]:
        before = [boundary, boundary] if step.space else before
        before = [*before, step.letter]
    for step in way[place + 1 : place + 3]:
        if step.space:
            break
        after.append(step.letter)
    after = [*after, boundary][:2]
    shown = []
    for letter, cost in enumerate(own):
        around = [*before[-3:-1], letter, *after]
        shown.append(cost + sum(followed(*three) for three in zip(around, around[1:], around[2:])))
    return shown
