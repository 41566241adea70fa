"""Several answers of yes and no at once, or a single one: binary cross-entropy."""

import math

import numpy
import pytest

from pipeline.nn.losses import LOSSES
from pipeline.nn.optimizers import Adam
from pipeline.nn.training import evaluate, fit
from tests.pipeline.nn.networks import bytes_of, dense, network_of

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
# Or, and, exclusive or.
GATES = [[0, 0, 0], [1, 0, 1], [1, 0, 1], [1, 1, 0]]
POINTS = numpy.array(CORNERS, numpy.float32)
BINARY = ["sigmoid_cross_entropy", "mean_sigmoid_cross_entropy"]


def train(answers, loss=BINARY[0], outputs=3, points=POINTS, epochs=150, **options):
    network = network_of([2], dense(8, activation="tanh"), dense(outputs))
    recipe = {"batch_size": 4, "rng": numpy.random.default_rng(0), "optimizer": Adam(0.1)}
    result = fit(network, points, answers, loss=loss, epochs=epochs, **recipe | options)
    return network, result


@pytest.mark.parametrize("loss", BINARY)
def test_a_matrix_of_answers_is_learned(loss):
    network, result = train(GATES, loss)
    assert result.best.training_accuracy == 1
    assert (network.says_yes(network.logits(POINTS)) == GATES).all()


@pytest.mark.parametrize(
    "given",
    [
        GATES,
        numpy.array(GATES, bool),
        numpy.array(GATES, numpy.uint8),
        numpy.array(GATES, numpy.float32),
        numpy.array(GATES, float).tolist(),
    ],
    ids=["lists", "bool", "uint8", "float32", "lists of floats"],
)
@pytest.mark.parametrize("loss", [name for name in LOSSES if not name.startswith("softmax")])
def test_answers_in_any_form_are_learned_as_the_targets_that_they_are(loss, given):
    expected, _ = train(numpy.array(GATES, numpy.float32), loss, epochs=3)
    network, _ = train(given, loss, points=CORNERS, epochs=3)
    assert bytes_of(network.parameters) == bytes_of(expected.parameters)


@pytest.mark.parametrize("form", [(4,), (4, 1)], ids=str)
@pytest.mark.parametrize("kind", [int, bool, numpy.float32])
def test_a_single_output_says_yes_or_no(kind, form):
    exclusive_or = numpy.array([0, 1, 1, 0], kind).reshape(form)
    network, result = train(exclusive_or, outputs=1)
    assert network.predict(POINTS).tolist() == [0, 1, 1, 0]
    accuracy = result.best.training_accuracy
    assert math.isnan(accuracy) if kind is numpy.float32 else accuracy == 1


def test_a_single_sigmoid_says_yes_above_one_half():
    network = network_of([1], dense(1, activation="sigmoid"), initializer=lambda *_: numpy.eye(1))
    assert network.predict([[-1], [-0.1], [0], [0.1]]).tolist() == [0, 0, 0, 1]


def test_the_accuracy_is_the_share_of_right_answers():
    network = network_of([3], dense(3), initializer=lambda *_: numpy.eye(3))
    said = [[1, 1, 1], [-1, -1, 2]]
    for form, right in (([[1, 1, 0], [1, 0, 1]], 4 / 6), ([[1, 1, 1], [0, 0, 1]], 1)):
        assert evaluate(network, said, form, BINARY[0])[1] == pytest.approx(right)


def test_the_epoch_of_most_right_answers_is_the_best():
    _, result = train(GATES, validation=(CORNERS, GATES), epochs=60)
    accuracies = [epoch.validation_accuracy for epoch in result.history]
    assert result.best.validation_accuracy == max(accuracies) > accuracies[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_one_answer_of_several_each_is_a_class(loss):
    classes, each = [0, 2, 1, 0], numpy.eye(3, dtype=int)[[0, 2, 1, 0]]
    results = [train(given, loss, epochs=3) for given in (classes, each)]
    (network, result), (other, other_result) = results
    assert bytes_of(network.parameters) == bytes_of(other.parameters)
    assert result.best.training_accuracy == other_result.best.training_accuracy


@pytest.mark.parametrize(("answers", "outputs"), [(GATES, 3), ([0, 1, 1, 0], 1)], ids=str)
def test_a_softmax_is_refused_for_answers_that_do_not_exclude_each_other(answers, outputs):
    message = "loss: found softmax_cross_entropy, .* expected 'sigmoid_cross_entropy' for a single"
    with pytest.raises(ValueError, match=message):
        train(answers, "softmax_cross_entropy", outputs)
    with pytest.raises(ValueError, match=message):
        evaluate(network_of([2], dense(outputs)), POINTS, answers)


@pytest.mark.parametrize(
    ("last", "loss"),
    [("softmax", "softmax_cross_entropy"), *(("sigmoid", loss) for loss in [*BINARY, "dice"])],
)
def test_an_activation_that_the_loss_has_too_is_refused(last, loss):
    recipe = {"epochs": 1, "batch_size": 4, "rng": None, "optimizer": "sgd"}
    message = f"found {loss}, which has a {last} of its own, after a network that ends in {last};"
    for layers in ([dense(3, activation=last)], [dense(3), last]):
        network = network_of([2], *layers)
        with pytest.raises(ValueError, match=message):
            fit(network, POINTS, [0, 1, 2, 0], loss=loss, **recipe)
        with pytest.raises(ValueError, match=message):
            evaluate(network, POINTS, [0, 1, 2, 0], loss)


def test_the_activation_that_a_loss_lacks_is_not():
    network = network_of([2], dense(3, activation="softmax"))
    assert evaluate(network, POINTS, [0, 1, 2, 0], "mean_squared_error")[0] > 0
