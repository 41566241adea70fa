import numpy
import pytest

from pipeline.nn.checks import described
from pipeline.nn.constraints import Constraint
from pipeline.nn.folding import folded
from pipeline.nn.optimizers import SGD, AdamW
from pipeline.nn.training import fit
from tests.pipeline.nn.networks import dense, entry, network_of

# Two units with norms 5 and 0.5, and one that is silent.
WEIGHTS = numpy.array([[3.0, 0.3, 0], [-4, -0.4, 0]])


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, WEIGHTS),
        ({"max_norm": 1}, [[0.6, 0.3, 0], [-0.8, -0.4, 0]]),
        ({"min_norm": 1}, [[3, 0.6, 0], [-4, -0.8, 0]]),
        ({"min_norm": 1, "max_norm": 1}, [[0.6, 0.6, 0], [-0.8, -0.8, 0]]),
        ({"min_norm": 1, "max_norm": 2}, [[1.2, 0.6, 0], [-1.6, -0.8, 0]]),
        ({"non_negative": True}, [[3, 0.3, 0], [0, 0, 0]]),
        ({"non_negative": True, "max_norm": 1}, [[1, 0.3, 0], [0, 0, 0]]),
    ],
)
def test_constraint_by_hand(bounds, expected):
    array = WEIGHTS.copy()
    Constraint(**bounds).apply(array)
    numpy.testing.assert_allclose(array, expected, rtol=1e-15)


def test_the_norm_of_a_filter_is_over_its_whole_kernel():
    array = numpy.ones((2, 3, 3, 4)) * [0.1, 1, 2, 3]
    Constraint(max_norm=2).apply(array)
    norms = numpy.sqrt(numpy.square(array).sum(axis=(0, 1, 2)))
    numpy.testing.assert_allclose(norms, [0.1 * 18**0.5, 2, 2, 2])


def test_the_norm_of_a_bias_is_over_all_its_numbers():
    array = numpy.array([3.0, 4])
    Constraint(max_norm=1).apply(array)
    numpy.testing.assert_allclose(array, [0.6, 0.8])


def test_what_is_within_the_bounds_keeps_its_bytes():
    array = numpy.random.default_rng(1).standard_normal((20, 30)).astype(numpy.float32)
    before = array.tobytes()
    Constraint(min_norm=1, max_norm=20).apply(array)
    assert array.tobytes() == before


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (2, "found 2, expected {'min_norm': ..., 'max_norm': ..., 'non_negative': ...}"),
        ({"norm": 2}, "found {'norm': 2}, expected {'min_norm'"),
        ({"max_norm": 0}, "max_norm: found 0, expected a positive finite number"),
        ({"max_norm": "2"}, "max_norm: found '2'"),
        ({"min_norm": -1}, "min_norm: found -1, expected a finite number from 0 on"),
        ({"min_norm": 2, "max_norm": 1}, "min_norm: found 2, expected at most max_norm, 1"),
        ({"non_negative": 1}, "non_negative: found 1, expected true or false"),
    ],
)
def test_impossible_descriptions(description, message):
    with pytest.raises(ValueError) as caught:
        described(Constraint, "kernel_constraint", description)
    assert str(caught.value).startswith(f"kernel_constraint: {message}")


def constrained(**options):
    return network_of(
        *([6, 6], entry("convolution", filters=4, kernel=3, **options), "relu"),
        *(entry("dropout", rate=0.1), dense(3, **options)),
    )


def train(network, optimizer=None):
    rng = numpy.random.default_rng(2)
    pictures, labels = rng.random((60, 6, 6), numpy.float32), rng.integers(0, 3, 60)
    recipe = {"epochs": 3, "batch_size": 10, "rng": rng, "validation": (pictures, labels)}
    return fit(network, pictures, labels, optimizer=optimizer or SGD(0.5), **recipe)


@pytest.mark.parametrize(
    "optimizer", [SGD(0.5, momentum=0.9, gradient_accumulation_steps=4), AdamW(0.1)]
)
def test_a_trained_network_keeps_to_its_constraints(optimizer):
    network = constrained(
        kernel_constraint={"max_norm": 0.5}, bias_constraint={"non_negative": True}
    )
    train(network, optimizer)
    for name, array in network.parameters.items():
        if name.endswith("bias"):
            assert (array >= 0).all()
        else:
            norms = numpy.sqrt(numpy.square(array).sum(axis=tuple(range(array.ndim - 1))))
            assert (norms < 0.5 + 1e-6).all()
            assert (norms > 0.4).any()


def test_a_training_goes_as_without_constraints_until_one_is_broken():
    free, loose = constrained(), constrained(kernel_constraint={"max_norm": 100})
    assert [row[:-1] for row in train(free).history] == [row[:-1] for row in train(loose).history]


def test_a_network_describes_its_constraints_until_it_is_folded():
    bounds = {"max_norm": 2}
    network = constrained(kernel_constraint=bounds, bias_constraint=bounds)
    first = network.description()["layers"][0]
    assert first["kernel_constraint"] == first["bias_constraint"] == bounds
    assert "kernel_constraint={'max_norm': 2}" in network.summary()
    assert "constraint" not in str(folded(network).description())
