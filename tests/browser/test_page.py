"""The page of `edge serve` in a browser: drawn on, clicked, typed at and listened to."""

import time

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("selenium")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from edge.server import handler
from pipeline.data.alphabet import RUSSIAN
from tests.browser import letters
from tests.browser.pages import at_peace, element, fresh, ink, press, read
from tests.edge.serving import running
from tools import browser, pen

pytestmark = pytest.mark.skipif(
    not (browser.BROWSER and browser.DRIVER),
    reason="no Chromium with its chromedriver (Debian's chromium and chromium-driver)",
)

EMPTY = ["?", "Жду букву."]


@pytest.fixture(scope="module")
def address():
    with browser.serving() as address:
        yield address


@pytest.fixture(scope="module")
def opened(address):
    """The page on a desktop's screen."""
    with browser.opened(address, browser.DESKTOP) as driver:
        yield driver


@pytest.fixture
def page(opened, address):
    """The page as it comes; what a test does with it must leave it at peace."""
    yield from fresh(opened, address)


def misread(driver, kind, wanted):
    """Draw letters one after another; return those that are misread, with what they are read as."""
    wrong = []
    for letter, strokes in wanted:
        found, _ = read(driver, strokes, kind)
        if found != letter:
            wrong.append((letter, found))
        press(driver, Keys.ESCAPE)
    return wrong


def some(first):
    """Return some of the hundred letters that are drawn below, or glyphs without CoMNIST."""
    if letters.ARCHIVE:
        return letters.touch(first, first + 8)
    return [(letter, pen.glyph(letter)) for letter in RUSSIAN[first % 4 :: 4]]


def test_letters_drawn_with_a_mouse_are_read(page):
    assert len(misread(page, "mouse", some(0))) <= 1


def test_letters_drawn_with_a_finger_on_a_phone_are_read(address):
    with browser.opened(address, browser.PHONE) as phone:
        assert len(misread(phone, "touch", some(50))) <= 1
        at_peace(phone, address)


@pytest.mark.slow
@pytest.mark.skipif(not letters.ARCHIVE, reason="CoMNIST is not in reach")
def test_of_a_hundred_touch_test_letters_ninety_five_are_read_as_they_are_drawn(page, address):
    wanted = letters.touch(0, 100)
    wrong = misread(page, "mouse", wanted[:50])
    with browser.opened(address, browser.PHONE) as phone:
        wrong += misread(phone, "touch", wanted[50:])
    print(f"{100 - len(wrong)} of 100 right; misread: {wrong}")
    assert len(wrong) <= 5


def test_the_answer_ranks_five_letters_and_shows_what_the_network_sees(page):
    assert browser.answer(page) == EMPTY
    assert not element(page, "seen").is_displayed()
    letter, status = read(page, pen.glyph("Ж"), "pen")
    assert letter == "Ж"
    assert status.startswith("Это Ж: ")
    rows = [row.text.split("\n") for row in page.find_elements(By.CSS_SELECTOR, "#top li")]
    assert rows[0][0] == "Ж"
    assert len({row[0] for row in rows}) == 5
    assert all(row[-1].endswith("%") for row in rows)
    assert element(page, "seen").is_displayed()
    assert page.execute_script(
        "const c = document.getElementById('picture');"
        "const d = c.getContext('2d').getImageData(0, 0, 28, 28).data;"
        "return [d.length, Math.min(...d), Math.max(...d)]"
    ) == [4 * 28 * 28, 0, 255]


def test_undo_and_clear_take_away_strokes_by_keys_and_by_buttons(page):
    first, *others = pen.glyph("Ы")
    assert ink(page) == 0
    assert not element(page, "undo").is_enabled()
    without = read(page, [first]), ink(page)
    assert read(page, others)[0] == "Ы"
    for _ in others:
        press(page, Keys.CONTROL, "z")
    assert (browser.answer(page), ink(page)) == without
    element(page, "undo").click()
    assert (browser.answer(page), ink(page)) == (EMPTY, 0)
    for key in (Keys.ESCAPE, Keys.DELETE):
        read(page, [first])
        press(page, key)
        assert (browser.answer(page), ink(page)) == (EMPTY, 0)
    browser.draw(page, [first], "mouse")
    element(page, "clear").click()
    assert (browser.answer(page), ink(page)) == (EMPTY, 0)


def test_the_eraser_turns_a_letter_into_another(page):
    browser.draw(page, [[(0.3, 0.2), (0.3, 0.8)], [(0.7, 0.2), (0.7, 0.8)]], "mouse")
    read(page, [[(0.3, 0.5), (0.7, 0.5)], [(0.3, 0.2), (0.7, 0.2)]])
    before = ink(page)
    press(page, "e")
    assert element(page, "eraser").get_attribute("aria-pressed") == "true"
    assert read(page, [[(0.4, 0.2), (0.6, 0.2)]])[0] == "Н"
    assert ink(page) < before
    element(page, "eraser").click()
    assert element(page, "eraser").get_attribute("aria-pressed") == "false"


def test_a_single_dot_is_no_reason_to_complain(page):
    assert read(page, [[(0.5, 0.5)]])[0] in RUSSIAN
    assert ink(page) > 100


@pytest.fixture
def picture(tmp_path):
    """A drawn Н on a larger sheet, and how to draw more of them."""

    def write(name, places):
        image = Image.new("RGB", (900, 600), "white")
        sheet = ImageDraw.Draw(image)
        for x in places:
            for line in ((x, 150, x, 450), (x + 150, 150, x + 150, 450), (x, 300, x + 150, 300)):
                sheet.line(line, fill=(20, 30, 120), width=20)
        path = tmp_path / name
        image.save(path)
        return str(path)

    return write


def test_a_picture_is_read_and_makes_room_for_the_next_stroke(page, picture):
    element(page, "file").send_keys(picture("letter.png", [300]))
    assert browser.answer(page)[0] == "Н"
    assert ink(page) > 0
    press(page, Keys.CONTROL, "z")
    assert (browser.answer(page), ink(page)) == (EMPTY, 0)
    # The browser decodes it: Pillow is not asked.
    element(page, "camera").send_keys(picture("letter.jpg", [300]))
    assert browser.answer(page)[0] == "Н"
    assert read(page, pen.glyph("О"))[0] == "О"


def test_what_holds_no_letter_or_several_or_is_no_picture_is_answered_by_a_sentence(
    page, picture, tmp_path
):
    element(page, "file").send_keys(picture("blank.png", []))
    assert browser.answer(page) == ["?", "Буквы не видно."]
    element(page, "file").send_keys(picture("two.png", [150, 600]))
    assert browser.answer(page) == ["?", "Похоже на несколько букв (2), а нужна одна."]
    (tmp_path / "text.png").write_text("no picture")
    element(page, "file").send_keys(str(tmp_path / "text.png"))
    assert browser.answer(page)[1].startswith("Это не картинка")
    assert page.find_elements(By.CSS_SELECTOR, "#top li") == []


def test_the_keyboard_reaches_every_tool_and_the_picture(page):
    read(page, pen.glyph("А"))
    reached = []
    for _ in range(4):
        press(page, Keys.TAB)
        reached.append(page.switch_to.active_element.get_attribute("id"))
    assert reached == ["undo", "eraser", "clear", "file"]
    assert all(element(page, name).accessible_name for name in reached)


def test_the_answer_is_announced_and_the_page_is_said_to_be_russian(page):
    assert element(page, "status").aria_role == "status"
    assert element(page, "status").get_attribute("aria-live") == "polite"
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ru"


def test_a_dark_page_has_light_ink(page):
    def shades():
        style = "const s = getComputedStyle(document.body);"
        colours = page.execute_script(f"{style} return [s.backgroundColor, s.color]")
        return [int(colour.strip("rgb()").split(",")[0]) for colour in colours]

    ground, letter = shades()
    assert ground > 200 > 100 > letter
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    ground, letter = shades()
    assert ground < 50 < 200 < letter
    # What is sent stays black on nothing.
    assert read(page, pen.glyph("Ж"))[0] == "Ж"
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_screen_has_to_be_scrolled_sideways(page, width):
    size = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert read(page, pen.glyph("Ж"))[0] == "Ж"
    widths = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]"
    assert len(set(page.execute_script(widths))) == 1


def test_a_newer_stroke_makes_the_older_answer_stale(opened):
    with running(None) as server:
        opened.get(server.address())
        with server.turn:
            for stroke in pen.glyph("Ы"):
                browser.draw(opened, [stroke], "mouse")
        assert browser.answer(opened)[0] == "Ы"


def test_a_server_that_has_too_much_to_do_is_asked_again(opened, monkeypatch):
    monkeypatch.setattr(handler, "TURN_SECONDS", 0.01)
    with running(None) as server:
        opened.get(server.address())
        with server.turn:
            browser.draw(opened, pen.glyph("Б"), "mouse")
            time.sleep(0.3)
            assert element(opened, "answer").get_attribute("aria-busy") == "true"
        assert browser.answer(opened)[0] == "Б"


def test_a_server_that_is_gone_is_told_of(opened):
    with running(None) as server:
        opened.get(server.address())
    assert read(opened, pen.glyph("Б")) == ["?", "Сервер не отвечает."]
