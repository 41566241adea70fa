"""The tables of the studies show what a document reports, what is measured, and what is missing."""

import csv

import yaml

from pipeline.files import write_json
from tools.pages import studies

GOES_ON = "**not finished**: the same command goes on."
SHARED = {"data": "digits_50000", "hidden": [4], "learning_rate": 0.1, "batch_size": 10}


def measured(*shares, rise=0.0):
    kinds = ("first", "final", "highest", "best", "fp16")
    test = {kind: list(shares) for kind in kinds}
    rest = {"rise": [rise], "wobble": [0.0], "seconds": [900.0] * len(shares)}
    return {"test": test, "training": list(shares)} | rest


def write_study(folder, study, name, rows, results, **shared):
    path = folder / "studies" / study
    path.mkdir(parents=True)
    table = {"seeds": 2, "shared": SHARED | {"epochs": 9} | shared, "rows": rows}
    (path / "params.yaml").write_text(yaml.safe_dump({name: table}), encoding="utf-8")
    write_json(path / "results" / f"{name}.json", results)


def cells(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_rows_that_have_not_finished_and_rows_of_ours_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"batch_size": 5, "reported": "almost 70"},
        {"batch_size": 6, "reported": 81.25, "seeds": 1},
        {"batch_size": 7},
    ]
    results = {"batch_size 5": measured(0.5, 0.6), "batch_size 7": measured(0.9, rise=0.002)}
    results["batch_size 7"]["seconds"] = [None]
    write_study(tmp_path, "thesis", "own", rows, results)
    head, _, first, second, third, _, said = cells(studies.trained("thesis", "own"))
    assert first[:3] == ["batch size 5", "almost 70", "55.00% ± 7.07"]
    assert first[head.index("end of the curve")] == "flat"
    assert second == ["batch size 6", "81.25%", *["not finished"] * (len(head) - 2)]
    assert third[1:3] == ["ours", "90.00%"]
    assert third[head.index("best on validation")] == "**90.00%**"
    assert third[head.index("end of the curve")] == "+0.20"
    assert said == [f"1 to 2 seeds, 9 epochs, 0.5 hours of one core for 2 of 3 runs; {GOES_ON}"]


def test_a_table_without_results_has_all_its_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path, "thesis", "own", [{"reported": 7}], {})
    _, _, row, _, said = cells(studies.trained("thesis", "own"))
    assert row[:3] == ["as shared", "7%", "not finished"]
    assert said == [f"0 seeds, 9 epochs; {GOES_ON}"]


def test_without_a_validation_there_is_no_best_epoch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = measured(0.5, 0.6)
    del result["test"]["best"]
    write_study(tmp_path, "digits", "own", [{}], {"as shared": result}, data="digits_60000")
    head, _, row, *_ = cells(studies.trained("digits", "own"))
    assert row[head.index("best on validation")] == "none"
    assert row[head.index("first epoch")] == "55.00% ± 7.07"


def test_the_lectures_figures_stand_beside_those_of_the_same_epochs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reported = "loss 0.8 / accuracy 0.7, then 0.4 / 0.8; test loss 0.3, accuracy 0.9"
    write_study(tmp_path, "perceptron", "softmax", [{"reported": reported}], {})
    folder = tmp_path / "studies" / "perceptron" / "curves"
    folder.mkdir()
    columns = ["seed", "training_loss", "training_accuracy", "loss/test", "accuracy/test"]
    with (folder / "softmax.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for seed in (1, 2):
            writer.writerows([seed, *(epoch + seed / 10 for _ in range(4))] for epoch in range(3))
    _, _, *lines = cells(studies.perceptron_lecture())
    assert [line[1] for line in lines] == ["0.8", "0.7", "0.4", "0.8", "0.3", "0.9"]
    means = [f"{epoch + 0.15:.4f} ± 0.0707" for epoch in (0, 0, 1, 1, 2, 2)]
    assert [line[2] for line in lines] == means
