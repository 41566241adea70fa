"""Any part of a picture at any size, as Pillow makes it."""

import math

import pytest

numpy = pytest.importorskip("numpy")
resize = pytest.importorskip("edge.resize")


def noise(*shape):
    return numpy.random.default_rng(1).integers(0, 256, shape, dtype=numpy.uint8)


@pytest.mark.parametrize(
    "box, size",
    [
        ((0, 0, 60, 80), 12),
        ((0, 0, 60, 80), 60),
        ((3.25, 7.5, 41.2, 60.1), 12),
        ((0, 20, 10, 80), 9),
        ((59, 0, 60, 80), 1),
    ],
)
def test_a_smaller_picture_is_pillows(box, size):
    image = pytest.importorskip("PIL.Image")
    picture = noise(60, 80)
    top, left, bottom, right = box
    source = image.fromarray(picture.astype(numpy.float32))
    expected = source.resize((size, size), image.Resampling.BILINEAR, (left, top, right, bottom))
    resized = resize.resized(picture, box, size)
    assert resized.dtype == numpy.float32
    numpy.testing.assert_allclose(resized, numpy.asarray(expected), atol=1e-3)


def between(picture, y, x):
    """Interpolate linearly between the four pixels around a place, in pixels from the corner."""
    height, width = picture.shape
    y, x = min(max(y - 0.5, 0), height - 1), min(max(x - 0.5, 0), width - 1)
    above, before = math.floor(y), math.floor(x)
    below, after = min(above + 1, height - 1), min(before + 1, width - 1)
    down, across = y - above, x - before
    upper = picture[above, before] * (1 - across) + picture[above, after] * across
    lower = picture[below, before] * (1 - across) + picture[below, after] * across
    return upper * (1 - down) + lower * down


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 6, 8),
        (2.25, 1.5, 4.75, 6),
        (-3, -2.5, 6, 8),
        (2, 3, 12, 11),
        (-9.5, -8, 15, 16),
        (20, 30, 25, 35),
    ],
)
def test_a_larger_picture_lies_between_its_pixels_and_goes_on_as_its_border(box):
    picture, size = noise(6, 8), 30
    top, left, bottom, right = box
    down, across = (bottom - top) / size, (right - left) / size
    expected = [
        [between(picture, top + down * (y + 0.5), left + across * (x + 0.5)) for x in range(size)]
        for y in range(size)
    ]
    numpy.testing.assert_allclose(resize.resized(picture, box, size), expected, atol=1e-3)


def test_beyond_the_border_of_a_smaller_picture_its_border_goes_on():
    picture = noise(60, 80)
    # Pixels of ten: three rows above the picture, six of it, and three below.
    resized = resize.resized(picture, (-30, 0, 90, 80), 12)
    assert (resized[:3] == resized[0]).all()
    assert (resized[9:] == resized[-1]).all()


def test_paper_stays_paper_however_far_one_looks():
    for size in (3, 50):
        resized = resize.resized(numpy.full((20, 30), 200, numpy.uint8), (-50, -9, 70, 90), size)
        numpy.testing.assert_allclose(resized, 200, atol=1e-3)


def test_several_pictures_are_resized_as_each_alone():
    pictures = noise(2, 3, 20, 30)
    box = (2.5, -3, 21, 28)
    together = resize.resized(pictures, box, 7)
    assert together.shape == (2, 3, 7, 7)
    for place in numpy.ndindex(2, 3):
        alone = resize.resized(pictures[place], box, 7)
        numpy.testing.assert_allclose(together[place], alone, atol=1e-3)
