"""Letters are counted by case, or by session where a corpus has sessions."""

import numpy

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import comnist, cyrillic_mnist
from pipeline.data.counts import count_letters, lacking


def test_a_corpus_without_sessions_is_counted_by_case():
    counted = count_letters(cyrillic_mnist.CORPUS, numpy.array([b"upper", b"lower", b"upper"]))
    assert counted == {"letters": 3, "cases": {"lower": 1, "upper": 2}}


def test_a_corpus_of_sessions_counts_them_and_what_belongs_to_none():
    runs = numpy.array([b"58b1", b"untimed", b"58b1", b"58c0", b"untimed"])
    counted = count_letters(comnist.CORPUS, runs)
    assert counted == {"letters": 5, "sessions": 2, "untimed": 2}
    assert count_letters(comnist.CORPUS, runs[:1])["untimed"] == 0


def test_the_letters_that_a_run_lacks_are_named():
    labels = numpy.array([*range(33), *range(2, 33)], numpy.uint8)
    runs = numpy.array([b"uppercase"] * 33 + [b"lowercase"] * 31)
    assert lacking([*RUSSIAN], labels, runs) == {"uppercase": "", "lowercase": RUSSIAN[:2]}
