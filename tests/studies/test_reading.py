"""Words, lines and forms are written with letters of one hand, and read."""

import numpy
import pytest

from edge.pack import RELEASED_PACK
from pipeline.data.alphabet import RUSSIAN
from pipeline.files import read_json
from pipeline.stages import split
from studies.strangers import RESULTS, reading, writing
from studies.strangers.hands import Hand
from tests.support.workplace import clean_strokes


@pytest.fixture(scope="module")
def hand():
    """Someone who writes А as a bar of 4 x 20 pixels, and Б as a square of 20 x 20."""
    images = numpy.full((2, 28, 28), 255, numpy.uint8)
    images[0, 4:24, 12:16] = images[1, 4:24, 4:24] = 0
    return Hand("x", images, numpy.array([0, 1]), numpy.zeros(2, bool))


def test_a_hand_writes_only_what_it_has_letters_for(hand):
    assert writing.fits("АБ БА", hand)
    assert not writing.fits("АБВ", hand)


def test_letters_of_a_line_are_as_far_apart_as_asked_and_words_further(hand):
    rng = numpy.random.default_rng(0)
    line = writing.line("ББ Б", hand, 40, (0.25, 0.25), rng)
    inked = numpy.flatnonzero((line > 0.5).any(axis=0))
    gaps = numpy.diff(inked)[numpy.diff(inked) > 1] - 1
    assert line.shape[0] == 80
    assert gaps[0] == pytest.approx(10, abs=2)
    assert 0.85 * 40 <= gaps[1] <= 1.45 * 40
    assert len(gaps) == 2


def test_a_page_sets_its_lines_below_each_other(hand):
    rng = numpy.random.default_rng(0)
    lines = [writing.line(text, hand, 30, (0.2, 0.2), rng) for text in ("ББ", "АБА")]
    page = writing.page(lines, 5, 70)
    assert page.shape == (10 + 60 + 70, 10 + max(line.shape[1] for line in lines))
    assert numpy.array_equal(page[5:65, 5 : 5 + lines[0].shape[1]], lines[0])


def test_boxes_hold_a_letter_each_or_nothing(hand):
    for seed in range(6):
        ink, frames = writing.boxes("Б А", hand, 50, numpy.random.default_rng(seed))
        assert ink.shape == frames.shape
        # Where there is print, no letter stands.
        assert not ((ink > 0.5) & (frames == 1)).any()
        written = numpy.flatnonzero((ink > 0.5).any(axis=0))
        assert (numpy.diff(written) > 1).sum() == 1


def test_seen_from_aside_a_picture_is_all_there_on_its_own_paper():
    picture = numpy.full((60, 200, 3), (200.0, 190, 180))
    picture[20:40, 90:110] = 0
    seen = writing.seen_aside(picture, 10, numpy.random.default_rng(1))
    assert seen[0, 0].tolist() == [200, 190, 180]
    assert (seen[..., 0] < 100).sum() == pytest.approx(400, rel=0.4)


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [("", "", 0), ("АБВ", "АБВ", 0), ("АВ", "АБВ", 1), ("", "АБ", 2), ("ШЩ", "ЩШ", 2)],
)
def test_the_distance_counts_letters_put_in_left_out_or_replaced(read, text, expected):
    assert reading.distance(read, text) == reading.distance(text, read) == expected


def test_names_are_russian_words_of_as_many_pupils_as_a_class_has():
    assert len(set(reading.NAMES)) == 30
    assert set("".join(reading.NAMES)) <= set(RUSSIAN)


@pytest.mark.slow
def test_texts_are_written_and_read_and_counted_by_their_kind(studies, set_params, set_study):
    clean_strokes(60)
    split.run(set_params(split__test_per_letter=20, split__validation_share=0.2), "tail")
    few = {"words_of_a_gap": 2, "lines": 1, "forms": 1, "names": 2, "least_letters": 40, "parts": 1}
    set_study("strangers", reading={**few, "weights": [0.0, 0.5]})
    studies("reading", "--pack", RELEASED_PACK)
    report = read_json(RESULTS / "reading.json")
    assert [of["texts"] for of in report["words"].values()] == [2] * 8
    assert list(report["forms"]) == ["scan", "photograph", "perspective"]
    assert report["forms"]["scan"]["told"] == 1
    assert report["words"]["0.3 to 0.5, clean"]["language"] < 0.3
    assert set(report["weights"]) == {"0.0", "0.5"}
    assert (report["names"]["words"], report["names"]["others"]) == (1, 1)
    assert (RESULTS / "reading.png").exists()
