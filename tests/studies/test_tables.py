"""Every table of every study runs in small: few pictures, one epoch, one seed."""

import math
import shutil
from pathlib import Path

import dask
import numpy
import pytest
import yaml
from distributed import LocalCluster
from PIL import Image

from edge.ink import ink
from pipeline import params
from pipeline.errors import PipelineError
from pipeline.files import read_csv, read_json
from pipeline.nn.metrics import accuracy
from pipeline.report.plots import sheets
from pipeline.stages import split
from studies import datasets, engine, row, table
from studies.digits import loop, misread, neuron
from studies.row import Row
from tests.support.studies import few_digits
from tests.support.workplace import ROOT, clean_strokes

STUDIES = ("thesis", "digits", "perceptron")
SHARED = {
    "data": "digits_50000",
    "hidden": [4],
    "learning_rate": 0.1,
    "batch_size": 10,
    "epochs": 2,
}


def tables(study):
    document = yaml.safe_load((ROOT / "studies" / study / "params.yaml").read_text("utf-8"))
    return {name: body for name, body in document.items() if "rows" in body}


def ran(**changes):
    return row.run({"row": Row(**SHARED | changes).model_dump(), "seed": 1})


def is_png(path):
    with Image.open(path) as picture:
        picture.load()
        return picture.format == "PNG" and len(picture.convert("L").getcolors()) > 1


@pytest.fixture(autouse=True)
def _nothing_remembered():
    datasets.load.cache_clear()
    yield
    datasets.load.cache_clear()


@pytest.fixture
def place(workplace):
    """A workplace with too few digits to learn all, and the studies' own parameters made small."""
    few_digits(48)
    for name in STUDIES:
        folder = workplace / "studies" / name
        shutil.copytree(ROOT / "studies" / name, folder)
        document = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        for section in document.values():
            section |= {"seeds": 1} if "rows" in section else {}
            for each in [section.get("shared", {}), *section.get("rows", [])]:
                each |= {"epochs": 1} if "epochs" in each else {}
                each |= {"examples": 60} if each.get("examples") else {}
                each |= {"seeds": 1} if "seeds" in each else {}
        (folder / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return workplace


@pytest.fixture
def workers(workplace):
    """Start workers that all tables share: starting some for each of them would take longer."""
    with engine.keeping_environment():
        cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
        with cluster, dask.config.set({"scheduler-address": cluster.scheduler_address}):
            yield


def test_every_table_of_every_study_measures_all_its_rows(place, set_params, workers):
    clean_strokes(12)
    split.run(set_params(split__test_per_letter=4, split__validation_share=0.2), "random")
    for study in STUDIES:
        folder = Path("studies") / study
        for name, body in tables(study).items():
            table.run(params.read(), study, name)
            results = read_json(folder / "results" / f"{name}.json")
            assert len(results) == len(body["rows"])
            for of_row in results.values():
                chosen = {"best"} & set(of_row["test"])
                assert bool(chosen) == ("best_epoch" in of_row)
                assert set(of_row["test"]) - chosen == {"first", "final", "highest", "fp16"}
                for (share,) in [of_row["training"], *of_row["test"].values()]:
                    assert 0 <= share <= 1
            drawn = read_csv(folder / "curves" / f"{name}.csv")
            assert [each["row"] for each in drawn] == list(results)
            assert is_png(folder / "curves" / f"{name}.png")


def test_a_table_runs_from_the_command_line_and_a_second_time_at_once(studies, set_study):
    few_digits()
    rows = [{"hidden": []}, {"hidden": [4, 3]}]
    set_study("own", own={"seeds": 2, "shared": SHARED, "rows": rows})
    done = studies("table", "own", "own")
    assert done.stderr.splitlines()[-1] == "own: own: 4 of 4 runs"
    path = Path("studies/own/results/own.json")
    results = read_json(path)
    assert list(results) == ["hidden none", "hidden 4-3"]
    assert [len(of_row["test"]["final"]) for of_row in results.values()] == [2, 2]
    first = path.read_bytes()
    # No run is counted, since none is done.
    assert studies("table", "own", "own").stderr == ""
    assert path.read_bytes() == first


def test_what_has_finished_is_written_without_the_rest(workplace, set_study, set_params, studies):
    few_digits()
    rows = [{"hidden": [], "seeds": 3}, {"hidden": [4]}]
    body = {"seeds": 1, "shared": SHARED, "rows": rows}
    folder = Path("studies/own")
    # Nothing at first; then two seeds of the first row, and none of the second.
    set_study("own", own=body)
    studies("table", "own", "own", "--finished")
    assert read_json(folder / "results" / "own.json") == {}
    assert (folder / "curves" / "own.csv").read_text("utf-8") == "row,seed\n"
    assert is_png(folder / "curves" / "own.png")
    set_study("own", own=body | {"rows": [{"hidden": [], "seeds": 2}]})
    table.run(params.read(), "own", "own")
    set_study("own", own=body)
    table.run(params.read(), "own", "own", only_finished=True)
    results = read_json(folder / "results" / "own.json")
    assert [(name, len(row["training"])) for name, row in results.items()] == [("hidden none", 2)]


def test_without_a_part_for_validation_the_last_epoch_counts(workplace):
    few_digits()
    result = ran(data="digits_60000", epochs=6)
    assert result["best"] is None
    assert not [name for name in result["history"] if name.startswith("validation")]
    dataset = datasets.load("digits_60000")
    trained = row.train(Row(**SHARED | {"data": "digits_60000", "epochs": 6}), dataset, 1)
    inputs, labels = dataset.tests["test"]
    assert accuracy(labels, trained.network.predict(inputs)) == trained.tested["test"][-1][1]
    inputs, labels = dataset.training
    assert accuracy(labels, trained.network.predict(inputs)) == trained.training


@pytest.mark.parametrize("paper", [0, 1])
@pytest.mark.parametrize("output", ["identity", "sigmoid"])
def test_pixels_that_are_always_blank_are_one_to_a_network_that_learns_the_same(
    workplace, monkeypatch, paper, output
):
    few_digits()
    dataset = datasets.load("digits_50000")
    loss = "quadratic_cost" if output == "sigmoid" else "sigmoid_cross_entropy"
    changes = {"paper": paper, "output": output, "loss": loss, "l2_lambda": 0.1}
    learned = Row(**SHARED | changes | {"initializer": "standard_normal"})
    merged = row.train(learned, dataset, 1)
    monkeypatch.setattr(row, "_blank", lambda dataset: None)
    whole = row.train(learned, dataset, 1)
    inputs = abs(paper - dataset.tests["test"].inputs)
    outputs = [trained.network.logits(inputs) for trained in (merged, whole)]
    numpy.testing.assert_allclose(*outputs, atol=1e-4)
    assert merged.fit.history[-1].training_loss == pytest.approx(
        whole.fit.history[-1].training_loss, abs=1e-4
    )


def test_a_rise_is_that_of_the_last_eighth_over_the_one_before():
    assert table.rise([0] * 12 + [0.5, 0.6] + [0.7, 0.8]) == pytest.approx(0.2)
    assert table.rise([0.3]) == 0


def test_a_wobble_is_the_mean_change_in_the_last_eighth():
    assert table.wobble([0] * 14 + [0.5, 0.2]) == pytest.approx(0.4)
    assert table.wobble([0.3]) == 0


def test_one_neuron_unlearns_a_wrong_answer_sooner_under_cross_entropy(place):
    neuron.run(params.read())
    outputs = read_json(neuron.FOLDER / "results" / "neuron.json")
    assert list(outputs) == ["quadratic_cost", "sigmoid_cross_entropy"]
    first = 1 / (1 + math.exp(-4))
    for values in outputs.values():
        assert values[0] == pytest.approx(first)
        assert values == sorted(values, reverse=True)
    # One step by hand: the derivative of the sigmoid stands in the gradient, or does not.
    for values, slope in zip(outputs.values(), (first * (1 - first), 1), strict=True):
        total = 4 - 2 * 0.15 * first * slope
        assert values[1] == pytest.approx(1 / (1 + math.exp(-total)))
    assert is_png(neuron.FOLDER / "curves" / "neuron.png")


def test_the_best_epoch_is_that_of_the_validation(workplace):
    few_digits()
    result = ran(epochs=6)
    history = result["history"]
    assert len(history["accuracy/test"]) == 6
    best = history["validation_accuracy"][result["best"] - 1]
    assert best == max(history["validation_accuracy"])


def test_turned_and_noisy_pictures_teach_something_else(workplace):
    few_digits()
    plain, turned, noisy = (
        ran(**changes)["history"]["training_loss"]
        for changes in ({}, {"rotation_degrees": 10}, {"noise": 0.1})
    )
    assert plain != turned != noisy != plain


def test_the_ink_of_mnist_is_that_of_the_same_pictures_dark_on_white(workplace):
    few_digits()
    arrays = dict(numpy.load(datasets.mnist.ARRAYS))
    arrays["test_images"][0] = numpy.arange(784).reshape(28, 28) % 256
    numpy.savez(datasets.mnist.ARRAYS, **arrays)
    _, test = datasets.mnist_examples()
    numpy.testing.assert_array_equal(test.inputs, ink(255 - arrays["test_images"]), strict=True)


def test_scans_read_by_one_list_of_letters_are_those_that_the_source_work_took():
    names = [b"30/30_0_1_20190729081441.png", b"24/31_0_1_20190729081441.png"]
    # Ц and Ч on an uppercase sheet: 30 and 31 there, Һ and Ц in the list of 42.
    assert datasets.classes_of_names(numpy.array(names)).tolist() == [-1, 23]


def test_mistakes_and_a_picture_from_outside_are_shown(place, monkeypatch):
    drawn = []
    draw_sheet = sheets.draw_sheet
    monkeypatch.setattr(sheets, "draw_sheet", lambda *args: drawn.extend(args) or draw_sheet(*args))
    misread.run(params.read())
    found = read_json(misread.FOLDER / "results" / "digits.json")
    assert list(found["digits"]) == list("0123456789")
    assert len(found["outside"]) == 5
    assert sum(found["outside"].values()) <= 1 + 1e-6
    _, images, labels, shares, names = drawn
    assert 0 < len(images) <= misread.SHOWN
    assert (shares.argmax(axis=1) != labels).all()
    assert (numpy.diff(shares.max(axis=1)) <= 0).all()
    assert names == "0123456789"
    # Dark on white, as they are not in MNIST.
    assert numpy.median(images) == 255
    assert is_png(misread.FOLDER / "misread.png")
    with Image.open(misread.FOLDER / "misread.png") as sheet:
        assert sheet.size == (1100, 150 * -(-len(images) // sheets.COLUMNS))


def test_a_digit_from_outside_is_put_where_mnist_has_its_own(place):
    ink = misread.centred(misread.FOLDER / "outside.png").reshape(28, 28)
    rows, columns = (numpy.flatnonzero(ink.sum(axis=axis) > 1) for axis in (1, 0))
    assert max(len(rows), len(columns)) in (19, 20, 21)
    middle = [ink.sum(axis=axis) @ numpy.arange(28) / ink.sum() for axis in (1, 0)]
    assert middle == pytest.approx([13.5, 13.5], abs=0.2)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_picture_that_cannot_be_read_is_named_in_one_line(place, refused, content):
    misread.run(params.read())
    Path("digit.png").write_bytes(content)
    said = refused("digit", "digit.png")
    assert said.startswith("studies: digit.png: no picture that can be read ")


def test_without_a_trained_network_a_digit_is_not_read(refused):
    said = refused("digit", "digit.png")
    assert said.startswith("studies: studies/models/digits.safetensors: not found; run ")


def test_examples_one_by_one_take_longer_than_as_matrices(place):
    loop.run(params.read())
    found = read_json(loop.FOLDER / "results" / "loop.json")
    assert set(found) == {"matrices", "examples", "ratio"}
    assert found["examples"] > found["matrices"] > 0
    assert found["ratio"] > 1


def test_examples_one_by_one_make_the_same_steps_as_matrices(workplace):
    few_digits()
    matrices, examples = (
        row.train(Row(**SHARED | changes), datasets.load("digits_50000"), 1).network.parameters
        for changes in ({}, {"batch_size": 1, "accumulated": 10})
    )
    for name, array in matrices.items():
        numpy.testing.assert_allclose(examples[name], array, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"seeds": 1, "shared": SHARED, "rows": []}, "rows"),
        ({"seeds": 1, "shared": SHARED, "rows": [{"hiden": [3]}]}, "0.hiden"),
        ({"seeds": 1, "shared": SHARED | {"epochs": 0}, "rows": [{}]}, "0.epochs"),
        ({"seeds": 0, "shared": SHARED, "rows": [{}]}, "seeds"),
        ({"seeds": 1, "shared": SHARED, "rows": [{"paper": 1, "noise": 0.1}]}, "paper"),
    ],
)
def test_a_bad_table_is_refused_by_name(set_study, body, named):
    set_study("own", own=body)
    with pytest.raises(PipelineError, match=f"studies/own/params.yaml: own.*{named}"):
        table.read("own", "own")
