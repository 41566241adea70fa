"""The studies' tables have every row of the source documents: settings, and what is reported.

The documents' rows stand in `../shared/SOURCES.md`, beside a checkout that has it.
"""

import re

import pytest
import yaml

from edge.bench import reported as on_devices
from tests.support.workplace import ROOT

SOURCES = ROOT / "../shared/SOURCES.md"

pytestmark = pytest.mark.skipif(not SOURCES.exists(), reason="no SOURCES.md beside the checkout")


def read_section(heading):
    """Return the part of SOURCES.md from a bold or `##` heading to the next one."""
    text = SOURCES.read_text(encoding="utf-8")
    _, _, rest = text.partition(heading)
    assert rest, heading
    return re.split(r"\n(?:## |\*\*)", rest)[0]


def read_tables(heading):
    """Return the rows of a section's table, as cells."""
    lines = [line for line in read_section(heading).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-")]


def rows_of(study, name):
    """Return a table's settings with what the document reports; no row of ours."""
    path = ROOT / "studies" / study / "params.yaml"
    table = yaml.safe_load(path.read_text(encoding="utf-8"))[name]
    return [table["shared"] | row for row in table["rows"] if "reported" in row]


def same(stated, reported):
    """Return whether a cell of SOURCES.md is what a row has: a number, or words."""
    number = re.match(r"[\d.]+(?= \(|$)", stated)
    if number and not isinstance(reported, str):
        return float(number[0]) == reported
    return stated == reported


@pytest.mark.parametrize(
    ("heading", "name", "field"),
    [
        ("**Quadratic cost**", "learning_rate", "learning_rate"),
        ("**Binary cross-entropy**", "cross_entropy", "learning_rate"),
    ],
)
def test_the_thesis_first_ladders_are_all_there(heading, name, field):
    rates, accuracies = (row[1:] for row in read_tables(heading))
    rows = rows_of("thesis", name)
    assert [float(rate) for rate in rates] == [row[field] for row in rows]
    for stated, row in zip(accuracies, rows, strict=True):
        assert same(stated, row["reported"]), (stated, row["reported"])


@pytest.mark.parametrize(
    ("heading", "name", "fields"),
    [
        ("**Table 2**", "initial_weights", ["batch_size", "learning_rate", "l2_lambda"]),
        ("**Table 3**", "relu", ["learning_rate", "l2_lambda"]),
    ],
)
def test_the_thesis_large_tables_are_all_there_in_its_order(heading, name, fields):
    _, *stated = read_tables(heading)
    rows = rows_of("thesis", name)
    assert [list(map(float, row[:-1])) for row in stated] == [
        [row[field] for field in fields] for row in rows
    ]
    for row, of in zip(stated, rows, strict=True):
        assert same(row[-1], of["reported"]), (row, of["reported"])


def test_the_thesis_rows_that_stand_in_sentences_are_all_there():
    found = re.search(r"m = ([\d, ]+) gives ([\d., ]+\d)", read_section("**Table 1**"))
    sizes, accuracies = (list(map(float, part.split(", "))) for part in found.groups())
    rows = rows_of("thesis", "mini_batch")
    assert [row["batch_size"] for row in rows] == sizes
    assert [row["reported"] for row in rows] == accuracies

    text = read_section("**Hidden layers**")
    rows = {"-".join(map(str, row["hidden"])): row for row in rows_of("thesis", "hidden_layers")}
    assert set(re.findall(r"\b\d+-\d+(?:-\d+)?\b", text)) == set(rows)
    for name in ("128-96", "192-128"):
        assert f"{rows[name]['reported']}".replace("between", "lie between") in text
    assert f"256-128 gives {rows['256-128']['reported']}" in text
    assert f"256-128-64 gives {rows['256-128-64']['reported']}" in text
    assert f'512-256 "{rows["512-256"]["reported"]}"' in text

    stated = dict(
        re.findall(r"lambda ([\d.]+) (?:peak )?(not stated|[\d.]+\d)", read_section("**L2**"))
    )
    rows = rows_of("thesis", "l2")
    assert [float(value) for value in stated] == [row["l2_lambda"] for row in rows]
    for value, row in zip(stated.values(), rows, strict=True):
        assert same(value, row["reported"])


def test_the_thesis_rows_have_its_settings():
    text = SOURCES.read_text(encoding="utf-8")
    assert "gray levels 0 (black) to 1 (white), not inverted" in text
    normal = {"initializer": "standard_normal", "bias_initializer": "standard_normal"}
    ladder = {"hidden": [128, 64], "activation": "sigmoid", "output": "identity"}
    ladder |= normal | {"loss": "sigmoid_cross_entropy", "batch_size": 15}
    quadratic = {"output": "sigmoid", "loss": "quadratic_cost", "batch_size": 30}
    table_2 = ladder | {"hidden": [256, 128], "initializer": "normal"}
    expected = {
        "learning_rate": ladder | quadratic,
        "cross_entropy": ladder,
        "mini_batch": {**ladder, "learning_rate": 0.11, "batch_size": ...},
        "hidden_layers": {**ladder, "learning_rate": 0.11, "hidden": ...},
        "l2": {**ladder, "learning_rate": 0.11, "hidden": [256, 128]},
        "initial_weights": {**table_2, "batch_size": ...},
        "relu": table_2 | {"activation": "relu"},
    }
    for name, settings in expected.items():
        for row in rows_of("thesis", name):
            assert (row["paper"], row["data"]) == (1, "scans")
            assert row["epochs"] >= 240
            for field, value in settings.items():
                assert value is ... or row[field] == value, (name, field)


LOSSES = {"quadratic": "quadratic_cost", "cross-entropy": "sigmoid_cross_entropy"}


def test_every_row_of_the_course_project_is_there():
    head, *stated = read_tables("## 2. The course project")
    assert head == ["network", "cost", "rate", "epochs", "data", "lambda", "accuracy"]
    *rows, growing, weights, demonstration = stated
    tables = ("ladder", "thousand", "l2")
    found = [row for name in tables for row in rows_of("digits", name)]
    assert len(rows) == len(found)
    for network, cost, rate, epochs, data, decay, accuracy in rows:
        examples = {"first 1,000": 1000}.get(data)
        learned = None if examples else f"digits_{data.replace(',', '')}"
        (row,) = (
            row
            for row in found
            if f"784-{row['hidden'][0]}-10" == network
            and row["loss"] == LOSSES[cost]
            and row["learning_rate"] == float(rate)
            and row["epochs"] == int(epochs)
            and row.get("examples") == examples
            and row["data"] == (learned or row["data"])
            and row.get("l2_lambda", 0) == float(decay)
        )
        assert same(accuracy, row["reported"]), (accuracy, row["reported"])
        assert (row["batch_size"], row["activation"]) == (10, "sigmoid")

    assert growing[:4] == ["784-30-10", "cross-entropy", "0.5", "30"]
    for row in rows_of("digits", "amount"):
        assert row["l2_lambda"] == pytest.approx(5 * row["examples"] / 50_000)
        assert (row["hidden"], row["learning_rate"], row["epochs"]) == ([30], 0.5, 30)
        assert row["reported"] in growing[-1]

    assert weights[:3] == ["784-30-10", "cross-entropy", "0.5"]
    first, second = rows_of("digits", "initial_weights")
    assert [first["initializer"], second["initializer"]] == ["standard_normal", "normal"]
    stated, end = weights[-1].split("; both ")
    figures = re.findall(r"weights (\d+) after the first epoch, 1/sqrt\(n_in\) (\d+)$", stated)
    for figure, row in zip(*figures, (first, second), strict=True):
        assert row["reported"] == f"{figure} after the first epoch, {end}"
    for row in (first, second):
        assert (row["data"], row["l2_lambda"], row["learning_rate"]) == ("digits_50000", 5, 0.5)

    (row,) = rows_of("digits", "demonstration")
    assert demonstration[0] == "demonstration"
    assert demonstration[3].startswith(f"{row['epochs']} by its printout")
    assert demonstration[4] == "48,000"
    assert row["data"] == "digits_48000"
    assert demonstration[5] == f"{row['l2_lambda']} by its code"
    assert same(demonstration[-1], row["reported"])


def test_the_lecture_has_its_own_settings():
    text = read_section("## 3. The lecture")
    (row,) = rows_of("perceptron", "softmax")
    assert row["hidden"] == []
    assert "no hidden layer" in text
    assert f"({row['learning_rate']}) and no momentum" in text
    assert f"batch {row['batch_size']}, {row['epochs']} epochs" in text
    assert "(42,000 and 18,000)" in text
    assert row["data"] == "digits_42000"
    first, test = row["reported"].split("; test ")
    assert f"First epochs: {first}." in text
    assert f"Test: {test}." in text


def test_the_comparison_has_its_own_settings():
    text = read_section("## 4. The comparison")
    path = ROOT / "studies" / "keras" / "params.yaml"
    networks = yaml.safe_load(path.read_text(encoding="utf-8"))["networks"]
    by_hand, with_keras = networks["tanh_dropout"], networks["relu_adam"]
    assert f"first {by_hand['examples']:,} MNIST digits" in text
    assert f"{by_hand['reported']}% (on the test set)" in text
    assert f"training took {by_hand['reported_minutes']} minutes" in text
    assert f"784-{with_keras['hidden']}-10, ReLU, softmax, Adam" in text
    assert f"batch {with_keras['batch_size']}, validation split e.g. 0.2" in text
    assert with_keras["validation"] == 0.2 * (with_keras["validation"] + with_keras["examples"])
    assert f"{with_keras['reported']}%; one minute" in text
    assert with_keras["reported_minutes"] == 1


def test_the_times_on_devices_are_all_there():
    _, *stated = read_tables("**fp16 against fp32**")
    assert len(stated) == len(on_devices.SECONDS)
    for (_, _, fp32, fp16), seconds in zip(stated, on_devices.SECONDS.values(), strict=True):
        assert seconds == {"fp32": float(fp32), "fp16": float(fp16)}
    text = read_section("**fp16 against fp32**")
    for name, share in on_devices.ACCURACY.items():
        assert f"{100 * share:.2f} at {name}" in text
