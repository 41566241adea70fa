import math

import numpy
import pytest

from pipeline.nn.optimizers import SGD


def test_sgd_by_hand():
    # lambda = 5 over n = 10 examples: weight_decay 0.5. With a learning rate of 0.1 the weights
    # shrink by 0.95: 2 * 0.95 - 0.1 * 3 = 1.6; the bias does not shrink: 2 - 0.1 * 3 = 1.7.
    optimizer = SGD(learning_rate=0.1, weight_decay=5 / 10)
    parameters = {"weights": numpy.array([2.0]), "bias": numpy.array([2.0])}
    scaled = {name: numpy.array([3.0]) * optimizer.gradient_scale for name in parameters}
    optimizer.update(parameters, scaled, {"weights"})
    assert parameters["weights"] == pytest.approx(1.6)
    assert parameters["bias"] == pytest.approx(1.7)


def test_sgd_works_in_place_and_keeps_the_dtype():
    weights = numpy.ones(3, numpy.float32)
    parameters = {"weights": weights}
    SGD(0.1, 0.1).update(parameters, {"weights": numpy.ones(3, numpy.float32)}, {"weights"})
    assert parameters["weights"] is weights
    assert weights.dtype == numpy.float32
    assert (weights < 0).all()


@pytest.mark.parametrize("learning_rate", [0, -1, math.inf, math.nan])
def test_impossible_learning_rate(learning_rate):
    with pytest.raises(ValueError, match=r"learning_rate: found .*positive finite"):
        SGD(learning_rate)


@pytest.mark.parametrize("weight_decay", [-0.1, 10, math.inf, math.nan])
def test_impossible_weight_decay(weight_decay):
    with pytest.raises(ValueError, match=r"weight_decay: found .*less than 10"):
        SGD(0.1, weight_decay)
