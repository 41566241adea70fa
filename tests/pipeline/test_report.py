"""The report: one file, the same each time, with the figures that the stages have written."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import yaml

from pipeline.corpora import strokes
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PLOTS, read_json, write_json
from pipeline.report import charts, inputs, letters, measured, sheets
from pipeline.stages import clean, report
from tests.pipeline import small
from tests.pipeline.conftest import ROOT, picture, remains, write_zip

PAGE = Path("reports/index.html")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A place where all stages have run on drawn letters, the report too, and its inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("small"))
        params = small.run(patch)
        report.run(params)
        yield inputs.read(params)


@pytest.fixture
def aside():
    """Move a file of the place away for a test."""
    moved = []

    def move(path):
        moved.append(path)
        path.rename(path.with_name("aside"))

    yield move
    for path in moved:
        path.with_name("aside").rename(path)


def test_on_drawn_letters_it_has_every_section_and_says_that_it_is_a_demonstration(made):
    page = PAGE.read_text(encoding="utf-8")
    assert len(page.encode()) < 5_000_000
    assert "<strong>A demonstration.</strong>" in page
    for section in report.SECTIONS:
        assert f'<section id="{section.__name__}"' in page
        assert f'<a href="#{section.__name__}">' in page
    assert "Not measured on these corpora" in page
    assert remains(PAGE.parent) == ["index.html"]


def test_the_same_inputs_give_the_same_bytes_in_another_process(made):
    before = PAGE.read_bytes()
    subprocess.run([sys.executable, "-m", "pipeline", "report"], check=True, env=environment())
    assert PAGE.read_bytes() == before


def environment():
    """Let a process find this checkout's code from anywhere."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}"}


def test_accuracies_are_those_of_the_metrics(made):
    shares = {}
    for kind, weights, by_method, _ in measured.results(made)["rows"]:
        shares[kind, weights] = by_method
    for number, method in enumerate(inputs.METHODS):
        accuracy = read_json(METRICS / method / "quantize.json")["accuracy"]["strokes"]
        for precision, share in accuracy.items():
            assert shares["strokes", precision][number] == share
            assert f"{share:.2%}" in PAGE.read_text(encoding="utf-8")
    # ONNX reads as `edge` does; only one split's model is exported.
    for precision in ("fp32", "fp16"):
        exported = read_json(METRICS / "evaluate.json")["corpora"]["strokes"]["accuracy"]
        assert shares["strokes", f"{precision}, ONNX Runtime"] == [exported[precision], None]


def test_the_source_works_figures_stand_beside_scans_alone(made):
    assert all(row[3] is None for row in measured.results(made)["rows"])


def test_every_letter_is_counted_in_the_matrix_and_the_misread_have_pictures(made):
    counts = letters.confusion(made)["matrices"]["strokes"]
    assert counts.sum() == len(made.test.labels)
    (corpus,) = letters.misread(made)["corpora"]
    assert corpus["wrong"] == counts.sum() - numpy.trace(counts)
    pair = corpus["pairs"][0]
    assert pair["count"] == max(counts[numpy.eye(33) == 0])
    shown = [found["probability"] for found in corpus["sure"]]
    assert shown == sorted(shown, reverse=True)
    first = corpus["sure"][0]
    index = made.test.names.tolist().index(first["name"].removeprefix("strokes/").encode())
    shares = made.shares["fp16"]["edge"][index]
    assert (first["probability"], first["read"]) == (
        pytest.approx(shares.max()),
        made.description["letters"][shares.argmax()],
    )


def test_a_matrix_of_another_model_is_refused(made, aside):
    path = PLOTS / "confusion.csv"
    text = path.read_text(encoding="utf-8")
    aside(path)
    *rows, last = text.splitlines()
    rows.append(last[:-1] + ("А" if last[-1] != "А" else "Б"))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"confusion\.csv: not what .* run the stage"):
        inputs.read(made.params)


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("metrics/clean.json", "clean"),
        ("data/split/random", "split"),
        ("plots/tail/training.csv", "train"),
        ("metrics/random/quantize.json", "quantize"),
        ("models/export/fp32/letters.onnx", "export"),
        ("plots/letters.csv", "evaluate"),
        ("dist", "package"),
    ],
)
def test_what_is_missing_is_named_with_the_stage_that_makes_it(made, aside, path, stage):
    aside(Path(path))
    with pytest.raises(PipelineError) as caught:
        inputs.read(made.params)
    assert str(caught.value) == f"{path}: not found; run the stage `{stage}` first"


def test_dvc_knows_every_file_that_is_read():
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["report"]
    for path, _ in inputs._written():
        known = {path.as_posix(), *(folder.as_posix() for folder in path.parents)}
        assert known & set(stage["deps"]), path
    # The results of the study would have DVC run it with every `dvc repro`.
    assert not [name for name in stage["deps"] if "robustness" in name or "photographs" in name]


@pytest.fixture
def study(made):
    """Let a study have measured kinds of letters on a pack, and give what the report shows."""
    path = METRICS / "robustness.json"

    def show(kind, pack_md5, digest=None):
        write_json(path, {kind: {"rotation": {"-45": 0.25, "0": 0.5, "45": 0.125}}})
        lock = {
            "deps": [{"path": inputs.PACK.as_posix(), "md5": pack_md5}],
            "outs": [{"path": path.as_posix(), "md5": digest or md5(path)}],
        }
        return measured.robustness(made._replace(study={"robustness": lock}))

    yield show
    path.unlink()


def md5(path):
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_robustness_stands_beside_the_pack_that_it_was_measured_on(study):
    section = study("strokes", md5(inputs.PACK))
    assert section["study"] == (md5(inputs.PACK), True)
    (curve,) = section["curves"]
    assert curve["rows"] == [("strokes", [0.25, None, 0.5, None, 0.125])]
    assert 'aria-label="accuracy by rotation: strokes at worst 12%"' in curve["chart"]
    assert study("strokes", "0" * 32)["study"] == ("0" * 32, False)


def test_robustness_of_other_corpora_or_of_nobody_knows_what_is_left_out(study):
    assert study("touch", md5(inputs.PACK))["study"] is None
    assert study("strokes", md5(inputs.PACK), digest="0" * 32)["study"] is None


def test_dropped_pictures_are_shown_as_published_where_they_can_be(workplace):
    names = {
        f"strokes/{number:02}_0000_00000_U.png": picture(number + 1, size=(40, 60))
        for number in range(33)
    }
    names |= {
        "strokes/01_0000_00001_U.png": b"no picture",
        "strokes/02_0000_00001_U.png": picture(3, size=(40, 60)),
    }
    write_zip(Path("data/raw/strokes.zip"), names)
    cleaned = clean.clean(strokes.CORPUS, Path("data/raw/strokes.zip"))
    write_json(Path("metrics/clean.json"), {"strokes": cleaned})
    (corpus,) = letters.cleaning(None)["corpora"]
    assert corpus["dropped"] == {"duplicate": 1, "unreadable": 1}
    assert corpus["reasons"]["unreadable"] == [("strokes/01_0000_00001_U.png", None)]
    ((name, shown),) = corpus["reasons"]["duplicate"]
    assert name == "strokes/02_0000_00001_U.png"
    assert base64.b64decode(shown.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")


def test_augmentation_shows_a_letter_and_what_training_makes_of_it(made):
    (corpus,) = letters.augmentation(made)["corpora"]
    assert set(corpus["alone"]) == set(made.params.profile.augmentation.model_dump())
    assert len(corpus["letters"]) == 11
    plain = made.params.profile.model_copy(update={"augmentation": None})
    without = made.params.model_copy(update={"profiles": {"letters": plain}})
    assert letters.augmentation(made._replace(params=without)) == {"corpora": None}


def test_a_strip_has_letters_side_by_side():
    strip = sheets.strip(numpy.zeros((3, 28, 28), numpy.uint8))
    data = base64.b64decode(strip.removeprefix("data:image/png;base64,"))
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))
    assert (width, height) == (3 * 28 + 2 * sheets.GAP, 28)


def test_a_chart_takes_its_colours_from_the_page_and_has_names_of_its_own():
    line = charts.Line("scans", [1, 2], [0.5, 1], charts.COLOURS["scans"])
    first, second = (
        charts.draw(name, [line], 'a "quoted" text', x_label="x", y_label="y") for name in "ab"
    )
    assert 'aria-label="a &quot;quoted&quot; text"' in first
    assert "var(--scans)" in first
    assert "currentColor" in first
    assert "#0102" not in first
    names = [set(re.findall(r'\bid="([^"]*)"', chart)) for chart in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', first)) <= names[0]


@pytest.fixture(scope="module")
def opened_report(made):
    """Chromium with the report open, as a double click opens it, and what was logged meanwhile."""
    pytest.importorskip("selenium")
    from tools import browser

    if not (browser.BROWSER and browser.DRIVER):
        pytest.skip("no Chromium with its chromedriver (Debian's chromium and chromium-driver)")
    with browser.opened(PAGE.resolve().as_uri(), browser.DESKTOP) as driver:
        yield driver


def test_it_opens_without_an_error_and_asks_no_host_for_anything(opened_report):
    assert opened_report.title == "Bukva: report"
    assert opened_report.get_log("browser") == []
    messages = [
        json.loads(entry["message"])["message"] for entry in opened_report.get_log("performance")
    ]
    asked = {
        message["params"]["request"]["url"].partition(":")[0]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert asked <= {"file", "data"}
    assert "file" in asked


def test_pointing_at_a_cell_of_the_matrix_tells_its_letters_and_counts(opened_report):
    cell = opened_report.find_element("css selector", ".matrix .wrong")
    opened_report.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(opened_report).move_to_element(cell).perform()
    told = opened_report.find_element("css selector", "figure output").text
    assert told == cell.get_attribute("title")
    row = cell.find_element("xpath", "../th").text
    # The first column has the headings.
    column = opened_report.execute_script(
        "return arguments[0].closest('table').rows[0].cells[arguments[0].cellIndex].innerText", cell
    )
    share = int(cell.text) / 4
    assert told == f"{row} read as {column}: {cell.text} of 4, {share:.1%}"


def test_every_picture_is_described_and_every_table_has_headings(opened_report):
    pictures = opened_report.execute_script(
        "return [...document.images].map(({alt, naturalWidth}) => [alt, naturalWidth])"
    )
    assert pictures
    assert all(description and width for description, width in pictures)
    charts = opened_report.execute_script(
        "return [...document.querySelectorAll('svg')].map(svg => svg.getAttribute('aria-label'))"
    )
    assert len(charts) == 4
    assert all(charts)
    missing = "return document.querySelectorAll('table th:not([scope])').length"
    assert opened_report.execute_script(missing) == 0
    named = "return [...document.querySelectorAll('[id]')].map(({id}) => id)"
    names = opened_report.execute_script(named)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width", [360, 768, 1300])
def test_nothing_but_tables_is_wider_than_the_screen(opened_report, width):
    opened_report.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    measure = "return document.documentElement.scrollWidth"
    assert opened_report.execute_script(measure) <= width
    opened_report.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_is_dark_where_the_system_is(opened_report):
    colours = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        opened_report.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        measure = "return getComputedStyle(document.body).backgroundColor"
        colours.append(opened_report.execute_script(measure))
    assert colours[0] == "rgb(255, 255, 255)"
    assert colours[1] != colours[0]
