"""Every group of every study runs in small: few pictures, one epoch, one seed."""

import csv
import json
import shutil
from pathlib import Path

import dask
import numpy
import pytest
import yaml
from distributed import LocalCluster

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.experiments import datasets, digits, engine, experiment, mnist, study
from pipeline.experiments.experiment import Experiment
from pipeline.stages import split
from tests.pipeline.conftest import ROOT, clean_strokes

STUDIES = ("thesis", "digits", "perceptron")
SHARED = {"data": "digits", "hidden": [4], "learning_rate": 0.1, "batch_size": 10, "epochs": 2}


def groups(name):
    document = yaml.safe_load((ROOT / "studies" / name / "params.yaml").read_text("utf-8"))
    return {group: body for group, body in document.items() if "rows" in body}


def few_digits(count=120):
    """Write some squares as if they were MNIST: the class tells where they stand."""
    labels = numpy.arange(count, dtype=numpy.uint8) % 10
    images = numpy.zeros((count, 28, 28), numpy.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 4)
        image[4 + row * 7 : 9 + row * 7, 2 + column * 6 : 7 + column * 6] = 255
    mnist.ARRAYS.parent.mkdir(exist_ok=True)
    numpy.savez(
        mnist.ARRAYS,
        training_images=images,
        training_labels=labels,
        test_images=images[:40],
        test_labels=labels[:40],
    )


@pytest.fixture(autouse=True)
def _nothing_remembered():
    datasets.load.cache_clear()
    yield
    datasets.load.cache_clear()


@pytest.fixture
def place(workplace):
    """A workplace with few digits, and the studies' own parameters made small."""
    few_digits()
    for name in STUDIES:
        folder = workplace / "studies" / name
        shutil.copytree(ROOT / "studies" / name, folder)
        document = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        for group in document.values():
            group |= {"seeds": 1} if "rows" in group else {}
            for row in [group.get("shared", {}), *group.get("rows", [])]:
                row |= {"epochs": 1} if "epochs" in row else {}
                row |= {"examples": 60} if row.get("examples") else {}
        (folder / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return workplace


@pytest.fixture
def workers(workplace):
    """Give workers that all groups share: starting some for each of them would take longer."""
    with engine.keeping_environment():
        cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
        with cluster, dask.config.set({"scheduler-address": cluster.scheduler_address}):
            yield


def test_every_group_of_every_study_measures_all_its_rows(place, set_params, workers):
    clean_strokes(12)
    split.run(set_params(split__test_per_letter=4, split__validation_share=0.2), "random")
    for name in STUDIES:
        folder = Path("studies") / name
        for group, body in groups(name).items():
            study.run(params.read(), folder, group)
            results = json.loads((folder / "results" / f"{group}.json").read_text("utf-8"))
            assert len(results) == len(body["rows"])
            for row in results.values():
                assert set(row["test"]) == {"final", "best", "highest", "fp16"}
                assert all(len(shares) == 1 for shares in row["test"].values())
            with (folder / "curves" / f"{group}.csv").open(encoding="utf-8") as file:
                assert [row["row"] for row in csv.DictReader(file)] == list(results)
            assert (folder / "curves" / f"{group}.png").read_bytes().startswith(b"\x89PNG")


def test_a_group_runs_from_the_command_line_and_a_second_time_at_once(stage, workplace):
    few_digits()
    folder = workplace / "studies" / "own"
    folder.mkdir(parents=True)
    group = {"seeds": 2, "shared": SHARED, "rows": [{"hidden": []}, {"hidden": [4, 3]}]}
    (folder / "params.yaml").write_text(yaml.safe_dump({"own": group}), encoding="utf-8")
    done = stage("study", "studies/own", "own")
    assert done.returncode == 0, done.stderr
    path = folder / "results" / "own.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    assert list(results) == ["hidden none", "hidden 4-3"]
    assert [len(row["test"]["final"]) for row in results.values()] == [2, 2]
    first = path.read_bytes()
    done = stage("study", "studies/own", "own")
    assert "4 of 4 runs are kept" in done.stderr or not done.stderr
    assert path.read_bytes() == first


def test_the_best_epoch_is_that_of_the_validation(workplace):
    few_digits()
    chosen = Experiment(**SHARED | {"epochs": 6})
    result = experiment.run({"experiment": chosen.model_dump(), "seed": 1})
    history = result["history"]
    assert len(history["accuracy/test"]) == 6
    best = history["validation_accuracy"][result["best"] - 1]
    assert best == max(history["validation_accuracy"])


def test_turned_and_noisy_pictures_teach_something_else(workplace):
    few_digits()
    plain, turned, noisy = (
        experiment.run({"experiment": Experiment(**SHARED, **changes).model_dump(), "seed": 1})[
            "history"
        ]["training_loss"]
        for changes in ({}, {"rotation": 10}, {"noise": 0.1})
    )
    assert plain != turned != noisy != plain


def test_scans_read_by_one_list_of_letters_are_those_that_the_source_work_took(monkeypatch):
    names = [b"30/30_0_1_20190729081441.png", b"24/31_0_1_20190729081441.png"]
    # Ц and Ч on an uppercase sheet: 30 and 31 there, Һ and Ц in the list of 42.
    assert datasets._read(numpy.array(names)).tolist() == [-1, 23]


def test_mistakes_and_a_picture_from_outside_are_shown(place, capsys):
    folder = Path("studies/digits")
    digits.look(params.read(), folder)
    found = json.loads((folder / "results" / "digits.json").read_text(encoding="utf-8"))
    assert list(found["digits"]) == list("0123456789")
    assert len(found["outside"]) == 5
    assert sum(found["outside"].values()) <= 1 + 1e-6
    assert (folder / "misread.png").exists()


def test_a_digit_from_outside_is_put_where_mnist_has_its_own(place):
    ink = digits.centred(Path("studies/digits/outside.png")).reshape(28, 28)
    rows, columns = (numpy.flatnonzero(ink.sum(axis=axis) > 1) for axis in (1, 0))
    assert max(len(rows), len(columns)) in (19, 20, 21)
    weights = ink.sum()
    middle = (
        ink.sum(axis=1) @ numpy.arange(28) / weights,
        ink.sum(axis=0) @ numpy.arange(28) / weights,
    )
    assert middle == pytest.approx((13.5, 13.5), abs=0.2)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_picture_that_cannot_be_read_is_named_in_one_line(stage, workplace, content):
    (workplace / "digit.png").write_bytes(content)
    (workplace / "models").mkdir()
    done = stage("digit", "digit.png")
    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: ")
    assert done.stderr.count("\n") == 1


def test_examples_one_by_one_take_longer_than_as_matrices(place):
    folder = Path("studies/digits")
    digits.loop(params.read(), folder)
    found = json.loads((folder / "results" / "loop.json").read_text(encoding="utf-8"))
    assert set(found) == {"matrices", "examples", "ratio"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"seeds": 1, "shared": SHARED, "rows": []}, "rows"),
        ({"seeds": 1, "shared": SHARED, "rows": [{"hiden": [3]}]}, "0.hiden"),
        ({"seeds": 1, "shared": SHARED | {"epochs": 0}, "rows": [{}]}, "0.epochs"),
        ({"seeds": 0, "shared": SHARED, "rows": [{}]}, "seeds"),
    ],
)
def test_a_group_that_cannot_be_is_refused_by_name(workplace, body, named):
    Path("params.yaml").write_text(yaml.safe_dump({"own": body}), encoding="utf-8")
    with pytest.raises(PipelineError, match=f"params.yaml: own.*{named}"):
        study.read(Path(), "own").experiments("params.yaml: own")


@pytest.mark.parametrize("name", STUDIES)
def test_every_group_has_its_stage_and_every_dependency_is_there(name):
    document = yaml.safe_load((ROOT / "studies" / name / "dvc.yaml").read_text("utf-8"))
    assert document["stages"][name]["foreach"] == list(groups(name))
    for part in document["stages"].values():
        for path in part.get("do", part)["deps"]:
            assert path.startswith("data/") or (ROOT / path).exists(), path
