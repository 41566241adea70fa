import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nn.losses import (
    LOSSES,
    WeightedSum,
    arctan_error,
    dice,
    mean_sigmoid_cross_entropy,
    mean_squared_error,
    quadratic_cost,
    root_mean_squared_error,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
)

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


ODDS = numpy.array([[0, math.log(3)], [0, math.log(3)]])
SOFTMAX_OF_ODDS = (math.log(4 / 3) + math.log(4)) / 2, [[1 / 8, -1 / 8], [-3 / 8, 3 / 8]]
SIGMOID_OF_ODDS = (math.log(8 / 3) + math.log(8)) / 2, [[1 / 4, -1 / 8], [-1 / 4, 3 / 8]]
TWO_HUGE = numpy.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], numpy.float32)
ALL_HUGE = numpy.array([[1e4, -1e4, -1e4], [1e4, -1e4, -1e4]], numpy.float32)
OF_HUGE = 1e4, [[0, 0, 0], [0.5, -0.5, 0]]
OF_HUGE_MEAN = 1e4 / 3, [[0, 0, 0], [1 / 6, -1 / 6, 0]]
# (a - t - loss * a) / denominator * a * (1 - a), for 2 examples.
OF_DICE = [
    [(1 / 2 - 5 / 45 / 2) * 16 / 45 / 4, (-1 / 4 - 5 / 45 * 3 / 4) * 16 / 45 * 3 / 16],
    [(-1 / 2 - 13 / 45 / 2) * 16 / 45 / 4, (3 / 4 - 13 / 45 * 3 / 4) * 16 / 45 * 3 / 16],
]
FAR = numpy.array([[7.0, 0.0], [0.0, -1.0]])
OF_FAR = math.sqrt(10), numpy.array([[6, 0], [0, -2]]) / (4 * math.sqrt(10))
NEAR = numpy.array([[1.0, 0.0], [0.5, 0.5]])
OF_ANGLES = (math.pi / 4) ** 2, [[math.pi / 8, -math.pi / 8]]


@pytest.mark.parametrize(
    ("loss", "outputs", "labels", "expected", "tolerance"),
    [
        # The true class has probability 3/4 in the first row, 1/4 in the second.
        (softmax_cross_entropy, ODDS, [1, 0], SOFTMAX_OF_ODDS, 1e-14),
        # The neurons say 1/2 and 3/4; of the targets (0, 1) that is 1/2 * 3/4, of (1, 0) 1/2 * 1/4.
        (sigmoid_cross_entropy, ODDS, [1, 0], SIGMOID_OF_ODDS, 1e-14),
        (softmax_cross_entropy, TWO_HUGE, [0, 1], OF_HUGE, 0),
        (sigmoid_cross_entropy, ALL_HUGE, [0, 1], OF_HUGE, 0),
        (mean_sigmoid_cross_entropy, ALL_HUGE, [0, 1], OF_HUGE_MEAN, 1e-7),
        # The neurons say 1/2 and 3/4. The differences' squares sum to 5/16 and 13/16, the
        # denominators are 13/16 + 1 + 1 = 45/16.
        (dice, ODDS, [1, 0], (9 / 45, OF_DICE), 1e-14),
        (mean_squared_error, NEAR, [0, 1], (0.5 / 4, [[0, 0], [0.25, -0.25]]), 0),
        (quadratic_cost, NEAR, [0, 1], (0.5 / 2 / 2, [[0, 0], [0.25, -0.25]]), 0),
        # The errors are 6, 0, 0 and -2: the root of 40/4 is that of 10.
        (root_mean_squared_error, FAR, [0, 1], OF_FAR, 0),
        # The errors are 1 and -1, their arctangents pi/4 and -pi/4.
        (arctan_error, numpy.array([[2.0, -1.0]]), [0], OF_ANGLES, 1e-14),
    ],
)
def test_loss_and_gradient_by_hand(loss, outputs, labels, expected, tolerance):
    value, gradient = loss(outputs, numpy.array(labels))
    assert gradient.dtype == outputs.dtype
    numpy.testing.assert_allclose(value, expected[0], tolerance)
    numpy.testing.assert_allclose(gradient, expected[1], tolerance)


@pytest.mark.parametrize("classes", [1, 2, 33])
def test_equal_logits_cost_the_logarithm_of_the_number_of_classes(classes):
    loss, _ = softmax_cross_entropy(numpy.full((5, classes), 7.0), numpy.zeros(5, int))
    assert loss == pytest.approx(math.log(classes), abs=1e-12)


def test_cross_entropy_of_targets_is_the_mean_of_that_of_their_labels():
    logits = numpy.random.default_rng(1).normal(size=(5, 4))
    first, second = numpy.array([0, 1, 2, 3, 0]), numpy.array([3, 1, 0, 0, 2])
    targets = 0.25 * numpy.eye(4)[first] + 0.75 * numpy.eye(4)[second]
    loss, gradient = softmax_cross_entropy(logits, targets)
    (one, one_gradient), (two, two_gradient) = (
        softmax_cross_entropy(logits, labels) for labels in (first, second)
    )
    assert loss == pytest.approx(0.25 * one + 0.75 * two)
    numpy.testing.assert_allclose(gradient, 0.25 * one_gradient + 0.75 * two_gradient, atol=1e-15)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40), st.data())
def test_cross_entropy_is_finite_and_its_gradient_sums_to_zero(row, data):
    label = data.draw(st.integers(0, len(row) - 1))
    loss, gradient = softmax_cross_entropy(numpy.array([row], numpy.float32), numpy.array([label]))
    assert 0 <= loss < math.inf
    assert gradient.sum() == pytest.approx(0, abs=1e-5)
    assert gradient[0, label] <= 0


def test_softmax():
    probabilities = softmax(numpy.array([[1e4, 1e4], [-1e4, 1e4]], numpy.float32))
    numpy.testing.assert_array_equal(probabilities, [[0.5, 0.5], [0, 1]])


@pytest.mark.parametrize("loss", [sigmoid_cross_entropy, mean_sigmoid_cross_entropy, dice])
def test_a_loss_of_labels_is_that_of_their_one_hot_targets(loss):
    rng = numpy.random.default_rng(0)
    outputs, labels = rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    value, gradient = loss(outputs, labels)
    of_targets, its_gradient = loss(outputs, numpy.eye(4)[labels])
    assert of_targets == pytest.approx(value, rel=1e-12)
    numpy.testing.assert_allclose(its_gradient, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", [mean_sigmoid_cross_entropy, dice])
def test_sure_pixels(loss):
    masks = numpy.zeros((2, 1, 4, 4), numpy.float32)
    masks[1, 0, :2] = 1
    right = numpy.where(masks, numpy.float32(1e4), -1e4)
    assert loss(right, masks)[0] == 0
    value, gradient = loss(-right, masks)
    assert gradient.dtype == numpy.float32
    assert numpy.isfinite(gradient).all()
    # Everything found where nothing is, and the wrong half of a picture.
    expected = 1e4 if loss is mean_sigmoid_cross_entropy else (16 / 17 + 16 / 17) / 2
    assert value == pytest.approx(expected, rel=1e-6)


def test_a_weighted_sum():
    rng = numpy.random.default_rng(0)
    outputs, masks = rng.standard_normal((3, 1, 4, 5)), rng.random((3, 1, 4, 5))
    value, gradient = WeightedSum({"dice": 0.3, "mean_squared_error": 2})(outputs, masks)
    (one, one_gradient), (two, two_gradient) = (
        loss(outputs, masks) for loss in (dice, mean_squared_error)
    )
    assert value == pytest.approx(0.3 * one + 2 * two)
    numpy.testing.assert_allclose(gradient, 0.3 * one_gradient + 2 * two_gradient)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, "weights: found {}, expected a weight for one or more of .*'dice'"),
        ({"iou": 1}, "weights: found {'iou': 1}"),
        ("dice", "weights: found 'dice'"),
        ({"dice": 0}, "weights: dice: found 0, expected a positive finite number"),
    ],
)
def test_impossible_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        WeightedSum(weights)


@pytest.mark.parametrize(
    "loss", [mean_squared_error, quadratic_cost, root_mean_squared_error, arctan_error]
)
def test_an_error_of_labels_is_that_of_their_one_hot_targets(loss):
    rng = numpy.random.default_rng(0)
    outputs, labels = rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    value, gradient = loss(outputs, labels)
    of_targets, its_gradient = loss(outputs, numpy.eye(4)[labels])
    assert of_targets == value
    numpy.testing.assert_array_equal(its_gradient, gradient)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rest", [0, 1e-24])
def test_where_the_root_mean_squared_error_is_0_so_is_its_gradient(rest):
    """Also that of the rest, whose square is too small for float32."""
    outputs = numpy.array([[1, rest], [rest, 1]], numpy.float32)
    loss, gradient = root_mean_squared_error(outputs, numpy.array([0, 1]))
    assert loss == 0
    numpy.testing.assert_array_equal(gradient, numpy.zeros((2, 2)))


def test_an_outlier_costs_at_most_a_right_angle():
    loss, gradient = arctan_error(numpy.array([[1e4, -1e4]], numpy.float32), numpy.array([0]))
    assert loss == pytest.approx((math.pi / 2) ** 2, rel=1e-3)
    numpy.testing.assert_allclose(gradient, [[math.pi / 2e8, -math.pi / 2e8]], rtol=1e-3)


@pytest.mark.filterwarnings("error")
@every_loss
def test_huge_outputs_have_a_finite_loss(loss):
    value, gradient = loss(TWO_HUGE, numpy.array([0, 1]))
    assert 0 < value < math.inf
    assert numpy.isfinite(gradient).all()


@every_loss
def test_losses_are_never_negative(loss):
    """Also for sure and right answers, whose loss is only rounding errors."""
    for seed in range(20):
        rng = numpy.random.default_rng(seed)
        labels = rng.integers(0, 33, 100)
        logits = rng.normal(-30, 5, (100, 33)).astype(numpy.float32)
        logits[numpy.arange(100), labels] += 55
        assert loss(logits, labels)[0] >= 0


@pytest.mark.parametrize("dtype", [numpy.float32, numpy.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@every_loss
def test_losses_leave_their_arguments_alone_and_keep_the_dtype(loss, order, dtype):
    rng = numpy.random.default_rng(0)
    outputs = numpy.asarray(rng.standard_normal((6, 4)), dtype, order=order)
    labels = numpy.arange(6) % 4
    given_outputs = outputs.copy()
    value, gradient = loss(outputs, labels)
    assert type(value) is float
    assert gradient.dtype == dtype
    assert gradient.shape == (6, 4)
    numpy.testing.assert_array_equal(outputs, given_outputs)
    numpy.testing.assert_array_equal(labels, [0, 1, 2, 3, 0, 1])


@every_loss
def test_a_loss_is_the_mean_over_its_batch(loss):
    """The same examples twice have the same loss, and each half the gradient."""
    outputs, labels = numpy.random.default_rng(0).standard_normal((3, 4)), numpy.array([1, 3, 0])
    value, gradient = loss(outputs, labels)
    twice, halves = loss(numpy.tile(outputs, (2, 1)), numpy.tile(labels, 2))
    assert twice == pytest.approx(value)
    numpy.testing.assert_allclose(halves, numpy.tile(gradient, (2, 1)) / 2)


OF_TARGETS = [loss for name, loss in LOSSES.items() if name != "softmax_cross_entropy"]


def check_weights(loss, outputs, aims):
    """A weight of 2 is an example twice, one of 0 none, of a mean over as many as before."""
    weights = numpy.array([1.0, 2, 0, 1])
    twice = [0, 1, 1, 3]
    value, gradient = loss(outputs, aims, weights)
    expected, by_twice = loss(outputs[twice], aims[twice])
    assert value == pytest.approx(expected, rel=1e-12)
    numpy.testing.assert_allclose(gradient[0], by_twice[0], rtol=1e-12)
    numpy.testing.assert_allclose(gradient[1], 2 * by_twice[1], rtol=1e-12)
    numpy.testing.assert_array_equal(gradient[2], 0)


@every_loss
def test_a_weight_is_how_often_an_example_counts(loss):
    rng = numpy.random.default_rng(6)
    check_weights(loss, rng.standard_normal((4, 3)), rng.integers(0, 3, 4))
    check_weights(loss, rng.standard_normal((4, 3)), rng.dirichlet(numpy.ones(3), 4))


@pytest.mark.parametrize("loss", OF_TARGETS)
def test_a_mask_has_one_weight(loss):
    rng = numpy.random.default_rng(6)
    check_weights(loss, rng.standard_normal((4, 1, 3, 2)), rng.random((4, 1, 3, 2)))


@every_loss
def test_weights_of_one_change_no_byte(loss):
    rng = numpy.random.default_rng(6)
    outputs, labels = rng.standard_normal((5, 3)).astype(numpy.float32), rng.integers(0, 3, 5)
    value, gradient = loss(outputs, labels, numpy.ones(5, numpy.float32))
    expected, expected_gradient = loss(outputs, labels)
    assert value == expected
    assert gradient.tobytes() == expected_gradient.tobytes()
