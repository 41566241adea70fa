"""Russian words with their frequencies, most of them to learn from, some to try what was learned.

They are `wordfreq`'s (Speer 2022, https://doi.org/10.5281/zenodo.7199437), of subtitles, books,
news, Wikipedia, the web and Twitter.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version

import numpy

from pipeline.data.alphabet import RUSSIAN

SOURCE = f"wordfreq {version('wordfreq')}"
LICENSE = "CC BY-SA 4.0"

# What words are for. One in so many is for each of the last two, of words of these lengths that are
# not among the commonest eight hundred: one of those would be a sixth of all that is drawn.
PARTS = ("training", "validation", "test")
ONE_IN = 20
SHORTEST, LONGEST = 3, 12
COMMON = 1e-4

# A word that is typed with Ё at least this often, as a share of how often with Е, is written either
# way; below are slips of typists, and words that differ.
YO_SHARE = 0.1


def frequencies(size: str) -> dict[str, float]:
    """Return the words of Russian letters, in capitals, with their frequencies in texts, 0 to 1.

    The list is `small`, of words that are at least one in a million, or `large`, of those that are
    one in a hundred million. Who types mostly takes Е for Ё, who writes by hand may write either:
    both spellings of a word get half of their sum (see `YO_SHARE`).
    """
    # It takes a tenth of a second.
    from wordfreq import get_frequency_dict

    listed = {word.upper(): share for word, share in get_frequency_dict("ru", size).items()}
    found = {word: share for word, share in listed.items() if set(word) <= set(RUSSIAN)}
    for word in [word for word in found if "Ё" in word]:
        other = _without_yo(word)
        if found[word] >= YO_SHARE * found.get(other, numpy.inf):
            found[word] = found[other] = (found[word] + found[other]) / 2
    return found


def part_of(word: str, frequency: float) -> str:
    """Return which of `PARTS` a word belongs to: the same one in either list, with Ё or with Е."""
    if frequency > COMMON or not SHORTEST <= len(word) <= LONGEST:
        return "training"
    digest = hashlib.sha256(_without_yo(word).encode()).digest()
    number = int.from_bytes(digest[:8], "big") % ONE_IN
    return {0: "validation", 1: "test"}.get(number, "training")


def part(words: Mapping[str, float], name: str) -> dict[str, float]:
    """Return the words of one of `PARTS`, with their frequencies as they are."""
    return {
        word: frequency for word, frequency in words.items() if part_of(word, frequency) == name
    }


def drawn(words: Mapping[str, float], count: int, rng: numpy.random.Generator) -> list[str]:
    """Draw words of `SHORTEST` to `LONGEST` letters, as often as they are written, or repeated."""
    fitting = [word for word in words if SHORTEST <= len(word) <= LONGEST]
    shares = numpy.array([words[word] for word in fitting])
    return rng.choice(fitting, count, p=shares / shares.sum()).tolist()


def _without_yo(word: str) -> str:
    return word.replace("Ё", "Е")
