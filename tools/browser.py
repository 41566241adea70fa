"""A headless Chromium that draws on the page of `edge serve`, for tests and screenshots."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

DRIVER = shutil.which("chromedriver")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")

# Width and height in points, pixels per point, and whether fingers touch the screen.
DESKTOP = (1280, 800, 1, False)
PHONE = (390, 844, 3, True)

# The sandbox refuses root, which CI runs as; without a frame limit, strokes do not wait for frames.
ARGUMENTS = ["headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars"]
ARGUMENTS += ["disable-gpu-vsync", "disable-frame-rate-limit"]

SECONDS = 20


@contextmanager
def serving(*options):
    """Run `edge serve` on a free port as a process of its own; yield the page's address.

    It can't be taught, unless `options` have it keep letters in a folder.
    """
    options = options or ["--no-teach"]
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "serve", "--port", "0", *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def opened(address, screen):
    """Open the page on a screen like `DESKTOP`; yield Selenium's driver."""
    width, height, ratio, touched = screen
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ARGUMENTS:
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    metrics = {"width": width, "height": height, "pixelRatio": ratio, "touch": touched}
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.get(address)
        yield driver
    finally:
        driver.quit()


def draw(driver, strokes, kind):
    """Draw strokes, lists of points in shares of the sheet's side, by `mouse`, `touch` or `pen`."""
    sheet = driver.find_element(By.ID, "canvas").rect
    actions = ActionBuilder(driver, PointerInput(kind, kind), duration=0)
    pointer = actions.pointer_action
    for stroke in strokes:
        places = [
            (round(sheet["x"] + x * sheet["width"]), round(sheet["y"] + y * sheet["height"]))
            for x, y in stroke
        ]
        pointer.move_to_location(*places[0])
        pointer.pointer_down()
        for place in places[1:]:
            pointer.move_to_location(*place)
        pointer.pointer_up()
    actions.perform()


def requested(driver):
    """Return the addresses that the page has asked for since this was last called."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [part["params"] for part in messages if part["method"] == "Network.requestWillBeSent"]
    return [part["request"]["url"] for part in sent]


def answer(driver):
    """Wait for the page's answer; return the letter, `?` for none, and the sentence."""
    ready = "return document.getElementById('answer').ariaBusy === 'false'"
    WebDriverWait(driver, SECONDS, 0.01).until(lambda _: driver.execute_script(ready))
    return [driver.find_element(By.ID, name).text for name in ("letter", "status")]
