"""Augmented letters: as strong as was asked for, nothing else, the same from the same seed."""

import numpy
import pytest

from edge import augmentation

STILL = {"rotation": 0, "shear": 0, "scale": 0, "shift": 0, "elastic": 0}


@pytest.fixture
def ink():
    """A cross with one arm longer than the others, so that every movement shows."""
    picture = numpy.zeros((28, 28), numpy.float32)
    picture[6:22, 13:15] = 1
    picture[13:15, 9:24] = 1
    return numpy.repeat(picture[None], 200, axis=0)


def middles(ink):
    """Where the ink's centre of mass is, `(n, 2)`: y and x."""
    weight = ink.sum(axis=(1, 2))
    y = (ink.sum(axis=2) @ numpy.arange(28)) / weight
    x = (ink.sum(axis=1) @ numpy.arange(28)) / weight
    return numpy.stack([y, x], axis=1)


def everything(ink, seed):
    rng = numpy.random.default_rng(seed)
    strengths = {"rotation": 0.2, "shear": 0.2, "scale": 0.1, "shift": 1, "elastic": 1}
    drawn = augmentation.pen(augmentation.warp(ink, rng, **strengths), rng, 0.7)
    return augmentation.contrast(drawn, rng, 0.3)


def test_no_strength_no_change(ink):
    rng = numpy.random.default_rng(0)
    numpy.testing.assert_array_equal(augmentation.warp(ink, rng, **STILL), ink)
    for change in (augmentation.pen, augmentation.sharpness, augmentation.contrast):
        numpy.testing.assert_array_equal(change(ink.copy(), rng, 0.0), ink)


def test_same_seed_same_letters_and_every_letter_its_own(ink):
    first, second, other = everything(ink, 1), everything(ink, 1), everything(ink, 2)
    assert first.tobytes() == second.tobytes() != other.tobytes()
    assert len({letter.tobytes() for letter in first}) == len(first)
    assert first.dtype == numpy.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_shift_is_as_strong_as_it_says(ink):
    moved = augmentation.warp(ink, numpy.random.default_rng(0), **STILL | {"shift": 1.5})
    distances = middles(moved) - middles(ink)
    assert distances.std() == pytest.approx(1.5, rel=0.15)
    assert abs(distances.mean()) < 0.2


def test_a_quarter_turn_turns_the_letter(ink):
    """The generator that draws exactly one standard deviation, and nothing random."""

    class One:
        normal = staticmethod(lambda mean, deviation, size: numpy.full(size, mean + deviation))
        standard_normal = staticmethod(lambda size, dtype: numpy.zeros(size, dtype))

    turned = augmentation.warp(ink[:1], One(), **STILL | {"rotation": numpy.pi / 2})
    numpy.testing.assert_allclose(turned[0], numpy.rot90(ink[0]), atol=1e-4)


def test_scaling_is_as_strong_as_it_says(ink):
    scaled = augmentation.warp(ink, numpy.random.default_rng(0), **STILL | {"scale": 0.1})
    areas = numpy.log(scaled.sum(axis=(1, 2)) / ink[0].sum())
    assert 0.05 < areas.std() < 0.2


def test_distortion_bends_neighbours_alike(ink):
    bent = augmentation.warp(ink, numpy.random.default_rng(0), **STILL | {"elastic": 1.5})
    assert abs(bent - ink).mean() > 0.01
    # Ink neither appears nor vanishes to speak of.
    assert bent.sum() == pytest.approx(ink.sum(), rel=0.1)


def test_the_pen_gets_wider_and_thinner_by_at_most_a_pixel(ink):
    drawn = augmentation.pen(ink, numpy.random.default_rng(0), 1.0)
    amounts = drawn.sum(axis=(1, 2))
    assert amounts.max() > ink[0].sum() * 1.4
    assert amounts.min() < ink[0].sum() * 0.5
    around = numpy.pad(ink[0], 1)
    steps = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))
    reach = sum(around[1 + y : 29 + y, 1 + x : 29 + x] for y, x in steps)
    assert (drawn[:, reach == 0] == 0).all()


def test_edges_get_softer_and_sharper_and_ink_stays_ink(ink):
    drawn = augmentation.sharpness(ink * 0.8, numpy.random.default_rng(0), 1.0)
    steepest = abs(numpy.diff(drawn, axis=2)).max(axis=(1, 2))
    before = abs(numpy.diff(ink[0] * 0.8, axis=1)).max()
    assert steepest.min() < before * 0.7
    assert steepest.max() > before * 1.1
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_contrast_stays_between_paper_and_black(ink):
    faint = augmentation.contrast(ink * 0.5, numpy.random.default_rng(0), 0.4)
    levels = faint.max(axis=(1, 2))
    assert levels.min() < 0.35
    assert levels.max() > 0.65
    assert augmentation.contrast(ink.copy(), numpy.random.default_rng(0), 0.4).max() <= 1
