"""What tests do with the page of `edge serve` in a browser."""

from urllib.parse import urlsplit

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tools import browser


def at_peace(driver, address):
    """Check that the console is empty and that no request has left the host."""
    # What the server refuses is no error of the page, but Chromium notes it.
    said = [entry["message"] for entry in driver.get_log("browser")]
    assert [line for line in said if "/api/" not in line] == []
    asked = map(urlsplit, browser.requested(driver))
    assert {url.netloc for url in asked if url.scheme != "data"} == {urlsplit(address).netloc}


def fresh(driver, address):
    """Show a page as it comes, and check when the test is over that it is at peace."""
    driver.get(address)
    for name in ("browser", "performance"):
        driver.get_log(name)  # what an earlier test has left
    driver.refresh()
    yield driver
    at_peace(driver, address)


def element(page, name):
    return page.find_element(By.ID, name)


def press(page, *keys):
    """Press keys, all but the last one held."""
    chain = ActionChains(page)
    for key in keys[:-1]:
        chain.key_down(key)
    chain.send_keys(keys[-1])
    for key in keys[:-1]:
        chain.key_up(key)
    chain.perform()


def ink(page):
    """Count the pixels on the sheet that are not paper."""
    # In a copy: Chromium has something to say of who reads the same sheet often.
    return page.execute_script(
        "const c = document.getElementById('canvas');"
        "const o = new OffscreenCanvas(c.width, c.height).getContext('2d');"
        "o.drawImage(c, 0, 0);"
        "const d = o.getImageData(0, 0, c.width, c.height).data;"
        "return d.filter((value, i) => i % 4 === 3 && value > 0).length"
    )


def read(page, strokes, kind="mouse"):
    """Draw strokes and return the page's answer."""
    browser.draw(page, strokes, kind)
    return browser.answer(page)
