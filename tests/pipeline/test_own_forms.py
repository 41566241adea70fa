"""Letters written on forms become a corpus of one's own."""

import numpy
import pytest

import edge as package
from edge.form import layout, reading
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import folder, strokes
from pipeline.data.letters import read_split
from pipeline.files import SPLIT
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


@pytest.mark.slow
@pytest.mark.skipif(
    not (SPLIT / "random/cyrillic-mnist/test.npz").exists(), reason="the pipeline has not run"
)
def test_real_letters_on_twenty_forms_are_all_found_and_read_as_well_as_by_themselves():
    classifier, sets = package.load(), read_split("random", "test")
    desks = [(110, 80, 50), (20, 20, 25), (230, 228, 220), (60, 90, 60), (150, 60, 40)]
    sides = [600, 800, 1000, 1200, 1600, 2000, 2000, 2400, 3000, 4000]

    def reads(picture, letter):
        try:
            return classifier.classify(picture).letter == letter
        except ValueError:
            return False

    read = []
    for number in range(20):
        rng = numpy.random.default_rng(number)
        test = list(sets.values())[number % len(sets)]
        page = layout.pages(RUSSIAN)[number // 10]
        letters = []
        for box in page.boxes:
            place = rng.choice(numpy.flatnonzero(test.labels == RUSSIAN.index(box.letter)))
            letters.append(test.images[place] if rng.random() > 0.15 else None)
        data = paper.photographed(
            paper.filled(page, letters, strength=rng.uniform(0.6, 0.95)),
            side=(side := sides[number % 10]),
            tilt=rng.uniform(5, 15),
            towards=rng.uniform(0, 360),
            turned=number % 4,
            askew=rng.uniform(-6, 6),
            share=0.8,
            light=rng.uniform(0.2, 0.6),
            desk=desks[number % 5],
            blur=rng.uniform(0.3, 1.2) * max(1, side / 2000),
            noise=rng.uniform(1, 6),
            quality=int(rng.integers(60, 91)),
            seed=number,
        )
        found = reading.read(data, RUSSIAN)
        assert [crop is None for _, crop in found] == [letter is None for letter in letters]
        assert [box for box, _ in found] == page.boxes
        for (box, crop), put in zip(found, letters, strict=True):
            if put is not None:
                read.append((side, reads(put, box.letter), reads(crop, box.letter)))
    for least in (600, 2000):
        of = numpy.array([each for each in read if each[0] >= least])
        _, themselves, cut = of.mean(axis=0)
        print(
            f"from {least} pixels: {len(of)} letters, {themselves:.1%} read, {cut:.1%} as cut out"
        )
        assert cut > themselves - 0.03
