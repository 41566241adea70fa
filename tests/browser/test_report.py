"""The report in a browser: from disk, without a network, on a large screen and on a small one."""

import json
from pathlib import Path

import pytest

pytest.importorskip("selenium")

from selenium.webdriver.common.action_chains import ActionChains

from pipeline.stages import report
from tests.pipeline import small
from tools import browser

pytestmark = pytest.mark.skipif(
    not (browser.BROWSER and browser.DRIVER),
    reason="no Chromium with its chromedriver (Debian's chromium and chromium-driver)",
)


@pytest.fixture(scope="module")
def opened_report(tmp_path_factory):
    """Chromium with the report open, as a double click opens it, and what was logged meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("browser"))
        report.run(small.run(patch))
        address = Path("reports/index.html").resolve().as_uri()
    with browser.opened(address, browser.DESKTOP) as driver:
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
