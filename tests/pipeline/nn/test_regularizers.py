import numpy
import pytest

from pipeline.nn.checks import described as option
from pipeline.nn.losses import softmax_cross_entropy
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.regularizers import Regularizer, l2_of_lambda, weight_decay_of_lambda
from tests.pipeline.nn.networks import assert_same, dense, described, entry, network_of

WEIGHTS = numpy.array([[1.0, -2.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    ("factors", "penalty", "gradient"),
    [
        ({}, 0, [[0, 0], [0, 0]]),
        ({"l1": 0.5}, 3, [[0.5, -0.5], [0, 0.5]]),
        ({"l2": 0.25}, 3.5, [[0.5, -1], [0, 1.5]]),
        ({"l1": 0.5, "l2": 0.25}, 6.5, [[1, -1.5], [0, 2]]),
    ],
)
def test_penalty_and_gradient_by_hand(factors, penalty, gradient):
    regularizer = Regularizer(**factors)
    assert regularizer.penalty(WEIGHTS) == penalty
    total = numpy.full((2, 2), 10.0)
    regularizer.add_gradient(WEIGHTS, total, 2)
    numpy.testing.assert_array_equal(total, 10 + 2 * numpy.array(gradient))


def test_a_network_adds_up_the_penalties_of_its_layers():
    description = described(
        [2],
        dense(2, kernel_regularizer={"l1": 1}),
        entry("activity_regularization", l1=1, l2=10),
        dense(1, bias_regularizer={"l2": 100}),
    )
    first = {"dense_1/weights": WEIGHTS, "dense_1/bias": numpy.zeros(2)}
    second = {"dense_2/weights": numpy.ones((2, 1)), "dense_2/bias": numpy.array([2.0])}
    network = Network.from_parameters(description, first | second, dtype=numpy.float64)
    # The activations are (1, -2) and (0, 3), of which every example costs a half.
    network.forward(numpy.eye(2), training=True)
    assert network.penalty() == 6 + (6 + 10 * 14) / 2 + 100 * 4


def test_no_options_make_no_regularizer():
    assert network_of([2], dense(1, kernel_regularizer=None)).layers[0].regularizers == {}
    parsed = option(Regularizer, "kernel_regularizer", {"l2": 0.5})
    assert (parsed.l1, parsed.l2) == (0, 0.5)


@pytest.mark.parametrize("factor", [-0.1, float("nan"), float("inf"), "0.1", None, True])
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_impossible_factors(name, factor):
    with pytest.raises(ValueError, match=f"{name}: found .*expected a finite number from 0 on"):
        Regularizer(**{name: factor})


@pytest.mark.parametrize("description", [0.1, ["l1"], {"l3": 1}, "l2"])
def test_impossible_descriptions(description):
    with pytest.raises(ValueError, match=r"kernel_regularizer: found .*expected {'l1'"):
        option(Regularizer, "kernel_regularizer", description)


def test_the_factors_of_lambda():
    assert l2_of_lambda(20, 1000) == 0.01
    assert weight_decay_of_lambda(20, 1000) == 0.02


def test_lambda_is_the_same_as_a_regularizer_and_as_weight_decay():
    """One step of gradient descent, with lambda = 5 over 40 examples."""
    inputs = numpy.random.default_rng(1).standard_normal((8, 6))
    labels = numpy.arange(8) % 3
    stepped = []
    for options, weight_decay in (
        ({"kernel_regularizer": {"l2": l2_of_lambda(5, 40)}}, 0),
        ({}, weight_decay_of_lambda(5, 40)),
    ):
        network = network_of([6], dense(3, **options), dtype=numpy.float64)
        optimizer = SGD(0.3, weight_decay)
        gradient = softmax_cross_entropy(network.forward(inputs, training=True), labels)[1]
        network.backward(gradient)
        optimizer.update(network.parameters, network.gradients, network.decayed)
        stepped.append(network.parameters)
    assert_same(*stepped, rtol=1e-12, atol=0)
