"""Letters of a corpus by the hand that wrote them, as far as the corpora tell."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import kyrgyz
from pipeline.data.corpora.corpus import UNTIMED, Corpus
from pipeline.data.letters import CleanLetters, Letters

# Of a sheet of the forms, those below are small letters.
CAPITAL_ROWS = 6

_PLACE = re.compile(rb"img\d+_(-?\d+)_(-?\d+)")


class Hand(NamedTuple):
    """Letters of one person: uint8 (n, 28, 28), classes (n,), and whether small (n,)."""

    name: str
    images: numpy.ndarray
    labels: numpy.ndarray
    small: numpy.ndarray

    def signs(self, rows: numpy.ndarray) -> list[str]:
        """Return what is written: a small letter where it is known to be one."""
        pairs = zip(self.labels[rows], self.small[rows], strict=True)
        return [RUSSIAN[label].lower() if small else RUSSIAN[label] for label, small in pairs]


def hands(
    corpus: Corpus, letters: Letters, clean: CleanLetters, parts: int, least: int
) -> list[Hand]:
    """Return the hands of a corpus' test letters that have `least` letters or more.

    Of the forms a column of the round's sheets, of a corpus with sessions a session. Elsewhere, of
    the scans, nobody is told from another; but sheet followed sheet, so that neighbours in the
    order of capture, one of so many `parts` of it, are often one hand.
    """
    if corpus is kyrgyz.CORPUS:
        found = _columns(letters)
    elif corpus.sessions:
        found = _sessions(letters)
    else:
        found = _stretches(letters, clean, parts)
    made = [
        Hand(name, letters.images[rows], letters.labels[rows], small) for name, rows, small in found
    ]
    return [hand for hand in made if len(hand.labels) >= least]


def _columns(letters: Letters) -> Iterator[tuple[str, numpy.ndarray, numpy.ndarray]]:
    places = numpy.array([_PLACE.search(name).groups() for name in letters.names], int)
    for column in numpy.unique(places[:, 1]):
        rows = numpy.flatnonzero(places[:, 1] == column)
        yield f"column {column}", rows, places[rows, 0] >= CAPITAL_ROWS


def _sessions(letters: Letters) -> Iterator[tuple[str, numpy.ndarray, numpy.ndarray]]:
    for run in numpy.unique(letters.runs[letters.runs != UNTIMED.encode()]):
        rows = numpy.flatnonzero(letters.runs == run)
        yield f"session {run.decode()}", rows, numpy.zeros(len(rows), bool)


def _stretches(
    letters: Letters, clean: CleanLetters, parts: int
) -> Iterator[tuple[str, numpy.ndarray, numpy.ndarray]]:
    order = numpy.argsort(clean.names)
    positions = clean.positions[order[numpy.searchsorted(clean.names, letters.names, sorter=order)]]
    share = numpy.zeros(len(positions))
    for run in numpy.unique(letters.runs):
        for label in numpy.unique(letters.labels):
            rows = numpy.flatnonzero((letters.runs == run) & (letters.labels == label))
            rows = rows[numpy.argsort(positions[rows])]
            share[rows] = numpy.arange(len(rows)) / max(1, len(rows))
        for part in range(parts):
            rows = numpy.flatnonzero((letters.runs == run) & ((share * parts).astype(int) == part))
            yield f"{run.decode()} {part}", rows, numpy.zeros(len(rows), bool)
