"""Functions are what their formulas say, and networks as large as allowed."""

import numpy
import pytest
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.files import read_json
from pipeline.nn.network import Network
from studies.perceptron import approximation, depths
from studies.perceptron.approximation import FUNCTIONS, Approximation

SHARED = {"parameters": 60, "examples": 64, "epochs": 1, "batch_size": 16}
RELU = {"initializer": "he", "learning_rates": [0.03]}
TANH = {"initializer": "glorot", "learning_rates": [0.01]}
GRID = {
    "seeds": 2,
    "functions": ["linear", "quadratic"],
    "arguments": [2, 3],
    "depths": [1, 3],
    "shared": SHARED,
    "activations": {"relu": RELU, "tanh": TANH},
}


def spec(**changes):
    one = {"activation": "relu", "function": "linear", "arguments": 3, "depth": 2}
    return Approximation(**SHARED | RELU | one | changes)


def trained(**changes):
    return approximation.run({"approximation": spec(**changes).model_dump(), "seed": 1})


@pytest.mark.parametrize(("name", "order"), [("linear", 1), ("quadratic", 2)])
def test_a_polynomial_has_constant_differences_of_its_degree(name, order):
    # At equal steps on a line through the domain.
    start, end = numpy.random.default_rng(3).uniform(-1, 1, (2, 4))
    points = start + numpy.linspace(0, 1, 6)[:, None] * (end - start)
    differences = numpy.diff(FUNCTIONS[name](points, numpy.random.default_rng(5)), order)
    assert differences == pytest.approx(differences[0])
    assert abs(differences[0]) > 1e-3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_depends_on_every_argument_and_on_the_seed(name):
    points = numpy.full((5, 4), 0.3)
    points[1:][numpy.diag_indices(4)] = -0.6
    values = FUNCTIONS[name](points, numpy.random.default_rng(1))
    assert len(set(values.round(9))) == 5
    assert (values != FUNCTIONS[name](points, numpy.random.default_rng(2))).all()


def test_the_transcendental_function_is_its_formula():
    x = numpy.array([0.5, -0.25])
    a, b, c = numpy.random.default_rng(1).standard_normal((3, 2))
    by_hand = a[0] * numpy.sin(numpy.pi * 0.5) + a[1] * numpy.sin(numpy.pi * -0.25)
    by_hand += (b[0] + b[1]) * numpy.exp(2 * 0.5 * -0.25)
    by_hand += c[0] * numpy.log(1.6) + c[1] * numpy.log(0.85)
    (value,) = FUNCTIONS["transcendental"](x[None], numpy.random.default_rng(1))
    assert value == pytest.approx(by_hand)


def test_all_depths_of_a_seed_learn_from_the_same_data_and_another_seed_from_other():
    shallow, deep, other = (
        approximation.data(spec(depth=depth), seed) for depth, seed in [(1, 4), (3, 4), (1, 5)]
    )
    for part, same, different in zip(shallow, deep, other, strict=True):
        for array, equal, unequal in zip(part, same, different, strict=True):
            assert array.dtype == numpy.float32
            assert (array == equal).all()
            assert (array != unequal).any()
    assert not set(shallow[0][0][:, 0]) & set(shallow[2][0][:, 0])


def test_targets_have_mean_0_and_variance_1_on_the_training_points():
    _, targets = approximation.data(spec(function="quadratic"), 4)[0]
    assert targets.shape == (SHARED["examples"], 1)
    assert targets.mean() == pytest.approx(0, abs=1e-6)
    assert targets.std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("arguments", [4, 12])
def test_a_network_is_as_wide_as_its_parameters_allow(depth, arguments):
    chosen = spec(arguments=arguments, depth=depth, parameters=500)
    network = Network(chosen.network(), numpy.random.default_rng(1))
    count = sum(array.size for array in network.parameters.values())
    assert count == approximation.parameter_count(arguments, depth, chosen.width)
    assert count <= 500 < approximation.parameter_count(arguments, depth, chosen.width + 1)
    assert [layer.type for layer in network.layers] == ["dense", "relu"] * depth + ["dense"]


def test_a_linear_function_is_learned_and_the_better_rate_is_taken():
    found = trained(examples=1024, epochs=4, learning_rates=[1e-5, 0.03])
    assert found["learning_rate"] == 0.03
    assert found["error"] < 0.2
    assert trained(examples=1024, epochs=1, learning_rates=[1e-9])["error"] > 0.5


def test_a_training_that_diverges_is_named():
    with pytest.raises(PipelineError, match=r"'linear'.*at 1e\+30: the loss is"):
        trained(learning_rates=[1e30])


def test_the_study_runs_from_the_command_line(studies, set_study):
    set_study("perceptron", approximation=GRID)
    studies("approximate")
    results = read_json(depths.FOLDER / "results" / "approximation.json")
    assert list(results) == GRID["functions"]
    for of_function in results.values():
        assert list(of_function) == ["relu", "tanh"]
        for by_arguments in of_function.values():
            assert list(by_arguments) == ["2", "3"]
            for by_depth in by_arguments.values():
                assert list(by_depth) == ["1", "3"]
                assert all(len(set(cell["errors"])) == 2 for cell in by_depth.values())
    with Image.open(depths.FOLDER / "curves" / "approximation.png") as drawing:
        # A column of panels a function, a row an activation.
        assert drawing.size == (760, 680)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"functions": ["cubic"]}, r"functions\.0.*'cubic'"),
        ({"seeds": 1}, "seeds"),
        ({"depths": [0, 1]}, r"depths\.0"),
        ({"shared": SHARED | {"epochs": 0}}, r"relu\.epochs(?s:.*)tanh\.epochs"),
        ({"shared": SHARED | {"widht": 3}}, r"relu\.widht"),
        ({"shared": SHARED | {"parameters": 5}}, r"parameters: found 5, .* at least 10"),
        ({"activations": {"sine": {}}}, r"sine\.activation.*'sine'"),
        ({"activations": {"relu": {"learning_rates": [-1.0]}}}, r"relu\.learning_rates\.0"),
    ],
)
def test_a_bad_grid_is_refused_by_name(set_study, changes, named):
    set_study("perceptron", approximation=GRID | changes)
    path = depths.FOLDER / "params.yaml"
    with pytest.raises(PipelineError, match=rf"^{path}: approximation: .*{named}"):
        depths.read()


def test_a_study_without_the_grid_is_named(workplace):
    depths.FOLDER.mkdir(parents=True)
    (depths.FOLDER / "params.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"params\.yaml: no group approximation in it$"):
        depths.read()


def test_the_committed_grid_can_be_read(set_study):
    set_study("perceptron")
    grid, hyperparameters = depths.read()
    assert list(hyperparameters) == ["relu", "tanh"]
    assert (grid.seeds, grid.arguments, grid.depths) == (5, [4, 8, 12], [1, 2, 3, 4, 5])
