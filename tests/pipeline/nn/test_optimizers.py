import itertools
import math
from dataclasses import replace

import numpy
import pytest

from pipeline.nn.optimizers import OPTIMIZERS, SGD, Adam, AdamW, RMSprop
from pipeline.nn.schedules import Step
from tests.pipeline.nn.networks import bytes_of, copies

ALL = [
    SGD(0.1),
    SGD(0.1, 0.5, 0.9),
    SGD(0.1, 0.5, 0.9, True),
    SGD(0.1, 0.5, 0.9, gradient_accumulation_steps=1),
    RMSprop(0.1),
    Adam(0.1),
    AdamW(0.1, weight_decay=1),
]
every_optimizer = pytest.mark.parametrize("kind", ALL, ids=repr)


def fresh(optimizer):
    """Return another of the same hyperparameters, without the state."""
    return replace(optimizer)


def descend(optimizer, parameters, gradients, decayed=("weights",)):
    """Take one step with the mean loss's `gradients`, which are left unchanged."""
    copies = {name: array.astype(parameters[name].dtype) for name, array in gradients.items()}
    optimizer.update(parameters, copies, decayed)


def path(optimizer, start, gradients, name="weights"):
    """Return the values of one parameter after a step with each of `gradients`."""
    parameters, places = {name: numpy.array([start])}, []
    for gradient in gradients:
        descend(optimizer, parameters, {name: numpy.array([gradient])})
        places.append(float(parameters[name][0]))
    return places


def test_sgd_by_hand():
    # lambda = 5 over n = 10 examples: weight_decay 0.5. With a learning rate of 0.1 the weights
    # shrink by 0.95: 2 * 0.95 - 0.1 * 3 = 1.6; the bias does not shrink: 2 - 0.1 * 3 = 1.7.
    optimizer = SGD(learning_rate=0.1, weight_decay=5 / 10)
    assert path(optimizer, 2.0, [3.0]) == pytest.approx([1.6])
    assert path(optimizer, 2.0, [3.0], "bias") == pytest.approx([1.7])


@pytest.mark.parametrize(
    ("options", "gradients", "expected"),
    [
        # Nothing, then 0.5 * (4 + 2) / 2, twice.
        ({"gradient_accumulation_steps": 2}, [4, 2, 0, -2], [10, 8.5, 8.5, 9]),
        # dw = 0.5 * g + 0.5 * dw_previous: 2, 1 + 1, -1 + 1.
        ({"momentum": 0.5}, [4, 2, -2], [8, 6, 6]),
        # With dw 2, 2 and 0 as above: 0.5 * g + 0.5 * dw is 2 + 1, 1 + 1, -1 + 0.
        ({"momentum": 0.5, "nesterov": True}, [4, 2, -2], [7, 5, 6]),
    ],
    ids=str,
)
def test_several_steps_of_sgd_by_hand(options, gradients, expected):
    assert path(SGD(0.5, **options), 10.0, gradients) == expected


def test_momentum_keeps_the_steps_of_another_learning_rate():
    # dw holds the learning rate of its time: 2, then 0.25 * 2 + 0.5 * 2.
    optimizer = SGD(0.5, momentum=0.5, schedule=lambda done: 1 - done)
    parameters = {"weights": numpy.array([10.0])}
    for done, gradient in ((0, 4.0), (0.5, 2.0)):
        optimizer.update(parameters, {"weights": numpy.array([gradient])}, (), done)
    assert parameters["weights"] == [10 - 2 - 1.5]


def test_momentum_takes_weight_decay_along():
    # The gradient is g + 0.5 * w: 4 + 4, then 1 + 2; dw = 0.5 * 8 and 0.5 * 3 + 0.5 * 4.
    assert path(SGD(0.5, 0.5, 0.5), 8.0, [4, 1]) == [4, 0.5]
    assert path(SGD(0.5, 0.5, 0.5), 8.0, [4, 1], "bias") == [6, 4.5]


def test_rmsprop_by_hand():
    # The squares' mean is 0.25 * 16, then 0.75 * 4 + 0.25 * 4.
    places = path(RMSprop(0.5, rho=0.75, epsilon=1), 2.0, [4.0, -2.0])
    assert places == pytest.approx([2 - 0.5 * 4 / (2 + 1), 2 - 2 / 3 + 0.5 * 2 / (2 + 1)])


def test_adam_by_hand():
    # The first step is one of the learning rate, whatever the gradient; the second from the means
    # 0.9 * 0.3 - 0.1 and 0.999 * 0.009 + 0.001, over 1 - 0.9^2 and 1 - 0.999^2.
    second = (0.17 / 0.19) / (math.sqrt(0.009991 / 0.001999) + 1e-8)
    expected = [2 - 0.1 * 3 / (3 + 1e-8), 1.9 - 0.1 * second]
    assert path(Adam(0.1), 2.0, [3.0, -1.0]) == pytest.approx(expected, rel=1e-8)


def test_adam_adds_epsilon_to_the_corrected_root():
    # The squares' mean is 0.5 * 9 over 0.5, then 0.25 * 9 + 0.5 * 1 over 0.75.
    places = path(Adam(0.5, beta_1=0, beta_2=0.5, epsilon=1), 2.0, [3.0, -1.0])
    first = 2 - 0.5 * 3 / (3 + 1)
    assert places == pytest.approx([first, first + 0.5 / (math.sqrt(2.75 / 0.75) + 1)])


def test_adamw_shrinks_apart_from_the_gradient():
    # By 1 - 0.1 * 0.5 before a step of the learning rate.
    optimizer = AdamW(0.1, weight_decay=0.5)
    assert path(optimizer, 2.0, [3.0]) == pytest.approx([2 * 0.95 - 0.1])
    assert path(fresh(optimizer), 2.0, [3.0], "bias") == pytest.approx([2 - 0.1])


@every_optimizer
def test_the_schedule_multiplies_the_learning_rate(kind):
    scheduled = replace(kind, schedule=lambda done: 1 - done)
    slower = replace(kind, learning_rate=kind.learning_rate * 0.25)
    results = []
    for optimizer in (scheduled, slower):
        parameters = {"weights": numpy.array([2.0])}
        optimizer.update(parameters, {"weights": numpy.array([3.0])}, {"weights"}, 0.75)
        results.append(parameters["weights"])
    assert results[0] == results[1] != [2]


@every_optimizer
def test_works_in_place_and_keeps_the_dtype(kind):
    optimizer, weights = fresh(kind), numpy.ones(3, numpy.float32)
    parameters = {"weights": weights}
    for _ in range(2):
        optimizer.update(parameters, {"weights": numpy.ones(3, numpy.float32)}, {"weights"})
    assert parameters["weights"] is weights
    assert weights.dtype == numpy.float32
    assert (weights < 1).all()
    states = {name: array for name, array in optimizer.state.items() if name != "step"}
    assert all(array.dtype == numpy.float32 for array in states.values())


@every_optimizer
def test_parameters_without_a_gradient_do_not_change(kind):
    parameters = {name: numpy.array([2.0]) for name in ("weights", "mean")}
    optimizer = fresh(kind)
    descend(optimizer, parameters, {"weights": numpy.array([1.0])}, decayed={"weights", "mean"})
    assert parameters["mean"] == [2]
    assert parameters["weights"] != [2]
    assert not [name for name in optimizer.state if "mean" in name.split("/")[0]]


@every_optimizer
def test_decay_applies_only_to_the_names_given(kind):
    shrinks = getattr(kind, "weight_decay", 0) > 0
    places = [path(fresh(kind), 2.0, [1.0, 1.0], name) for name in ("weights", "bias")]
    assert (places[0] != places[1]) == shrinks


@every_optimizer
def test_goes_on_from_a_state_to_the_same_bytes(kind):
    rng = numpy.random.default_rng(0)
    parameters = {
        "weights": numpy.ones((3, 4), numpy.float32),
        "bias": numpy.ones(4, numpy.float32),
    }
    gradients = [
        {name: rng.standard_normal(array.shape) for name, array in parameters.items()}
        for _ in range(8)
    ]
    optimizer = fresh(kind)
    for step in gradients[:5]:
        descend(optimizer, parameters, step)
    resumed, resumed_parameters = fresh(kind), copies(parameters)
    resumed.state = copies(optimizer.state)
    for step in gradients[5:]:
        descend(optimizer, parameters, step)
        descend(resumed, resumed_parameters, step)
    assert bytes_of(parameters) == bytes_of(resumed_parameters)
    assert bytes_of(optimizer.state) == bytes_of(resumed.state)


# By option: the optimizers, what they refuse, and what they expect.
IMPOSSIBLE = {
    "learning_rate": (OPTIMIZERS.values(), [0, -1, math.inf, math.nan], "a positive finite number"),
    "weight_decay": ([SGD, AdamW], [-0.1, 10, math.inf, math.nan], ".* less than 10"),
    "momentum": ([SGD], [-0.1, 1, math.nan], ".* less than 1"),
    "beta_1": ([Adam, AdamW], [-0.1, 1, math.nan], ".* less than 1"),
    "beta_2": ([Adam, AdamW], [-0.1, 1, math.nan], ".* less than 1"),
    "rho": ([RMSprop], [-0.1, 1, math.nan], ".* less than 1"),
    "epsilon": ([Adam, RMSprop], [0, -1e-8, math.inf, math.nan], "a positive finite number"),
}


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [(name, *pair) for name in IMPOSSIBLE for pair in itertools.product(*IMPOSSIBLE[name][:2])],
)
def test_impossible_hyperparameters(name, kind, value):
    with pytest.raises(ValueError, match=f"{name}: found {value}, expected {IMPOSSIBLE[name][2]}"):
        kind(**{"learning_rate": 0.1, name: value})


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="nesterov: found true, expected a momentum above 0"):
        SGD(0.1, nesterov=True)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (
            SGD(0.1),
            "SGD(learning_rate=0.1, schedule=Constant(), weight_decay=0.0, momentum=0.0,"
            " nesterov=False, gradient_accumulation_steps=1)",
        ),
        (
            RMSprop(schedule="cosine"),
            "RMSprop(learning_rate=0.001, schedule=Cosine(floor=0.0), rho=0.9, epsilon=1e-08)",
        ),
        (
            Adam(schedule=Step(0.5)),
            "Adam(learning_rate=0.001, schedule=Step(every=0.5, factor=0.1), beta_1=0.9,"
            " beta_2=0.999, epsilon=1e-08)",
        ),
        (
            AdamW(weight_decay=0.5),
            "AdamW(learning_rate=0.001, schedule=Constant(), beta_1=0.9, beta_2=0.999,"
            " epsilon=1e-08, weight_decay=0.5)",
        ),
    ],
)
def test_repr_names_every_hyperparameter(optimizer, expected):
    path(optimizer, 1.0, [1.0])
    assert repr(optimizer) == expected


def test_optimizers_have_names():
    assert {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW} == OPTIMIZERS


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_made_without_arguments(name):
    assert len(path(OPTIMIZERS[name](), 1.0, [1.0])) == 1
