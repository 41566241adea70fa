"""The report: one file, the same each time, with the figures that the stages have written."""

import base64
import io
import os
import shutil
import stat
from pathlib import Path

import numpy
import pytest
from PIL import Image

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import strokes
from pipeline.data.letters import METHODS
from pipeline.errors import PipelineError
from pipeline.files import METRICS, read_json, write_json
from pipeline.report import inputs, letters, measured, papers
from pipeline.stages import clean, report
from tests.support import dvc_dependencies, small
from tests.support.workplace import ROOT, picture, python, remains, write_zip

PAGE = Path("reports/index.html")
# The results of studies/strangers that are shown.
STUDIED = (
    "robustness.json",
    *(f"{name}.{suffix}" for name in ("scenes", "photographs") for suffix in ("json", "png")),
)
ENDED = {"right": 0.5, "refused": 0.25, "several": 0.125, "unsure": 0.0625, "wrong": 0.25}
STUDIES = {
    "robustness": {"pack": "", "kinds": ["strokes"], "curves": {}},
    "scenes": {
        "pack": "",
        "scenes": {
            "in a box": {
                "group": "frames",
                **{
                    kind: ENDED | {"clean": 0.6, "points": -10.0}
                    for kind in ("strokes", "together")
                },
            }
        },
        "none": {"a desk": {"pictures": 1234} | ENDED},
        "several": {"word": {"pictures": 20} | ENDED},
        "words_by_gap": {"0.1": {"pictures": 20} | ENDED},
    },
    "photographs": {"pack": "", "papers": {"plain": {"photographs": 2345} | ENDED}},
}
WRITTEN = ("data", "dist", "metrics", "models", "plots", "predictions", "reports")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A place where all stages have run on drawn letters, the report too, and its inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("small"))
        before = os.umask(0o022)
        params = small.run(patch)
        report.run(params)
        os.umask(before)
        yield inputs.read(params)


@pytest.fixture
def aside():
    """Move a file of the place away for a test."""
    moved = []

    def move(path):
        moved.append(path)
        path.rename(path.with_name(f"{path.name} aside"))

    yield move
    for path in moved:
        path.with_name(f"{path.name} aside").rename(path)


def test_on_drawn_letters_it_has_every_section_and_says_that_it_is_a_demonstration(made):
    page = PAGE.read_text(encoding="utf-8")
    assert len(page.encode()) < 5_000_000
    assert "<strong>A demonstration.</strong>" in page
    for section in report.SECTIONS:
        assert f'<section id="{section.__name__}"' in page
        assert f'<a href="#{section.__name__}">' in page
    assert "Not measured on these corpora" in page
    assert remains(PAGE.parent) == ["index.html"]


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_in_another_process_and_without_archives(made, aside):
    drawn = [PAGE, *(Path(f"plots/{name}.png") for name in ("letters", "confused", "worst"))]
    before = [path.read_bytes() for path in drawn]
    # What `dvc checkout` or `touch` change of the inputs, and another order of strings in sets.
    for path in Path().glob("[dmp]*/**/*.*"):
        os.utime(path)
    aside(Path("data/raw"))
    aside(Path("data/letters"))
    assert python("-m", "pipeline", "report", PYTHONHASHSEED="1").returncode == 0
    assert [path.read_bytes() for path in drawn] == before
    assert all(picture.startswith(b"\x89PNG") for picture in before[1:])


def test_everybody_may_read_what_the_stages_write(made):
    written = [path for name in WRITTEN for path in Path(name).rglob("*") if path.is_file()]
    assert {path.parts[0] for path in written} == set(WRITTEN)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o644}


def test_accuracies_are_those_of_the_metrics(made):
    shares = {}
    for kind, weights, by_method, _ in measured.results(made)["rows"]:
        shares[kind, weights] = by_method
    for number, method in enumerate(METHODS):
        accuracy = read_json(METRICS / method / "evaluate.json")["accuracy"]["strokes"]
        assert list(accuracy) == ["fp32", "fp16"]
        for precision, share in accuracy.items():
            assert shares["strokes", precision][number] == share
            assert f"{share:.2%}" in PAGE.read_text(encoding="utf-8")


def test_every_runtime_has_read_the_letters_and_what_differs_is_counted(made):
    rows = {(row["runtime"], row["precision"]): row for row in measured.runtimes(made)["rows"]}
    assert len(rows) == 6
    measured_here = read_json(METRICS / "random/evaluate.json")
    for precision in ("fp32", "fp16"):
        share = measured_here["accuracy"]["strokes"][precision]
        for runtime in ("edge, NumPy", "ONNX Runtime"):
            row = rows[runtime, precision]
            assert (row["letters"], row["accuracy"]) == (4 * 33, [share])
        alone = rows["edge, standard library", precision]
        assert (alone["letters"], alone["accuracy"]) == (5, [None])
    reference = rows["edge, NumPy", "fp32"]
    assert reference["difference"] == reference["differing"] == 0
    # Weights on a grid.
    assert 0 < rows["edge, NumPy", "fp16"]["difference"] < 0.1


def test_the_source_works_figures_stand_beside_scans_alone(made):
    (first, second) = (row[3] for row in measured.results(made)["rows"])
    assert first is second is None


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
    shares = made.predictions.probabilities["fp16/edge"][index]
    assert first["probability"] == pytest.approx(shares.max())
    assert first["read"] == made.description["letters"][shares.argmax()]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("metrics/clean.json", "clean"),
        ("data/split/random", "split"),
        ("plots/tail/training.csv", "train"),
        ("metrics/tail/evaluate.json", "evaluate"),
        ("predictions/random.npz", "evaluate"),
        ("plots/random/letters.csv", "evaluate"),
        ("data/clean/dropped", "clean"),
        ("models/export/fp32/letters.onnx", "package"),
        ("dist", "package"),
    ],
)
def test_what_is_missing_is_named_with_the_stage_that_makes_it(made, aside, path, stage):
    aside(Path(path))
    with pytest.raises(PipelineError) as caught:
        inputs.read(made.params)
    assert str(caught.value) == f"{path}: not found; run the stage `{stage}` first"


@pytest.mark.parametrize("method", METHODS)
def test_dvc_knows_every_file_that_is_read(method):
    dependencies = dvc_dependencies.resolved(ROOT / "dvc.yaml", "report", {"split.method": method})
    studies = [measured.STUDY / name for name in STUDIED]
    read = [path for path, _ in inputs.files()]
    assert len(read) > 10
    for path in [*read, *studies]:
        known = {path.as_posix(), *(folder.as_posix() for folder in path.parents)}
        assert known & dependencies, path


def test_results_of_studies_that_are_read_are_those_that_dvc_knows(made, monkeypatch):
    """Whatever else the report reads of the studies stands nowhere in dvc.yaml."""
    asked = set()
    monkeypatch.setattr(measured.embedded, "photograph", lambda path: asked.add(path.name))
    real = measured.read_json

    def remember(path):
        if path.parent == measured.STUDY:
            asked.add(path.name)
        return real(path)

    monkeypatch.setattr(measured, "read_json", remember)
    for name, study in STUDIES.items():
        write_json(measured.STUDY / f"{name}.json", study)
    handwriting = made.description | {"training": {"corpora": ["comnist"]}}
    measured.robustness(made._replace(description=handwriting))
    shutil.rmtree("studies")
    assert asked == set(STUDIED)


@pytest.fixture
def study(made):
    """Let a study have measured kinds of letters on a pack, and return what the report shows."""
    path = measured.STUDY / "robustness.json"
    shown = {step: f"{step}°" for step in ("-45", "-10", "0", "45")}
    curve = {"title": "rotation", "logarithmic": False, "shown": shown}

    def show(kind, pack):
        accuracy = {kind: {"-45": 0.25, "0": 0.5, "45": 0.125}}
        curves = {"rotation": curve | {"accuracy": accuracy}}
        write_json(path, {"pack": pack, "kinds": [kind], "curves": curves})
        return measured.robustness(made)["study"]

    yield show
    shutil.rmtree("studies")


def test_robustness_stands_beside_the_pack_that_it_was_measured_on(made, study):
    section = study("strokes", made.description["sha256"])
    assert section["current"]
    (curve,) = section["charts"]
    assert curve["steps"] == ["-45°", "-10°", "0°", "45°"]
    assert curve["rows"] == [("strokes", [0.25, None, 0.5, 0.125])]
    assert 'aria-label="accuracy by rotation: strokes at worst 12%"' in curve["chart"]
    assert not study("strokes", "0" * 64)["current"]


def test_robustness_of_other_corpora_is_left_out(made, study):
    assert study("touch", made.description["sha256"]) is None


def test_scenes_and_photographs_stand_in_the_page_with_what_is_refused(made, monkeypatch):
    monkeypatch.setattr(measured.embedded, "photograph", lambda path: path.name)
    handwriting = made._replace(description=made.description | {"training": {"corpora": []}})
    for name, study in STUDIES.items():
        write_json(measured.STUDY / f"{name}.json", study)
    shown, drawn = measured.robustness(handwriting), measured.robustness(made)
    shutil.rmtree("studies")
    page = report.environment().get_template("robustness.html").render(section=shown)
    for cells in (
        '<td>frames</td><th scope="row">in a box</th><td>50%</td><td>-10.0</td><td>25%</td>',
        '<th scope="row">nothing: a desk</th><td>1,234</td><td>25%</td><td>6%</td><td>25%</td>',
        '<th scope="row">several: word</th><td>20</td>',
        '<th scope="row">plain</th><td>2,345</td><td>50.0%</td><td>25.0%</td><td>6.2%</td>',
    ):
        assert cells in page
    assert 'src="scenes.png"' in page
    assert 'src="photographs.png"' in page
    assert drawn["scenes"]
    assert drawn["photographs"] is None


def test_papers_shows_scenes_in_rows_their_ink_and_what_is_found_of_it(made):
    section = papers.papers(made)
    assert section["count"] == papers.COLUMNS * papers.ROWS
    address = section["picture"].removeprefix("data:image/jpeg;base64,")
    picture = numpy.asarray(Image.open(io.BytesIO(base64.b64decode(address))))
    side = made.params.ink.network["input_shape"][1]
    assert picture.shape == (3 * papers.ROWS * side, papers.COLUMNS * side, 3)
    rows = picture.reshape(papers.ROWS, 3, side, -1, 3).astype(int)
    scenes, inks = rows[:, 0], rows[:, 1]
    # The ink is dark on white, and as much as letters have.
    assert 0.02 < (inks < 128).mean() < 0.3
    assert numpy.ptp(inks, axis=-1).max() < 32
    assert numpy.ptp(scenes, axis=-1).max() > 64
    assert papers.papers(made) == section


def test_dropped_pictures_are_shown_as_published_where_they_can_be(workplace):
    pictures = [picture(number + 1, size=(40, 60)) for number in range(33)]
    names = {f"strokes/{n:02}_0000_00000_U.png": data for n, data in enumerate(pictures)}
    names["strokes/01_0000_00001_U.png"] = b"no picture"
    names["strokes/02_0000_00001_U.png"] = pictures[2]
    write_zip(Path("data/raw/strokes.zip"), names)
    cleaned = clean.clean(strokes.CORPUS, Path("data/raw/strokes.zip"), [*RUSSIAN])
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
    from tools import browser

    asked = {address.partition(":")[0] for address in browser.requested(opened_report)}
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
    # Loss and accuracy by epoch, of both trainings.
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
