"""What pictures show beside a letter, layer upon layer: lines, boxes, desks, light, dirt.

A layer takes a picture, float32 (height, width, 3) from 0 to 255, the shares of ink (height, width)
and a random generator, and returns the picture with more on it.
"""

from collections.abc import Callable

import numpy
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from studies.strangers.lettering import box

Colour = tuple[int, int, int]
Layer = Callable[[numpy.ndarray, numpy.ndarray, numpy.random.Generator], numpy.ndarray]

BLACK, GRAY, PALE = (20, 20, 20), (150, 150, 150), (150, 190, 235)
# Printed lines are of one of these colours and of a width in this range, in pixels.
PRINTED = ((110, 145, 210), (165, 165, 170), (130, 175, 160), (205, 140, 140))
THIN, THICK = 1.0, 2.2
BROWN, DARK, GREEN = (92, 70, 50), (50, 45, 48), (84, 110, 92)

FONT = f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf"
TEXT = "Заполняйте печатными буквами чёрной или синей ручкой. Подпись и дата, место рождения "

# Curves and corners are drawn this many times larger, and reduced.
FINE = 4


def blend(picture: numpy.ndarray, share: numpy.ndarray, colour: Colour) -> numpy.ndarray:
    """Return the picture with a share of every pixel, (height, width), in a colour."""
    return picture + (numpy.array(colour, numpy.float32) - picture) * share[..., None]


def _places(shape: tuple[int, int]) -> numpy.ndarray:
    """Return the row and the column of every pixel, float32 (2, height, width)."""
    return numpy.indices(shape, numpy.float32)


def _share(mask: Image.Image) -> numpy.ndarray:
    return numpy.asarray(mask, numpy.float32) / 255


def _stripes(distance: numpy.ndarray, thick: float) -> numpy.ndarray:
    return (thick / 2 + 0.5 - abs(distance)).clip(0, 1)


def _print(rng: numpy.random.Generator, colour: Colour | None) -> tuple[Colour, float]:
    """Choose the colour of printed lines, if it is not given, and their width."""
    return colour or PRINTED[rng.integers(len(PRINTED))], rng.uniform(THIN, THICK)


def ruled(pitch: float, across: float = 0, colour: Colour | None = None, slope: float = 0) -> Layer:
    """Rule the paper with level lines, and with upright ones at another pitch if that is not 0."""

    def layer(picture, ink, rng):
        row, column = _places(ink.shape)
        colour_now, thick = _print(rng, colour)
        for spacing, place in ((pitch, row + slope * column), (across, column - slope * row)):
            if spacing:
                distance = (place + rng.uniform(0, spacing)) % spacing - spacing / 2
                picture = blend(picture, _stripes(distance, thick), colour_now)
        return picture

    return layer


def lines(level=(), upright=(), colour: Colour | None = None) -> Layer:
    """Draw level lines at shares of the letter's height from its top, upright ones from its middle.

    The latter are shares of its longer side.
    """

    def layer(picture, ink, rng):
        top, bottom, left, right = box(ink)
        rows = [top + share * (bottom - top) for share in level]
        longer = max(bottom - top, right - left)
        columns = [(left + right) / 2 + share * longer for share in upright]
        row, column = _places(ink.shape)
        colour_now, thick = _print(rng, colour)
        for at, places in ((row, rows), (column, columns)):
            for place in places:
                picture = blend(picture, _stripes(at - place, thick), colour_now)
        return picture

    return layer


def _drawn(shape: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], None]) -> numpy.ndarray:
    """Return the shares (height, width) that `draw` marks in coordinates `FINE` times as large."""
    mask = Image.new("L", (shape[1] * FINE, shape[0] * FINE))
    draw(ImageDraw.Draw(mask))
    return _share(mask.reduce(FINE))


def boxes(
    side: float, pixels: int = 2, colour: Colour = GRAY, row: bool = False, round_by=0, shift=0.0
):
    """Draw a box of `side`, a share of the height, or a row of them that runs off the picture.

    Corners are rounded by pixels; a row is shifted by a share of a box.
    """

    def layer(picture, ink, rng):
        height, width = ink.shape
        half = round(side * height / 2)

        def draw(pen):
            for number in range(-5, 6) if row else (0,):
                middle = width // 2 + round((number + shift) * (2 * half - pixels))
                corners = middle - half, height // 2 - half, middle + half, height // 2 + half
                corners = [place * FINE - (FINE if n > 1 else 0) for n, place in enumerate(corners)]
                pen.rounded_rectangle(corners, round_by * FINE, outline=255, width=pixels * FINE)

        return blend(picture, _drawn(ink.shape, draw), colour)

    return layer


def spot(shape: tuple[int, int], rng: numpy.random.Generator) -> numpy.ndarray:
    """Return the shares (height, width) of a spot without an edge, anywhere and of any size."""
    height, width = shape
    row, column = _places(shape)
    y, x, tall, wide = rng.uniform((0, 0, 0.1, 0.1), (1, 1, 0.35, 0.35)) * (
        height,
        width,
        height,
        height,
    )
    return numpy.exp(-(((row - y) / tall) ** 2) - ((column - x) / wide) ** 2)


def frame(pixels: int) -> Layer:
    """Draw a black frame at the very border."""

    def layer(picture, ink, rng):
        share = numpy.ones_like(ink)
        share[pixels:-pixels, pixels:-pixels] = 0
        return blend(picture, share, (0, 0, 0))

    return layer


def _smooth(shape: tuple[int, int], rng: numpy.random.Generator, pixels: float) -> numpy.ndarray:
    """Return noise of deviation 1, smooth over `pixels`, (height, width)."""
    noise = Image.fromarray(
        (50 * rng.standard_normal(shape, numpy.float32) + 128).clip(0, 255).astype(numpy.uint8)
    )
    blurred = noise.filter(ImageFilter.GaussianBlur(pixels))
    values = numpy.asarray(blurred, numpy.float32)
    return (values - values.mean()) / (values.std() + 1e-6)


def wood(colour: Colour = (150, 105, 65)) -> Layer:
    """Cover everything with planks whose veins are wavy."""

    def layer(picture, ink, rng):
        row, column = _places(ink.shape) / ink.shape[0]
        bent = (
            row
            + 0.03 * numpy.sin(5 * column + rng.uniform(0, 6))
            + 0.02 * _smooth(ink.shape, rng, 20)
        )
        veins = numpy.sin(2 * numpy.pi * bent * rng.uniform(14, 24)) + 0.5 * numpy.sin(90 * bent)
        planks = 1 - 0.5 * _stripes((row * 3 % 1 - 0.5) * ink.shape[0] / 3, 3)
        return (
            numpy.array(colour, numpy.float32) * (1 + 0.14 * veins[..., None]) * planks[..., None]
        )

    return layer


def desk(*colours: Colour, sides: str = "trbl", corner: float = 0, wooden: bool = False) -> Layer:
    """Show a desk at the sides named (t, r, b, l) of the sheet, which lies a little turned.

    Two colours are two desks that meet beside the middle. `corner` rounds the sheet's corners, a
    share of the height.
    """

    def layer(picture, ink, rng):
        height, width = ink.shape
        # Where no desk shows, the sheet goes on outside of the picture.
        reach = {side: rng.uniform(0.05, 0.13) if side in sides else -0.2 for side in "trbl"}
        room = height // 4
        mask = Image.new("L", (width + 2 * room, height + 2 * room))
        corners = (
            room + reach["l"] * width,
            room + reach["t"] * height,
            room + width * (1 - reach["r"]),
            room + height * (1 - reach["b"]),
        )
        ImageDraw.Draw(mask).rounded_rectangle(corners, corner * height, fill=255)
        mask = mask.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC)
        sheet = _share(mask)[room : room + height, room : room + width, None]
        table = numpy.empty_like(picture)
        table[:] = colours[0] if colours else 0
        if len(colours) > 1:
            table[:, round(width * rng.uniform(0.35, 0.65)) :] = colours[1]
        if wooden:
            table = wood()(table, ink, rng)
        table = table + 4 * _smooth(ink.shape, rng, 1)[..., None]
        return picture * sheet + table * (1 - sheet)

    return layer


def shadow(where: str, soft: float, loss: float = 0.4) -> Layer:
    """Throw a shadow from the left, the right or a corner; its edge is `soft` of the width."""

    def layer(picture, ink, rng):
        height, width = ink.shape
        row, column = _places(ink.shape)
        way = (column - width / 2) * (-1 if where == "left" else 1)
        slope = rng.uniform(0.7, 1.2) if where == "corner" else rng.uniform(-0.15, 0.15)
        way = way + slope * (row - height / 2) - rng.uniform(-0.15, 0.2) * width
        dark = 1 / (1 + numpy.exp((-way / (soft * width)).clip(-50, 50)))
        return picture * (1 - loss * dark)[..., None]

    return layer


def falling(loss: float = 0.5) -> Layer:
    """Let the light fall off evenly towards a side."""

    def layer(picture, ink, rng):
        angle = rng.uniform(0, 2 * numpy.pi)
        row, column = _places(ink.shape)
        way = row * numpy.sin(angle) + column * numpy.cos(angle)
        return picture * (1 - loss * (way - way.min()) / numpy.ptp(way))[..., None]

    return layer


def lamp(strength: float = 1.5, middle: bool = False) -> Layer:
    """Light the page by a lamp somewhere above it, or darken its corners as a lens does."""

    def layer(picture, ink, rng):
        height, width = ink.shape
        y, x = (0.5, 0.5) if middle else rng.uniform(0.05, 0.95, 2).tolist()
        row, column = _places(ink.shape)
        away = ((row - y * height) ** 2 + (column - x * width) ** 2) / width**2
        return picture * (1.1 / (1 + strength * away))[..., None]

    return layer


def dirt(specks: int = 0, hair: bool = False, stop: bool = False, neighbour: bool = False) -> Layer:
    """Draw what lies beside the letter: specks, a hair, a full stop, a stroke at the border."""

    def layer(picture, ink, rng):
        height, width = ink.shape
        top, bottom, left, right = box(ink)
        longer = max(bottom - top, right - left)

        def dot(pen, y, x, radius):
            pen.ellipse([FINE * v for v in (x - radius, y - radius, x + radius, y + radius)], 255)

        def stroke(pen, points, thick):
            places = numpy.linspace(0, 1, 400)[:, None]
            start, middle, end = numpy.array(points) * (width, height)
            curve = (1 - places) ** 2 * start + 2 * places * (1 - places) * middle
            for x, y in curve + places**2 * end:
                dot(pen, y, x, thick / 2)

        def draw(pen):
            for _ in range(specks):
                y, x = rng.uniform(0.04, 0.96, 2) * (height, width)
                if not (top - 4 < y < bottom + 4 and left - 4 < x < right + 4):
                    dot(pen, y, x, longer * rng.uniform(0.008, 0.022))
            if hair:
                side = rng.choice([0.08, 0.92])
                stroke(pen, [(side, 0.1), rng.uniform(0.05, 0.95, 2), (side, 0.9)], 1.2)
            if stop:
                radius = 0.05 * longer
                dot(pen, bottom - radius, min(right + 3 * radius, width - radius - 2), radius)
            if neighbour:
                side = rng.choice([0, 1])
                ends = [(side, rng.uniform(0.1, 0.4)), (side, rng.uniform(0.6, 0.9))]
                bulge = (abs(side - rng.uniform(0, 0.12)), 0.5)
                stroke(pen, [ends[0], bulge, ends[1]], 0.07 * longer)

        return blend(picture, _drawn(ink.shape, draw), BLACK)

    return layer


def printed(size: float = 0.035, colour: Colour = (60, 60, 60)) -> Layer:
    """Print lines of small text above and below the letter, or everywhere if there is none."""

    def layer(picture, ink, rng):
        height = ink.shape[0]
        top, bottom = box(ink)[:2] if ink.any() else (height, height)
        font = ImageFont.truetype(FONT, max(7, round(size * height)))
        mask = Image.new("L", ink.shape[::-1])
        pen, step = ImageDraw.Draw(mask), 1.6 * font.size
        for y in numpy.arange(step / 2, height, step):
            if y + 1.3 * step < top or y > bottom + step / 2:
                start = rng.integers(len(TEXT))
                pen.text((0.04 * ink.shape[1], y), (TEXT[start:] + 3 * TEXT)[:90], 255, font)
        return blend(picture, _share(mask), colour)

    return layer


def grain(strength: float = 5) -> Layer:
    """Give the paper a grain, fine and coarse."""

    def layer(picture, ink, rng):
        fibres = _smooth(ink.shape, rng, 1) + _smooth(ink.shape, rng, 4)
        return picture + strength * fibres[..., None]

    return layer


def crease(strength: float = 30) -> Layer:
    """Fold the paper along a line: one side of it is lit, the other dark."""

    def layer(picture, ink, rng):
        row, column = _places(ink.shape) / ink.shape[0]
        angle = rng.uniform(0, numpy.pi)
        middle = 0.5 * ink.shape[1] / ink.shape[0]
        way = (row - 0.5) * numpy.sin(angle) + (column - middle) * numpy.cos(angle)
        way = (way - rng.uniform(-0.3, 0.3)) * 60
        return picture - strength * (numpy.sign(way) * numpy.exp(-abs(way)))[..., None]

    return layer


def camera(noise: float = 2.5, blur: float = 0.7) -> Layer:
    """Blur the picture as a lens does, by pixels, and add a sensor's noise, in levels."""

    def layer(picture, ink, rng):
        image = Image.fromarray(picture.clip(0, 255).astype(numpy.uint8))
        blurred = numpy.asarray(image.filter(ImageFilter.GaussianBlur(blur)), numpy.float32)
        return blurred + noise * rng.standard_normal(blurred.shape, numpy.float32)

    return layer
