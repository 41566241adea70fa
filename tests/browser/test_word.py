"""The page of words of `edge serve` in a browser: written on, read, corrected by taps and keys."""

import base64
import io

import numpy
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("selenium")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from pipeline.data.alphabet import RUSSIAN
from tests.browser.pages import element, fresh, ink, press
from tests.edge.serving import running
from tools import browser, pen

pytestmark = pytest.mark.skipif(
    not (browser.BROWSER and browser.DRIVER),
    reason="no Chromium with its chromedriver (Debian's chromium and chromium-driver)",
)

# Of the width of the sheet, which is twice as wide as high.
LETTER, PITCH, MARGIN = 0.12, 0.15, 0.06

DROP = """
const [data, type] = arguments;
const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
const dataTransfer = new DataTransfer();
dataTransfer.items.add(new File([bytes], "picture.png", { type: "image/png" }));
document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
"""


@pytest.fixture(scope="module")
def address():
    with browser.serving() as address:
        yield f"{address}word"


@pytest.fixture(scope="module")
def opened(address):
    """A screen as narrow as a phone's, but a mouse: no driver waits for what a finger does."""
    with browser.opened(address, (360, 740, 1, False)) as driver:
        yield driver


@pytest.fixture
def page(opened, address):
    """The page as it comes; what a test does with it must leave it at peace."""
    yield from fresh(opened, address)
    widths = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]"
    assert len(set(opened.execute_script(widths))) == 1


def strokes(word, left=MARGIN, top=0.1):
    """Return a word's strokes, in shares of the sheet's sides."""
    found = []
    for number, letter in enumerate(word):
        middle = numpy.array([left + PITCH * number, top]) + LETTER / 2
        for stroke in pen.glyph(letter):
            found.append(((stroke - 0.5) * LETTER / pen.EXTENT + middle) * [1, 2])
    return found


def picture(word):
    """Draw a word on a sheet; return its PNG in Base64."""
    image = Image.new("RGB", (800, 200), "white")
    sheet = ImageDraw.Draw(image)
    for stroke in strokes(word):
        places = [tuple(place) for place in stroke * [800, 400] + [0, -20]]
        sheet.line(places, fill=(20, 30, 120), width=10, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def text(page):
    """Wait until what is on the sheet is read; return the text, or a sentence."""
    ready = "return document.getElementById('reading').ariaBusy === 'false'"
    WebDriverWait(page, browser.SECONDS, 0.01).until(lambda _: page.execute_script(ready))
    return element(page, "status").get_attribute("textContent")


def write(page, word, **place):
    browser.draw(page, strokes(word, **place), "mouse")
    return text(page)


def found(page, selector):
    return page.find_elements(By.CSS_SELECTOR, selector)


def labels(page, selector):
    return [each.text for each in found(page, selector)]


def test_words_appear_letter_by_letter_as_they_are_written(page):
    assert text(page) == "Жду слово."
    assert not element(page, "copy").is_displayed()
    assert write(page, "Ж") == "Ж"
    assert write(page, "УК", left=MARGIN + PITCH) == "ЖУК"
    assert write(page, "ТОК", top=0.3) == "ЖУК\nТОК"
    assert labels(page, ".main") == [*"ЖУКТОК"]
    assert element(page, "status").get_attribute("aria-live") == "polite"
    # Each letter has its box where it was written.
    sheet, boxes = element(page, "sheet").rect, [box.rect for box in found(page, "#boxes rect")]
    for number, box in enumerate(boxes[:3]):
        middle = (box["x"] + box["width"] / 2 - sheet["x"]) / sheet["width"]
        assert middle == pytest.approx(MARGIN + LETTER / 2 + PITCH * number, abs=0.02)
    press(page, Keys.CONTROL, "z")
    assert text(page).startswith("ЖУК\nТО")
    element(page, "clear").click()
    assert (text(page), found(page, "#boxes rect"), ink(page)) == ("Жду слово.", [], 0)


def test_a_tap_shows_the_runners_up_and_another_one_puts_one_in_place(page):
    assert write(page, "ЖУК") == "ЖУК"
    found(page, ".main")[1].click()
    others = labels(page, ".choices .likely")
    assert len(others) == 4 and "У" not in others
    assert sorted([*others, *labels(page, ".choices .rest"), "У"]) == sorted(RUSSIAN)
    assert found(page, "#boxes .marked")[0].get_attribute("data-key")
    found(page, ".choices .likely")[0].click()
    corrected = f"Ж{others[0]}К"
    assert (text(page), found(page, ".choices")) == (corrected, [])
    # It stays so while more is written.
    assert write(page, "ТОК", top=0.3) == f"{corrected}\nТОК"
    element(page, "copy").click()
    assert element(page, "copy").text == "Скопировано"
    page.execute_script("document.body.append(document.createElement('textarea'))")
    field = page.find_element(By.TAG_NAME, "textarea")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_attribute("value") == f"{corrected}\nТОК"
    page.execute_script("arguments[0].remove()", field)


def test_a_doubtful_letter_has_its_runner_up_one_tap_away(page):
    # An О that opens at its right becomes a С; on the way it may be either.
    for gap in (0.1, 0.15, 0.2, 0.25, 0.3):
        turn = numpy.linspace(gap, 2 * numpy.pi - gap, 24)
        places = [0.2, 0.4] + numpy.stack([numpy.cos(turn), numpy.sin(turn)], axis=1) * [0.06, 0.14]
        press(page, Keys.ESCAPE)
        browser.draw(page, [places], "mouse")
        first = text(page)
        if found(page, ".instead"):
            break
    (instead,) = found(page, ".instead")
    other = instead.text
    instead.click()
    assert text(page) == other != first
    # And back.
    assert labels(page, ".instead") == [first]


def test_keys_go_through_the_letters_and_correct_them(page):
    assert write(page, "ЖУК") == "ЖУК"
    page.execute_script("arguments[0].focus()", found(page, ".main")[0])
    press(page, Keys.ARROW_RIGHT)
    press(page, "у")
    assert text(page) == "ЖУК"
    press(page, "о")
    assert text(page) == "ЖОК"
    press(page, Keys.ARROW_RIGHT)
    press(page, Keys.ENTER)
    assert len(found(page, ".choices")) == 1
    press(page, Keys.ESCAPE)
    assert (text(page), found(page, ".choices")) == ("ЖОК", [])
    assert page.switch_to.active_element.text == "К"
    press(page, Keys.ENTER)
    space = found(page, ".choices .space")[0]
    assert space.text == "Пробел перед ней"
    space.click()
    assert text(page) == "ЖО К"
    press(page, Keys.DELETE)
    assert text(page) == "ЖО "
    assert element(page, "eraser").get_attribute("aria-pressed") == "false"
    assert ink(page) > 0


def test_a_picture_that_is_dropped_is_read_and_its_letters_are_tapped_where_they_stand(page):
    write(page, "ТОК")
    page.execute_script(DROP, picture("ЖУК"))
    assert text(page) == "ЖУК"
    canvas = element(page, "canvas").rect
    assert canvas["width"] / canvas["height"] == pytest.approx(4, rel=0.01)
    found(page, "#boxes rect")[1].click()
    assert found(page, ".choices")[0].accessible_name == "Вместо У"
    found(page, ".choices .likely")[0].click()
    assert text(page)[0::2] == "ЖК"
    # The next picture's letters are not the corrected ones.
    page.execute_script(DROP, picture("ЖУК"))
    assert text(page) == "ЖУК"
    page.execute_script(DROP, picture(""))
    assert (text(page), found(page, ".main")) == ("Букв не видно.", [])


def test_one_page_leads_to_the_other(page, address):
    assert write(page, "ЖУК") == "ЖУК"
    page.find_element(By.LINK_TEXT, "Буква").click()
    browser.draw(page, pen.glyph("Ж"), "mouse")
    assert browser.answer(page)[0] == "Ж"
    page.find_element(By.LINK_TEXT, "Слово").click()
    assert page.current_url == address
    assert page.find_element(By.CSS_SELECTOR, "[aria-current]").text == "Слово"
    assert write(page, "ЖУК") == "ЖУК"


def test_strokes_are_sent_once_older_ones_are_read_and_a_server_that_is_gone_is_told_of(opened):
    with running(None) as server:
        opened.get(f"{server.address()}word")
        with server.turn:
            for stroke in strokes("ЖУК"):
                browser.draw(opened, [stroke], "mouse")
        assert text(opened) == "ЖУК"
        assert sum("/api/read" in url for url in browser.requested(opened)) == 2
    assert write(opened, "О", top=0.3) == "Сервер не отвечает."
