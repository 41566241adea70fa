"""A line that says one of some words: the likeliest of a list."""

from math import exp, inf

# That a line says none of the words costs so many nats for each of its letters, over what it is read
# as when it may say anything.
NONE = 2.5


def read(path, letters):
    """Read words from a file, one a line; returns them as they are by what stands for them there.

    That are numbers of `letters`, capital or small, without spaces, hyphens and whatever else is no
    letter. Raises OSError, or ValueError on a file that names none.
    """
    with open(path, encoding="utf-8-sig") as file:
        lines = [line.strip() for line in file]
    numbers = {letter.upper(): number for number, letter in enumerate(letters)}
    words = {}
    for line in filter(None, lines):
        spelled = tuple(numbers[sign] for sign in line.upper() if sign in numbers)
        if spelled:
            words.setdefault(spelled, line)
    if not words:
        raise ValueError("no word of the model's letters; expected one a line")
    return words


def likeliest(line, words):
    """Return the word that an `edge.reading.Line` says most likely, and its probability.

    `words` is what `read` returns. None if it says none of them.
    """
    candidates, letters = line.lattice.candidates, line.lattice.costs
    free = sum(candidates[s.candidate].cost + letters[s.candidate][s.letter] for s in line.way)
    none = free + NONE * len(line.way)
    costs = _costs(line.lattice, sorted(words))
    best = min(costs, key=costs.get)
    if costs[best] >= none:
        return None
    return words[best], 1 / sum(exp(costs[best] - cost) for cost in [*costs.values(), none])


def _costs(lattice, words):
    """Return what each of the words, sorted, costs at least: letter by letter along the line.

    What words begin with alike is computed once.
    """
    places = len(lattice.spaces) + 2
    rows, before, found = [[0] + [inf] * (places - 1)], (), {}
    for word in words:
        shared = 0
        while shared < min(len(word), len(before)) and word[shared] == before[shared]:
            shared += 1
        del rows[shared + 1 :]
        for letter in word[shared:]:
            row, last = [inf] * places, rows[-1]
            for candidate, costs in zip(lattice.candidates, lattice.costs):
                cost = last[candidate.first] + candidate.cost + costs[letter]
                if cost < row[candidate.stop]:
                    row[candidate.stop] = cost
            rows.append(row)
        before, found[word] = word, rows[-1][-1]
    return found
