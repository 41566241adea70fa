"""Functions are what their formulas say, networks as large as allowed, conclusions from numbers."""

import json
from pathlib import Path

import numpy
import pytest
import yaml

from pipeline.errors import PipelineError
from pipeline.experiments import approximation, depths
from pipeline.experiments.approximation import FUNCTIONS, Approximation
from pipeline.nn.network import Network
from pipeline.parts.approximation import compared, conclusion, perceptron_approximation
from tests.pipeline.conftest import ROOT

RECIPE = {
    "parameters": 60,
    "activation": "relu",
    "initializer": "he",
    "examples": 64,
    "epochs": 1,
    "batch_size": 16,
    "learning_rates": [0.03],
}
GROUP = {
    "seeds": 2,
    "functions": ["linear", "quadratic"],
    "arguments": [2, 3],
    "depths": [1, 3],
    "shared": {name: RECIPE[name] for name in ("parameters", "examples", "epochs", "batch_size")},
    "activations": {
        "relu": {"initializer": "he", "learning_rates": [0.03]},
        "tanh": {"initializer": "glorot", "learning_rates": [0.01]},
    },
}


def spec(**changes):
    return Approximation(**RECIPE | {"function": "linear", "arguments": 3, "depth": 2} | changes)


def along_a_line(name, steps):
    """Compute a function at equal steps on a line through its domain."""
    rng = numpy.random.default_rng(3)
    start, end = rng.uniform(-1, 1, (2, 4))
    points = start + numpy.linspace(0, 1, steps)[:, None] * (end - start)
    return FUNCTIONS[name](points, numpy.random.default_rng(5))


def write(folder, group):
    folder.mkdir(parents=True)
    (folder / "params.yaml").write_text(yaml.safe_dump({"approximation": group}), "utf-8")


@pytest.mark.parametrize(("name", "order"), [("linear", 1), ("quadratic", 2)])
def test_a_polynomial_has_constant_differences_of_its_degree(name, order):
    values = along_a_line(name, 6)
    differences = numpy.diff(values, order)
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
    by_hand = (
        a[0] * numpy.sin(numpy.pi * 0.5)
        + a[1] * numpy.sin(numpy.pi * -0.25)
        + (b[0] + b[1]) * numpy.exp(2 * 0.5 * -0.25)
        + c[0] * numpy.log(1.6)
        + c[1] * numpy.log(0.85)
    )
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
    assert targets.shape == (RECIPE["examples"], 1)
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
    chosen = spec(examples=1024, epochs=4, learning_rates=[1e-5, 0.03])
    found = approximation.run({"approximation": chosen.model_dump(), "seed": 1})
    assert found["learning_rate"] == 0.03
    assert found["error"] < 0.2
    useless = spec(examples=1024, epochs=1, learning_rates=[1e-9])
    assert approximation.run({"approximation": useless.model_dump(), "seed": 1})["error"] > 0.5


def test_a_training_that_diverges_is_named():
    job = {"approximation": spec(learning_rates=[1e30]).model_dump(), "seed": 1}
    with pytest.raises(PipelineError, match=r"'linear'.*at 1e\+30: the loss is"):
        approximation.run(job)


def test_a_study_runs_from_the_command_line_and_its_part_says_what_came_of_it(stage, workplace):
    folder = workplace / "studies" / "perceptron"
    write(folder, GROUP)
    done = stage("approximate", "studies/perceptron")
    assert done.returncode == 0, done.stderr
    results = json.loads((folder / "results" / "approximation.json").read_text("utf-8"))
    assert list(results) == GROUP["functions"]
    for of_function in results.values():
        assert list(of_function) == ["relu", "tanh"]
        for by_arguments in of_function.values():
            assert list(by_arguments) == ["2", "3"]
            for by_depth in by_arguments.values():
                assert list(by_depth) == ["1", "3"]
                assert all(len(set(cell["errors"])) == 2 for cell in by_depth.values())
    assert (folder / "curves" / "approximation.png").read_bytes().startswith(b"\x89PNG")
    part = perceptron_approximation()
    assert part.startswith("| function, activation | arguments | 1 hidden, ")
    assert part.count("\n| linear, relu |") == part.count("\n| quadratic, tanh |") == 2
    assert "perceptron/curves/approximation.png" in part


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"functions": ["cubic"]}, r"functions\.0.*'cubic'"),
        ({"seeds": 1}, "seeds"),
        ({"depths": [0, 1]}, r"depths\.0"),
        ({"shared": GROUP["shared"] | {"epochs": 0}}, r"relu\.epochs.*tanh\.epochs"),
        ({"shared": GROUP["shared"] | {"widht": 3}}, r"relu\.widht"),
        ({"shared": GROUP["shared"] | {"parameters": 5}}, r"parameters: found 5, .* at least 10"),
        ({"activations": {"sine": {}}}, r"sine\.activation.*'sine'"),
        ({"activations": {"relu": {"learning_rates": [-1.0]}}}, r"relu\.learning_rates\.0"),
    ],
)
def test_a_group_that_cannot_be_is_refused_by_name(workplace, changes, named):
    write(workplace / "own", GROUP | changes)
    with pytest.raises(PipelineError, match=rf"^own/params\.yaml: approximation: .*{named}"):
        depths.read(Path("own"))


def test_a_study_without_the_group_is_named(workplace):
    (workplace / "params.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"^params\.yaml: no group approximation in it$"):
        depths.read(Path())


def test_the_committed_group_can_be_read():
    group, recipes = depths.read(ROOT / "studies" / "perceptron")
    assert list(recipes) == ["relu", "tanh"]
    assert (group.seeds, group.arguments, group.depths) == (5, [4, 8, 12], [1, 2, 3, 4, 5])


HARDNESS = numpy.array([1.0, 2.0, 0.5, 3.0, 1.5])


def test_a_depth_that_is_worse_for_every_seed_is_told_from_the_best_however_hard_the_seeds():
    noise = numpy.array([1.0, 1.02, 0.98, 1.01, 0.99])
    errors = {1: HARDNESS * 1.3 * noise, 2: HARDNESS, 3: HARDNESS * noise[::-1] * 1.01}
    assert compared({depth: row.tolist() for depth, row in errors.items()}) == [2, 3]


def test_the_conclusion_follows_from_the_numbers():
    rising, falling = (
        {depth: (HARDNESS ** (1 + depth / 100) * factor**depth).tolist() for depth in (1, 2, 3)}
        for factor in (2.0, 0.5)
    )
    noisy = [1.0, 1.2, 0.8, 1.1, 0.9]
    same = {1: [1.0] * 5, 2: noisy, 3: [each + 1e-3 for each in noisy[::-1]]}
    text = conclusion({("a", 4): rising, ("a", 8): rising, ("b", 4): falling, ("b", 8): same})
    assert "- a: for 4 and 8 arguments depth 1 is best. The worst depth errs 4.1 to 4.1" in text
    assert "- b: for 4 arguments depth 3 is best; for 8 arguments depth 1 is best, from" in text
    assert "from which 2 and 3 cannot be told" in text
    assert text.endswith(
        "- No depth is in every row the best or one that cannot be told from it.\n"
    )
    text = conclusion({("a", 4): rising, ("b", 8): same})
    assert text.endswith("- Depth 1 is in every row the best or one that cannot be told from it.\n")
