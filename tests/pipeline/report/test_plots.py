"""What is drawn says what it shows, and fits the page that it stands in."""

import base64
import re

import numpy
import pytest

from pipeline.data.alphabet import RUSSIAN
from pipeline.report.plots import embedded, sheets, svg


@pytest.fixture
def titles(monkeypatch):
    """What the pictures that a test draws say of their letters, in order."""
    said = []

    def remember(figure, path):
        said.extend(axis.get_title() for axis in figure.axes if axis.get_title())

    monkeypatch.setattr(sheets, "save", remember)
    return said


def test_a_sheet_says_how_sure_each_letter_is_and_what_a_misread_one_is(titles):
    shares = numpy.zeros((2, len(RUSSIAN)))
    shares[0, 1], shares[1, 2] = 0.75, 0.5
    sheets.draw_sheet(None, numpy.zeros((2, 28, 28)), numpy.array([1, 4]), shares, RUSSIAN)
    assert titles == ["Б 75%", "В 50%\nis Д"]


def test_a_column_of_the_confused_has_the_letters_of_a_pair(titles):
    image = numpy.zeros((28, 28))
    pairs = [[(image, "А", "Д")] * (sheets.EXAMPLES + 1), [(image, "Ш", "Щ")]]
    sheets.draw_confused(None, {"scans": pairs, "touch": []})
    assert sorted(titles) == ["А → Д"] * sheets.EXAMPLES + ["Ш → Щ"]


def test_a_strip_has_letters_side_by_side():
    strip = embedded.strip(numpy.zeros((3, 28, 28), numpy.uint8))
    data = base64.b64decode(strip.removeprefix("data:image/png;base64,"))
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))
    assert (width, height) == (3 * 28 + 2 * embedded.GAP, 28)


def test_a_chart_takes_its_colours_from_the_page_and_has_names_of_its_own():
    line = svg.Line("scans", [1, 2], [0.5, 1], svg.COLOURS["scans"])
    first, second = (
        svg.draw(name, [line], 'a "quoted" text', x_label="x", y_label="y") for name in "ab"
    )
    assert 'aria-label="a &quot;quoted&quot; text"' in first
    assert "var(--scans)" in first
    assert "currentColor" in first
    assert "#0102" not in first
    names = [set(re.findall(r'\bid="([^"]*)"', chart)) for chart in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', first)) <= names[0]
