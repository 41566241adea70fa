"""The page of `edge serve` is taught in a browser: told letters, it learns them and goes back."""

import sys
import time

import numpy
import pytest

pytest.importorskip("selenium")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from edge.server import kept
from tests.browser.pages import at_peace, element, ink, press, read
from tests.edge import packs
from tests.edge.serving import running
from tools import browser, pen

pytestmark = pytest.mark.skipif(
    not (browser.BROWSER and browser.DRIVER),
    reason="no Chromium with its chromedriver (Debian's chromium and chromium-driver)",
)

# Of a hand that leans so far to the right, Щ is read as Ш.
SLANT, EXTENT = 0.8, 0.75
LEANING = "ИЦАБВГДЕЁ"


def leaning(letter):
    """Return the strokes of a letter in that hand."""
    matrix = EXTENT * numpy.array([[1, 0], [-SLANT / EXTENT, 1]])
    return [(stroke - 0.5) @ matrix + 0.5 for stroke in pen.glyph(letter)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "taught"


@pytest.fixture(scope="module")
def opened():
    """A browser on a desktop's screen."""
    with browser.opened("about:blank", browser.DESKTOP) as driver:
        yield driver


@pytest.fixture
def page(opened, folder):
    """The page of a server that keeps letters in a folder."""
    with browser.serving("--letters", str(folder)) as address:
        visit(opened, address)
        until(opened, lambda: keys(opened))
        yield opened
        at_peace(opened, address)


def visit(driver, address):
    driver.get(address)
    for name in ("browser", "performance"):
        driver.get_log(name)  # what an earlier test has left
    driver.refresh()


def until(driver, condition):
    WebDriverWait(driver, browser.SECONDS, 0.02).until(lambda _: condition())


def keys(page):
    """Return the alphabet's buttons by their letters."""
    found = page.find_elements(By.CSS_SELECTOR, "#alphabet button")
    return {button.text: button for button in found}


def named(page, letter, tap=True):
    """Say which letter it is that was read; return the sentence that comes of it."""
    page.execute_script("document.getElementById('progress').textContent = ''")
    keys(page)[letter].click() if tap else press(page, letter)
    return said(page)


def said(page):
    until(page, lambda: element(page, "progress").text not in ("", "Учусь…"))
    return element(page, "progress").text


def clicked(page, button):
    """Click a button below the alphabet; return the sentence and the letter that is read then."""
    page.execute_script("document.getElementById('progress').textContent = ''")
    element(page, button).click()
    sentence = said(page)
    until(page, lambda: browser.answer(page))
    return sentence, browser.answer(page)[0]


def drawn(page, strokes):
    page.execute_script("scrollTo(0, 0)")
    return read(page, strokes)[0]


def test_a_hand_is_corrected_learned_read_rightly_and_gone_back_from(page, folder):
    assert drawn(page, leaning("Щ")) == "Ш"
    assert named(page, "Щ") == "Сохранено: Щ, всего 1 буква. Ещё 9, и можно учиться."
    for letter in LEANING[:-1]:
        # What is named stays on the sheet until the next letter is begun.
        drawn(page, leaning(letter))
        named(page, letter, tap=False)
    assert not element(page, "learn").is_enabled()
    drawn(page, leaning("Ё"))
    assert named(page, "ё", tap=False) == "Сохранено: Ё, всего 10 букв. Можно учиться."
    assert {path.parent.name for path in folder.rglob("*.png")} == {"Щ", *LEANING}

    drawn(page, leaning("Щ"))
    assert clicked(page, "learn") == ("Выучено: 10 букв.", "Щ")
    lesson = element(page, "lesson").text
    assert lesson.startswith("Читает выученная модель. Из выученных букв исходная верно читает ")
    assert "ни одна не написана трижды" in lesson
    assert clicked(page, "model") == ("Читает исходная модель.", "Ш")
    assert element(page, "lesson").text.startswith("Читает исходная модель.")
    assert clicked(page, "model") == ("Читает выученная модель.", "Щ")
    page.refresh()
    until(page, lambda: element(page, "lesson").text == lesson)
    assert drawn(page, leaning("Щ")) == "Щ"


def test_a_letter_that_was_named_wrongly_is_named_again(page, folder):
    drawn(page, pen.glyph("Ж"))
    assert "read" in keys(page)["Ж"].get_attribute("class")
    named(page, "Х")
    assert keys(page)["Х"].get_attribute("aria-pressed") == "true"
    assert named(page, "Ж").startswith("Сохранено: Ж, всего 1 буква.")
    assert [path.parent.name for path in folder.rglob("*.png")] == ["Ж"]
    assert keys(page)["Х"].get_attribute("aria-pressed") == "false"


def test_the_next_stroke_begins_the_next_letter(page):
    drawn(page, pen.glyph("Ж"))
    before = ink(page)
    named(page, "Ж")
    assert ink(page) == before
    assert drawn(page, pen.glyph("О")) == "О"
    assert keys(page)["Ж"].get_attribute("aria-pressed") == "false"


def test_no_letter_is_named_before_its_last_stroke_has_been_read(opened, folder):
    first, *others = pen.glyph("Ы")
    with running(None, folder) as server:
        visit(opened, server.address())
        until(opened, lambda: keys(opened))
        drawn(opened, [first])
        with server.turn:
            browser.draw(opened, others, "mouse")
            press(opened, "ы")
            assert not keys(opened)["Ы"].is_enabled()
        assert browser.answer(opened)[0] == "Ы"
        assert not folder.exists()
        assert named(opened, "ы", tap=False).startswith("Сохранено: Ы")


def test_everything_is_forgotten_only_after_a_question(page, folder):
    assert not element(page, "forget").is_enabled()
    drawn(page, pen.glyph("Ж"))
    named(page, "Ж")
    assert element(page, "folder").text == str(folder)
    element(page, "forget").click()
    assert page.switch_to.alert.text == "Удалить всё сохранённое (1\u00a0буква) и выученную модель?"
    page.switch_to.alert.dismiss()
    assert len(list(folder.rglob("*.png"))) == 1
    page.execute_script("document.getElementById('progress').textContent = ''")
    element(page, "forget").click()
    page.switch_to.alert.accept()
    assert said(page) == "Всё забыто, читает исходная модель."
    assert list(folder.iterdir()) == []


def test_letters_are_named_only_while_one_is_read_and_without_modifiers(page, folder):
    press(page, "ж")
    assert not any(button.is_enabled() for button in keys(page).values())
    drawn(page, pen.glyph("Ж"))
    press(page, Keys.ALT, "ж")
    # No letter of this alphabet: it is still the eraser's.
    press(page, "e")
    assert element(page, "eraser").get_attribute("aria-pressed") == "true"
    press(page, Keys.BACKSPACE)
    assert element(page, "eraser").get_attribute("aria-pressed") == "false"
    assert not folder.exists()


def test_the_keyboard_walks_through_the_alphabet(page):
    drawn(page, pen.glyph("Ж"))
    page.execute_script("arguments[0].focus()", keys(page)["А"])
    reached = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_LEFT):
        press(page, key)
        reached.append(page.switch_to.active_element.text)
    assert reached == ["Б", "В", "Б", "А"]
    press(page, Keys.ARROW_LEFT)
    press(page, Keys.ENTER)
    assert said(page).startswith("Сохранено: Я")
    assert element(page, "progress").get_attribute("aria-live") == "polite"
    group = element(page, "alphabet")
    assert (group.aria_role, group.accessible_name[:16]) == ("group", "Какая это буква?")


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1200, 1280, 1920])
def test_no_screen_has_to_be_scrolled_sideways(page, width):
    size = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert drawn(page, pen.glyph("Ж")) == "Ж"
    named(page, "Ж")
    widths = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]"
    assert len(set(page.execute_script(widths))) == 1
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.slow
def test_a_letter_is_named_with_a_finger_on_a_phone(folder):
    with (
        browser.serving("--letters", str(folder)) as address,
        browser.opened(address, browser.PHONE) as phone,
    ):
        until(phone, lambda: keys(phone))
        browser.draw(phone, pen.glyph("Ж"), "touch")
        assert browser.answer(phone)[0] == "Ж"

        def tapped():
            # Chromium takes the first tap after a drawn gesture for its end, now and then.
            keys(phone)["Ж"].click()
            time.sleep(0.5)
            return element(phone, "progress").text

        until(phone, tapped)
        assert said(phone).startswith("Сохранено: Ж, всего 1")
        at_peace(phone, address)


def test_what_cannot_be_kept_or_learned_is_said_in_a_sentence(opened, tmp_path):
    (tmp_path / "file").write_text("")
    pack = tmp_path / "surest.safetensors"
    # Whatever it is shown, it is sure of it: nothing can be better.
    bias = b"\0" * 66
    data = b"\0" * (len(packs.tensors()[1]) - len(bias)) + b"\0\x54" + bias[2:]
    pack.write_bytes(packs.pack(data=data))
    with running(pack, tmp_path / "taught") as server:
        visit(opened, server.address())
        until(opened, lambda: keys(opened))
        for number in range(10):
            assert drawn(opened, [[(0.2, 0.3), (0.8, 0.35 + number / 20)]]) == "А"
            named(opened, "А")
        assert clicked(opened, "learn")[0].startswith("Лучше читать пока не выходит")
        server.folder = str(tmp_path / "file")
        drawn(opened, pen.glyph("О"))
        assert named(opened, "Б") == "Не сохранено: диск полон, или в папку нельзя писать."
    assert named(opened, "Б") == "Сервер не отвечает."


def test_without_numpy_the_page_says_that_nothing_can_be_learned(opened, folder, monkeypatch):
    with running(None, folder) as server:
        monkeypatch.setitem(sys.modules, "numpy", None)
        visit(opened, server.address())
        until(opened, lambda: keys(opened))
        assert element(opened, "lesson").text.startswith("Чтобы учиться, нужен NumPy")
        monkeypatch.undo()


def test_a_page_that_may_not_be_taught_shows_nothing_of_it(opened, folder):
    with browser.serving("--letters", str(folder), "--no-teach") as address:
        visit(opened, address)
        drawn(opened, pen.glyph("Ж"))
        press(opened, "ж")
        assert not element(opened, "teaching").is_displayed()
        at_peace(opened, address)
    assert not folder.exists()


def test_the_folder_of_the_page_is_one_that_kept_letters_come_from(page, folder):
    drawn(page, pen.glyph("Ж"))
    named(page, "Ж")
    assert kept.read(folder, "АЖ")[1] == ["Ж"]
