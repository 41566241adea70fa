"""Wherever the library wants an object, the name of one does; a wrong one is refused with all."""

import re

import numpy
import pytest

from pipeline.nn import initializers
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.optimizers import OPTIMIZERS, SGD, Adam
from pipeline.nn.schedules import SCHEDULES, Constant, Cosine, WarmUp
from pipeline.nn.training import evaluate, fit
from tests.pipeline.nn.networks import bytes_of, dense, network_of

POINTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
LABELS = [0, 1, 1, 0]


def trained(**changes):
    network = network_of([2], dense(4, activation="tanh"), dense(2))
    recipe = {"epochs": 3, "batch_size": 2, "rng": numpy.random.default_rng(1)}
    fit(network, POINTS, LABELS, **recipe | {"optimizer": SGD(0.1)} | changes)
    return bytes_of(network.parameters)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer(name):
    assert trained(optimizer=name) == trained(optimizer=OPTIMIZERS[name]())
    assert trained(optimizer=OPTIMIZERS[name]) == trained(optimizer=name)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss(name):
    assert trained(loss=name) == trained(loss=LOSSES[name])
    network = network_of([2], dense(2))
    measured = [evaluate(network, POINTS, LABELS, loss) for loss in (name, LOSSES[name])]
    assert measured[0] == measured[1]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule(name):
    assert Adam(schedule=name) == Adam(schedule=SCHEDULES[name]())
    assert WarmUp(0.2, name) == WarmUp(0.2, SCHEDULES[name]())
    assert Adam(schedule=Cosine) == Adam(schedule=Cosine())


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer(name):
    of_network = [
        network_of([3], dense(4), initializer=given, bias_initializer=given).parameters
        for given in (name, INITIALIZERS[name])
    ]
    assert bytes_of(of_network[0]) == bytes_of(of_network[1])
    of_layer = network_of([3], dense(4, kernel_initializer=name, bias_initializer=name))
    assert bytes_of(of_layer.parameters) == bytes_of(of_network[0])


def refused(what):
    with pytest.raises(ValueError) as caught:
        what()
    return str(caught.value)


NETWORK = network_of([2], dense(2))
LISTS = {
    "optimizer": "adam, adamw, rmsprop, sgd",
    "loss": "arctan_error, dice, mean_sigmoid_cross_entropy, mean_squared_error, quadratic_cost,"
    " root_mean_squared_error, sigmoid_cross_entropy, softmax_cross_entropy",
    "schedule": "constant, cosine, one_cycle, step, warm_up",
    "initializer": "glorot, he, normal, random_normal, random_uniform, standard_normal, zeros",
    "activation": "elu, exponential, identity, leaky_relu, prelu, relu, selu, sigmoid, softmax,"
    " softplus, softsign, tanh",
}
REFUSED = [
    ("optimizer", lambda wrong: trained(optimizer=wrong), "Adm", "adam"),
    ("loss", lambda wrong: trained(loss=wrong), "softmax_crossentropy", "softmax_cross_entropy"),
    ("schedule", lambda wrong: SGD(0.1, schedule=wrong), "cosin", "cosine"),
    ("initializer", lambda wrong: network_of([2], dense(2), initializer=wrong), "He", "he"),
    ("activation", lambda wrong: network_of([2], dense(2, activation=wrong)), "rulu", "relu"),
]


@pytest.mark.parametrize(("kind", "give", "wrong", "meant"), REFUSED, ids=LISTS)
def test_a_wrong_one(kind, give, wrong, meant):
    expected = f"{kind}: found {wrong!r}, expected one of {LISTS[kind]}, did you mean {meant!r}?"
    assert refused(lambda: give(wrong)).endswith(expected)
    assert refused(lambda: give("?")).endswith(f"found '?', expected one of {LISTS[kind]}")


@pytest.mark.parametrize(("kind", "give", "_", "__"), REFUSED, ids=LISTS)
@pytest.mark.parametrize("wrong", [3, ["adam"], b"relu"], ids=repr)
def test_what_is_no_name(kind, give, _, __, wrong):
    said = refused(lambda: give(wrong))
    assert f"{kind}: found {wrong!r}, expected one of {LISTS[kind]}" in said
    assert "\n" not in said


def test_a_layer_takes_a_name_alone_since_a_description_is_plain_data():
    said = refused(lambda: network_of([2], dense(2, kernel_initializer=initializers.he)))
    assert said.startswith("layer 1 (dense): kernel_initializer: found <function he at")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"type": "dens", "units": 2}, "layer 1: found type 'dens', did you mean 'dense'?"),
        ({"type": "Conv2D"}, "layer 1: found type 'Conv2D', expected one of activity_regulari"),
        (dense(2, unit=2), "layer 1 (dense): found option 'unit', did you mean 'units'?"),
        (
            {"type": "dropout", "rat": 0.5},
            "layer 1 (dropout): found option 'rat', did you mean 'rate'?",
        ),
    ],
    ids=str,
)
def test_a_layer_that_was_meant(layer, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        network_of([2], layer)


def test_a_constant_learning_rate_is_the_default():
    assert SGD().schedule == Adam().schedule == Constant()
