"""Take the README's picture of `edge serve` with a letter on its page: `make screenshot`.

Needs Chromium with its chromedriver.
"""

import io
import sys

from PIL import Image

from pipeline.files import PLOTS, replacing
from tools import browser, pen

SCREEN = (1020, 700, 1, False)
LETTER = "Я"
COLOURS = 64


def main():
    """Draw the letter and write `plots/page.png`; return what went wrong, if anything did."""
    if not (browser.BROWSER and browser.DRIVER):
        return "screenshot: no Chromium with its chromedriver (apt install chromium-driver)"
    with browser.serving() as address, browser.opened(address, SCREEN) as page:
        browser.draw(page, pen.glyph(LETTER), "mouse")
        letter, status = browser.answer(page)
        if letter != LETTER:
            return f"screenshot: {LETTER} was drawn and {letter} was read ({status})"
        picture = Image.open(io.BytesIO(page.get_screenshot_as_png())).convert("RGB")
    with replacing(PLOTS / "page.png") as path:
        picture.quantize(COLOURS).save(path, "PNG", optimize=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
