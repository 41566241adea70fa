"""A line that says one of some words: the likeliest of a list."""

import re
import unicodedata
from math import exp, inf

# That a line says none of the words costs so many nats for each of its letters, over what it is
# read as when it may say anything.
NONE = 1.5

# What costs so many nats more than none of the words is not followed to its end: its share of the
# probability is below 1e-8.
LOST = 20

# A longer file, of 50,000 words, would keep the reader waiting.
MOST_BYTES = 1 << 20


def read(path, letters):
    """Read words from a file, one a line; returns them as they are by what stands for them there.

    That are numbers of `letters`, capital or small, without spaces, hyphens and whatever else is no
    letter; words are in their order. Raises OSError, or ValueError on a file that is too long, no
    UTF-8, or names none.
    """
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes; expected a list of words, one a line")
    try:
        text = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8; expected a word in each line") from None
    numbers = {letter.upper(): number for number, letter in enumerate(letters)}
    # Of letters that begin alike, as in Serbian, the longest.
    sign = re.compile("|".join(map(re.escape, sorted(numbers, key=len, reverse=True))))
    words = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        words.setdefault(tuple(numbers[each] for each in sign.findall(line.upper())), line)
    words.pop((), None)
    if not words:
        raise ValueError("no word of the model's letters; expected one a line")
    return dict(sorted(words.items()))


def likeliest(line, words):
    """Return the word that an `edge.reading.Line` says most likely, and its probability.

    `words` is what `read` returns. None if it says none of them.
    """
    candidates, letters = line.lattice.candidates, line.lattice.costs
    free = sum(candidates[s.candidate].cost + letters[s.candidate][s.letter] for s in line.way)
    none = free + NONE * len(line.way)
    costs = _costs(line.lattice, words, none + LOST)
    best = min(costs, key=costs.get, default=None)
    if best is None or costs[best] >= none:
        return None
    return words[best], 1 / sum(exp(costs[best] - cost) for cost in [*costs.values(), none])


def _costs(lattice, words, most):
    """Return what words, in order, cost at least, but for those that cost as much as `most`.

    Letter by letter along the line; what words begin with alike is computed once.
    """
    places = len(lattice.spaces) + 2
    rows, before, found = [[0] + [inf] * (places - 1)], (), {}
    candidates = [
        (candidate.first, candidate.stop, candidate.cost, costs)
        for candidate, costs in zip(lattice.candidates, lattice.costs)
    ]
    for word in words:
        shared = 0
        while shared < min(len(word), len(before)) and word[shared] == before[shared]:
            shared += 1
        del rows[shared + 1 :]
        for letter in word[len(rows) - 1 :]:
            row, last = [inf] * places, rows[-1]
            if min(last) >= most:
                # No letter costs less than nothing.
                break
            for first, stop, own, costs in candidates:
                cost = last[first] + own + costs[letter]
                if cost < row[stop]:
                    row[stop] = cost
            rows.append(row)
        before = word[: len(rows) - 1]
        if len(before) == len(word) and rows[-1][-1] < most:
            found[word] = rows[-1][-1]
    return found
