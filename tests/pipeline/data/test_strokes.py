import io
import zipfile
from collections import Counter

import numpy
import pytest
from PIL import Image

from edge import glyphs
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import strokes

LETTERS_PER_CLASS = 60


@pytest.fixture(scope="module")
def archive_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("strokes") / "strokes.zip"
    strokes.write_archive(path, LETTERS_PER_CLASS, seed=1)
    return path


@pytest.fixture(scope="module")
def names(archive_path):
    with zipfile.ZipFile(archive_path) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def pictures(archive_path, names):
    """The archive's pictures, uint8 (n, 28, 28)."""
    with zipfile.ZipFile(archive_path) as archive:
        files = [io.BytesIO(archive.read(name)) for name in names]
    return numpy.stack([numpy.asarray(Image.open(file)) for file in files])


def numbers(names):
    """Class, writer and index of each name: int (n, 3)."""
    return numpy.array([name.removeprefix("strokes/").split("_")[:3] for name in names], dtype=int)


@pytest.mark.parametrize("table", [glyphs.UPPERCASE, glyphs.LOWERCASE])
def test_letters_have_glyphs_in_class_order_whose_points_lie_on_the_sheet(table):
    assert "".join(table) == RUSSIAN
    assert len(set(table.values())) == 33
    for glyph in map(glyphs.parse, table.values()):
        x, y = zip(*glyph.points, strict=True)
        assert min(x) >= 0 and max(x) <= 1
        assert min(y) >= -0.3 and max(y) <= 1.4
        assert len(glyph.points) <= strokes.MOST_POINTS
        assert all(run.stop - run.start >= 2 for run in glyph.runs)


def test_a_corner_parts_two_runs_that_share_its_point():
    points, runs = glyphs.parse("0,0 50,100! 100,0; 20,50 80,50")
    numpy.testing.assert_array_equal(points, [[0, 0], [0.5, 1], [1, 0], [0.2, 0.5], [0.8, 0.5]])
    assert runs == [slice(0, 2), slice(1, 3), slice(3, 5)]


def test_drawing_is_decided_by_hand_and_generator():
    hand = strokes.draw_hand(numpy.random.default_rng(1))
    first, same, other = (
        strokes.draw(0, False, hand, numpy.random.default_rng(seed)) for seed in (2, 2, 3)
    )
    assert first.dtype == numpy.uint8 and first.shape == (28, 28)
    numpy.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_letters_of_one_hand_resemble_one_another():
    rng = numpy.random.default_rng(1)
    hands = [strokes.draw_hand(rng) for _ in range(8)]
    drawn = numpy.array([[strokes.draw(0, True, hand, rng) for _ in range(8)] for hand in hands])
    within = drawn.std(axis=1).mean()
    overall = drawn.reshape(64, 28, 28).std(axis=0).mean()
    assert 0 < within < 0.85 * overall


def test_same_seed_writes_the_same_bytes(tmp_path):
    written = {}
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        strokes.write_archive(tmp_path / name, 4, seed)
        written[name] = (tmp_path / name).read_bytes()
    assert written["a"] == written["b"] != written["c"]


def test_every_class_has_its_count_and_half_are_capitals(names):
    counts = Counter((name[8:10], name[-5]) for name in names)
    assert counts == {(f"{k:02}", case): LETTERS_PER_CLASS // 2 for k in range(33) for case in "UL"}


def test_members_are_in_order_of_name_and_of_number(names):
    assert names == sorted(names)
    assert numbers(names).tolist() == sorted(numbers(names).tolist())


@pytest.mark.parametrize(("letters_per_class", "writers_expected"), [(1, 1), (20, 5), (120, 6)])
def test_writers_follow_one_another_in_the_order_of_the_index(
    tmp_path, monkeypatch, letters_per_class, writers_expected
):
    monkeypatch.setattr(strokes, "draw", lambda *_: numpy.zeros((28, 28), numpy.uint8))
    strokes.write_archive(tmp_path / "strokes.zip", letters_per_class, seed=1)
    with zipfile.ZipFile(tmp_path / "strokes.zip") as archive:
        by_class = numbers(archive.namelist()).reshape(33, letters_per_class, 3)
    writers = by_class[:, :, 1]
    assert (by_class[:, :, 2] == numpy.arange(letters_per_class)).all()
    assert (numpy.diff(writers, axis=1) >= 0).all()
    assert len(numpy.unique(writers)) == writers_expected


def test_first_letters_do_not_depend_on_how_many_follow(tmp_path, archive_path):
    strokes.write_archive(tmp_path / "fewer.zip", 10, seed=1)
    with zipfile.ZipFile(tmp_path / "fewer.zip") as fewer, zipfile.ZipFile(archive_path) as more:
        for name in ["strokes/00_0000_00000_U.png", "strokes/32_0000_00001_L.png"]:
            assert fewer.read(name) == more.read(name)


def test_names_give_letter_case_and_order_and_foreign_ones_nothing(names):
    origins = [strokes.CORPUS.origin(name) for name in names]
    assert "".join(dict.fromkeys(origin.letter for origin in origins)) == RUSSIAN
    assert origins[0] == ("А", "uppercase", (0,))
    assert origins[-1] == ("Я", "lowercase", (LETTERS_PER_CLASS - 1,))
    for foreign in ("strokes/33_0000_00000_U", "strokes/00_0000_00000_X", "00_0000_00000_U"):
        assert strokes.CORPUS.origin(f"{foreign}.png") is None


def test_pictures_are_grey_pngs_without_metadata(archive_path, names):
    with zipfile.ZipFile(archive_path) as archive:
        for name in names[::97]:
            image = Image.open(io.BytesIO(archive.read(name)))
            assert (image.format, image.mode, image.size, image.info) == ("PNG", "L", (28, 28), {})


def test_ink_is_dark_on_white_paper(pictures):
    assert (pictures == 255).mean() > 0.6
    assert pictures.min(axis=(1, 2)).max() <= 90
    for edge in (pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]):
        assert (edge == 255).all()


def test_letters_fill_the_middle_of_the_picture(pictures):
    boxes = []
    for ink in pictures < 128:
        rows, columns = numpy.flatnonzero(ink.any(axis=1)), numpy.flatnonzero(ink.any(axis=0))
        boxes.append([rows[0], rows[-1], columns[0], columns[-1]])
    top, bottom, left, right = numpy.array(boxes).T
    side = numpy.maximum(bottom - top, right - left) + 1
    assert side.min() >= 17 and side.max() <= 25
    assert 20 <= numpy.median(side) <= 23
    for centre in ((top + bottom) / 2, (left + right) / 2):
        assert abs(centre.mean() - 13.5) < 0.2
        assert abs(centre - 13.5).max() <= 1.5


def test_no_two_pictures_are_alike(pictures):
    assert len(numpy.unique(pictures, axis=0)) == len(pictures)


def test_class_means_of_some_writers_read_the_others(names, pictures):
    letter, writer, _ = numbers(names).T
    ink = 1 - pictures.reshape(len(pictures), -1) / 255
    known = writer < 3
    means = numpy.stack([ink[known & (letter == k)].mean(axis=0) for k in range(33)])
    distance = (means**2).sum(axis=1) - 2 * ink[~known] @ means.T
    accuracy = (distance.argmin(axis=1) == letter[~known]).mean()
    assert 0.6 < accuracy < 0.95  # neither hopeless nor trivial


def test_failure_leaves_what_stood_there_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "strokes.zip"
    path.write_bytes(b"what stood there")

    def break_at_the_second_letter(letter, *_):
        if letter == 1:
            raise RuntimeError("the pen broke")
        return numpy.zeros((28, 28), numpy.uint8)

    monkeypatch.setattr(strokes, "draw", break_at_the_second_letter)
    with pytest.raises(RuntimeError, match="the pen broke"):
        strokes.write_archive(path, 4, seed=1)
    assert path.read_bytes() == b"what stood there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("letters_per_class", [0, -1])
def test_an_empty_corpus_is_refused(tmp_path, letters_per_class):
    with pytest.raises(ValueError, match="letters_per_class must be positive"):
        strokes.write_archive(tmp_path / "strokes.zip", letters_per_class, seed=1)
