"""Other views of a letter: slanted and scaled around the middle of the picture, without a hair."""

import pytest

from edge import views

numpy = pytest.importorskip("numpy")


def warped(picture, slant, scale):
    """Slant and scale with NumPy: the mean of the four pixels around, by their nearness."""
    ink = numpy.pad(255.0 - picture, 40)
    offsets = numpy.arange(28) - 13.5
    y = 53.5 + offsets[:, None] / scale
    x = 53.5 + slant * offsets[:, None] + offsets[None, :] / scale
    y, x = numpy.broadcast_arrays(y, x)
    top, left = (numpy.floor(axis).astype(int) for axis in (y, x))
    down, right = y - top, x - left
    upper = (1 - right) * ink[top, left] + right * ink[top, left + 1]
    lower = (1 - right) * ink[top + 1, left] + right * ink[top + 1, left + 1]
    return 255 - ((1 - down) * upper + down * lower)


def test_each_view_is_the_letter_slanted_and_scaled_around_the_middle():
    picture = numpy.random.default_rng(1).integers(0, 256, (28, 28), numpy.uint8)
    itself, *shown = views.with_others(picture.tobytes())
    assert itself == picture.tobytes()
    assert len(shown) == len(views.VIEWS) == len(set(shown))
    for view, (slant, scale) in zip(shown, views.VIEWS):
        found = numpy.frombuffer(view, numpy.uint8).reshape(28, 28)
        assert abs(found - warped(picture, slant, scale)).max() <= 0.5 + 1e-9


def test_paper_stays_paper_and_a_dot_in_the_middle_stays_there():
    paper = bytes([255]) * 784
    assert views.with_others(paper) == [paper] * (1 + len(views.VIEWS))
    dot = numpy.full((28, 28), 255, numpy.uint8)
    dot[13:15, 13:15] = 0
    for view in views.with_others(dot.tobytes()):
        found = numpy.frombuffer(view, numpy.uint8).reshape(28, 28)
        assert (found == found[::-1, ::-1]).all()
        assert found[13:15, 13:15].max() < 60


def with_line(level, left):
    """Return a prepared letter, six pixels wide, and a level line of ink from `left` on."""
    picture = numpy.full((28, 28), 255, numpy.uint8)
    picture[2:26, 11:17] = 0
    picture[20, left:11] = 255 - level
    return picture


def test_what_is_pale_and_reaches_beyond_the_letter_is_left_out_of_further_views():
    picture, letter = (with_line(80, left).tobytes() for left in (3, 11))
    assert views.of_clean(picture) == views.with_others(picture) + views.with_others(letter)


@pytest.mark.parametrize(
    ("level", "left"), [(90, 3), (80, 7)], ids=["as dark as a stroke", "hardly beyond it"]
)
def test_the_letters_own_strokes_stay(level, left):
    picture = with_line(level, left).tobytes()
    assert views.of_clean(picture) == [picture]
