"""Letters written on forms become a corpus of one's own."""

import numpy
import pytest

from edge.form import layout
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import folder, strokes
from tests.edge.form import paper
from tests.edge.processes import edge


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Both pages, filled by a made-up hand of the built-in corpus."""
    rng, place = numpy.random.default_rng(1), tmp_path_factory.mktemp("photographs")
    hand = strokes.draw_hand(rng)
    for page in layout.pages(RUSSIAN):
        small = page.number == 2
        letters = [strokes.draw(RUSSIAN.index(box.letter), small, hand, rng) for box in page.boxes]
        data = paper.photographed(paper.filled(page, letters), side=1600, turned=page.number)
        (place / f"page{page.number}.jpg").write_bytes(data)
    return sorted(place.iterdir())


def test_two_photographs_of_filled_forms_are_a_folder_corpus(photographs, tmp_path):
    corpus = tmp_path / "corpora/mine"
    result = edge("form", "--cut", *photographs, "-o", corpus)
    assert (result.returncode, result.stderr) == (0, b"")
    assert folder.write_archive(corpus, tmp_path / "mine.zip") == 6 * len(RUSSIAN)
    names = [path.relative_to(corpus).as_posix() for path in corpus.rglob("*.png")]
    assert sorted(folder.origin(name).letter for name in names) == sorted(6 * RUSSIAN)
    lines = edge("classify", corpus).stdout.decode().splitlines()
    read = [line.split(": ")[1][0] == line.split("/")[-2] for line in lines]
    assert len(read) >= 0.98 * len(names)
    assert sum(read) >= 0.95 * len(names)
