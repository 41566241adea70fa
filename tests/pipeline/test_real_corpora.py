"""On the real corpora, where they are in reach: the figures of their README."""

import os
from pathlib import Path

import numpy
import pytest

from edge.alphabet import LETTERS
from pipeline import params
from pipeline.corpora import cyrillic_mnist
from pipeline.corpora.corpus import members_digest, open_archive, read_members
from pipeline.files import read_json
from pipeline.stages import clean, split
from tests.pipeline.conftest import ROOT, remains

PLACES = [
    Path(os.environ["BUKVA_MIRROR"]) if "BUKVA_MIRROR" in os.environ else ROOT,
    ROOT / "data/raw",
    ROOT.parent / "shared/data",
]
ARCHIVE = next(
    (path for place in PLACES if (path := place / cyrillic_mnist.CORPUS.archive).exists()), None
)

pytestmark = pytest.mark.skipif(
    ARCHIVE is None, reason="cyrillic-mnist.zip is not in BUKVA_MIRROR, data/raw or ../shared/data"
)

# From the README of the corpora, А to Я.
RIGHT_COUNTS = [
    4594, 3447, 3542, 2773, 2918, 4081, 3262, 2663, 2220, 3270, 2043,
    2820, 5132, 2440, 2771, 2305, 2185, 2564, 3478, 3562, 2191, 3656,
    2155, 1593, 2412, 2631, 2815, 2113, 2363, 2167, 2525, 2337, 2091,
]  # fmt: skip


def test_the_names_alone_give_the_right_counts_and_digest():
    with open_archive(ARCHIVE) as archive:
        letters = [origin.letter for _, origin in read_members(archive, cyrillic_mnist.CORPUS)]
    assert [letters.count(letter) for letter in LETTERS] == RIGHT_COUNTS
    assert members_digest(ARCHIVE, cyrillic_mnist.CORPUS) == cyrillic_mnist.CORPUS.members_sha256


def test_clean_and_split_give_the_figures_of_the_design(workplace):
    report = clean.clean(cyrillic_mnist.CORPUS, ARCHIVE, params.read().clean.minimum_contrast)
    assert (report["in"], report["kept"]) == (93_119, 93_119)
    assert list(report["classes"].values()) == RIGHT_COUNTS
    folder = workplace / "data/letters/cyrillic-mnist"
    assert [len(remains(folder / str(number))) for number in range(33)] == RIGHT_COUNTS
    for method in ("random", "tail"):
        split.run(params.read(), method)
        training, test = (split.read(method, part)["cyrillic-mnist"] for part in ("train", "test"))
        assert (len(training.labels), len(test.labels)) == (76_619, 16_500)
        assert numpy.bincount(test.labels).tolist() == [500] * 33
        assert not set(training.names.tolist()) & set(test.names.tolist())


def test_the_committed_metrics_are_of_the_real_corpus(committed):
    report = read_json(committed / "metrics/clean.json")
    assert list(report["cyrillic-mnist"]["classes"].values()) == RIGHT_COUNTS
