"""The cheapest way through a line: which of its parts are letters, and which letters they are."""

from collections import namedtuple
from statistics import median

# The classifier's costs count so many times, and those of the language so many: weighed together on
# words of people whose letters chose the network's epoch.
TRUST, WEIGHT = 1.95, 0.45

# What a letter usually costs by the language counts nothing, in nats: else a line would have as few
# letters as it can.
USUAL = 2.6

# So many ways to each place in the line are followed further, and no letter that costs so many nats
# more than the likeliest one in its place.
WAYS, UNLIKELY = 12, 5

# Words are apart by so much more than the letters of their line usually are, shares of the height,
# but at least and at most by so much; to take a gap for the other thing costs a nat for each step.
MORE, LEAST_SPACE, MOST_SPACE, STEP = 0.4, 0.45, 0.9, 0.1

Step = namedtuple("Step", "candidate letter space before")
Step.__doc__ = """A letter on a way: the numbers of its candidate and of the letter itself.

`space` is whether a space stands before it, `before` the step that does, None at the start."""


class NoLanguage:
    """Letters as they are: none is likelier than another."""

    boundary, symbols, step, data = 0, 0, 0, bytes(1)


def spaces(parts, height):
    """Return by how many nats a space between two parts of a line costs more than none."""
    gaps = [(right.left - left.right) / height for left, right in zip(parts, parts[1:])]
    usual = median([gap for gap, part in zip(gaps, parts[1:]) if not part.cut] or [0])
    least = min(max(usual + MORE, LEAST_SPACE), MOST_SPACE)
    return [(least - gap) / STEP for gap in gaps]


def best(candidates, between, rows, costs, language=None):
    """Return the cheapest way through a line: a list of `Step`s.

    `costs` are those of every letter in each of the candidates, in nats, `between` what `spaces`
    returns, `language` is `edge.language.Costs`. The Viterbi algorithm (G. D. Forney, 1973) over the
    last two letters, of which only the cheapest ways are kept.
    """
    language = language or NoLanguage
    data, symbols, boundary = language.data, language.symbols, language.boundary
    weight, usual = WEIGHT * language.step, WEIGHT * USUAL if language.step else 0
    starting = [[] for _ in between] + [[]]
    for number, candidate in enumerate(candidates):
        starting[candidate.first].append(number)
    ways = [{} for _ in range(len(starting) + 1)]
    ways[0] = {(boundary, boundary): (0, None)}
    for place, numbers in enumerate(starting):
        reached = [
            (cost, a, b, before, False) for (a, b), (cost, before) in ways[place].items()
        ]
        reached = sorted(reached, key=lambda way: way[0])[:WAYS]
        if place:
            # With a space, or without.
            space = between[place - 1]
            reached = [
                way
                for cost, a, b, before, _ in reached
                for way in (
                    (cost + max(0, -space), a, b, before, False),
                    (
                        cost + max(0, space) + weight * data[(a * symbols + b) * symbols + boundary],
                        boundary,
                        boundary,
                        before,
                        True,
                    ),
                )
            ]
        for number in numbers:
            candidate, row = candidates[number], costs[number]
            into, least = ways[candidate.stop], min(row) + UNLIKELY
            for letter, own in enumerate(row):
                if own > least:
                    continue
                own = candidate.cost + TRUST * own - usual
                for cost, a, b, before, space in reached:
                    total = cost + own + weight * data[(a * symbols + b) * symbols + letter * (symbols > 0)]
                    state = (b, letter) if symbols else (0, 0)
                    if state not in into or total < into[state][0]:
                        into[state] = total, Step(number, letter, space, before)
    _, step = min(
        [
            (cost + weight * data[(a * symbols + b) * symbols + boundary], step)
            for (a, b), (cost, step) in ways[-1].items()
        ],
        key=lambda way: way[0],
    )
    way = []
    while step:
        way.append(step)
        step = step.before
    return way[::-1]


def costs_in_place(costs, way, place, language=None):
    """Return what every letter costs in a place of a way whose other letters stay, in nats."""
    own = costs[way[place].candidate]
    if language is None:
        return own
    boundary = language.boundary
    # The letters around, with the boundary where a space or an end is.
    before, after = [boundary, boundary], []
    for step in way[:place]:
        before = [*(before if not step.space else [boundary, boundary]), step.letter]
    if way[place].space:
        before = [boundary, boundary]
    for step in way[place + 1 : place + 3]:
        if step.space:
            break
        after.append(step.letter)
    after = [*after, boundary][:2]
    shown = []
    for letter, cost in enumerate(own):
        around = [*before[-2:], letter, *after]
        told = sum(language.cost(*around[i : i + 3]) for i in range(len(around) - 2))
        shown.append(cost + WEIGHT / TRUST * told)
    return shown
