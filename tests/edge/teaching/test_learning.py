"""The learner: its gradients, that it learns what each network is shown, and stays near."""

import numpy
import pytest

from edge.teaching import learning

CLASSES, INPUTS, HIDDEN = 4, 6, 5


@pytest.fixture
def rng():
    return numpy.random.default_rng(0)


def parameters(rng, networks=1, dtype=numpy.float32):
    shapes = [(INPUTS, HIDDEN), (1, HIDDEN), (HIDDEN, CLASSES), (1, CLASSES)]
    return [rng.normal(0, 0.5, (networks, *shape)).astype(dtype) for shape in shapes]


def loss(inputs, start, targets, shares):
    given = learning.probabilities(inputs, start)
    return -(numpy.log(given) * targets * shares).sum()


def test_gradients_are_those_of_the_mean_cross_entropy(rng):
    start = parameters(rng, networks=2, dtype=float)
    inputs = rng.normal(size=(7, INPUTS))
    targets = numpy.eye(CLASSES)[rng.integers(0, CLASSES, 7)]
    shares = rng.random((2, 7, 1))
    for place, gradient in enumerate(learning.gradients(inputs, start, targets, shares)):
        for index in numpy.ndindex(gradient.shape):
            up, down = ([array.copy() for array in start] for _ in range(2))
            up[place][index] += 1e-6
            down[place][index] -= 1e-6
            slope = loss(inputs, up, targets, shares) - loss(inputs, down, targets, shares)
            assert gradient[index] == pytest.approx(slope / 2e-6, rel=1e-4, abs=1e-7)


def passes(inputs):
    return ((numpy.arange(len(inputs)), inputs) for _ in range(learning.STEPS))


def test_each_network_learns_what_it_is_shown_and_nothing_else(rng):
    inputs = rng.normal(size=(8, INPUTS)).astype(numpy.float32)
    labels = numpy.arange(8) % CLASSES
    shown = numpy.array([[True] * 8, [True] * 4 + [False] * 4])
    start = parameters(rng)
    together = learning.learned(passes(inputs), labels, start, shown)
    alone = learning.learned(passes(inputs[:4]), labels[:4], start, shown[1:, :4])
    for both, one in zip(together, alone):
        numpy.testing.assert_allclose(both[1], one[0], atol=1e-5)
    before, after = (
        learning.probabilities(inputs, array)[0, range(8), labels] for array in (start, together)
    )
    assert after.mean() > before.mean() + 0.01


def test_the_fewer_of_all_letters_are_shown_the_nearer_it_stays(rng):
    inputs, start = rng.normal(size=(8, INPUTS)).astype(numpy.float32), parameters(rng)
    shown = numpy.ones((1, 8), bool)

    def distance(labels):
        reached = learning.learned(passes(inputs), labels, start, shown)
        return sum(abs(after - before).sum() for after, before in zip(reached, start))

    assert distance(numpy.zeros(8, int)) < 0.5 * distance(numpy.arange(8) % CLASSES)


def test_no_weight_moves_further_than_the_pull_allows(rng):
    inputs, start = rng.normal(size=(8, INPUTS)).astype(numpy.float32), parameters(rng)
    labels = numpy.arange(8) % CLASSES
    reached = learning.learned(passes(inputs), labels, start, numpy.ones((1, 8), bool))
    for after, before in zip(reached, start):
        assert 0 < abs(after - before).max() < 1.5 / learning.PULL


def test_between_are_both_ends_and_the_middle(rng):
    start, reached = parameters(rng), parameters(rng)
    for share, expected in ((0, start), (1, reached)):
        for found, array in zip(learning.between(start, reached, share), expected):
            numpy.testing.assert_allclose(found, array, atol=1e-6)
