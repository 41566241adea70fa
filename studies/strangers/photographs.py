"""Test letters on photographs of paper, 640x480: how many are still read, scene by scene."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy
from PIL import Image, ImageFilter

from edge.classifier import prepare_all
from edge.picture import SIZE
from edge.preparation import FAINT, PictureError
from pipeline import parallel
from pipeline.files import replacing, write_json
from pipeline.params import Params, section
from pipeline.report.plots import sheets
from studies.strangers import PARAMS, RESULTS
from studies.strangers.originals import EXAMPLE, Original, Sample, originals, read_pack

WIDTH, HEIGHT = 640, 480
# Red, green and blue, from 0 to 255.
PAPER = (214, 212, 205)
PEN = (40, 45, 70)
# How far rules darken red, green and blue: they are pale blue, or as dark as a pen.
PALE, DARK = (0.36, 0.3, 0.18), (0.75, 0.75, 0.7)
# The letter's longer side at scale 1, in pixels.
EXTENT = 150
# The standard deviation of what a sensor adds to a pixel, and how far a lens blurs, in pixels.
NOISE, BLUR = 3, 0.7

# Letters that a process photographs at a time.
CHUNK = 4


class Scene(NamedTuple):
    """What a photograph shows beside the letter; the defaults change nothing."""

    scale: float = 1.0  # Of the letter.
    offset: float = 0.0  # From the middle, a share of the picture's sides.
    light: str = "even"
    rules: tuple[float, float, float] | None = None
    spacing: tuple[int, int] = (36, 0)  # Pixels between rules, and between those that cross them.
    slope: float = 0.0  # Of the rules.
    pen: tuple[int, int, int] = PEN
    edge: int = 0  # Pixels of a dark edge.
    inverted: bool = False


SCENES = {
    "clean": Scene(),
    "light from one side, half of it lost": Scene(light="side"),
    "light from a lamp": Scene(light="lamp"),
    "a shadow across": Scene(light="shadow"),
    "ruled": Scene(rules=PALE),
    "ruled, two degrees askew": Scene(rules=PALE, slope=0.035),
    "ruled as dark as a pen": Scene(rules=DARK),
    "squared": Scene(rules=PALE, spacing=(20, 20)),
    "squared, light from one side": Scene(rules=PALE, spacing=(20, 20), light="side"),
    "inverted": Scene(inverted=True),
    "off the middle by 30%": Scene(offset=0.3),
    "20% of the size": Scene(scale=0.2),
    "50% of the size": Scene(scale=0.5),
    "300% of the size": Scene(scale=3.0),
    "a dark edge": Scene(edge=25),
    "red ink": Scene(pen=(215, 40, 50)),
    "yellow ink": Scene(pen=(235, 205, 40)),
}


def run(params: Params) -> None:
    """Photograph test letters in every scene and read them with the exported fp16 pack.

    A photograph in which no letter or several are found counts as misread. Writes
    `results/photographs.json` and `.png`. Raises PipelineError if the pack or the letters are
    missing.
    """
    classifier, sha256 = read_pack()
    most = section(Sample, PARAMS, "photographs").letters_per_class
    chosen = [each for each in originals(params) if each.number_in_class < most]
    photographed = parallel.map_all(photograph_all, chosen, "photographs", CHUNK)
    labels = numpy.array([original.label for original in chosen])
    kinds = numpy.array([original.kind for original in chosen])
    report = {"pack": sha256, "kinds": list(dict.fromkeys(kinds.tolist())), "scenes": {}}
    for name, letters in zip(SCENES, zip(*photographed, strict=True), strict=True):
        found = b"".join(letter or bytes(SIZE * SIZE) for letter in letters)
        images = numpy.frombuffer(found, numpy.uint8).reshape(-1, SIZE, SIZE)
        right = classifier.predict(images).argmax(axis=1) == labels
        right &= [letter is not None for letter in letters]
        shares = {kind: float(right[kinds == kind].mean()) for kind in report["kinds"]}
        report["scenes"][name] = shares
    write_json(RESULTS / "photographs.json", report)
    with replacing(RESULTS / "photographs.png") as path:
        sheets.draw_photographs(path, example(chosen))


def photograph_all(original: Original) -> list[bytes | None]:
    """Prepare the letter as `edge` does in every scene: None if it finds none or several."""
    picture, rng = original.read(), original.rng()
    found = []
    for scene in SCENES.values():
        try:
            prepared = prepare_all(photograph(picture, scene, rng))
        except PictureError:
            prepared = []
        found.append(prepared[0] if len(prepared) == 1 else None)
    return found


def example(chosen: Sequence[Original]) -> dict[str, numpy.ndarray]:
    """Photograph one letter in every scene."""
    original = next(original for original in chosen if original.label == EXAMPLE)
    picture, rng = original.read(), original.rng()
    return {name: photograph(picture, scene, rng) for name, scene in SCENES.items()}


def photograph(picture: numpy.ndarray, scene: Scene, rng: numpy.random.Generator) -> numpy.ndarray:
    """Draw a letter, uint8 (height, width) dark on white, as a photograph: uint8 (480, 640, 3)."""
    share = _page(picture, scene)[..., None]
    paper = numpy.array(PAPER) * _rules(scene, rng)
    seen = paper * (1 - share) + numpy.array(scene.pen) * share
    seen *= _light(scene.light, rng)[..., None]
    seen[:, : scene.edge] = 20
    seen += rng.normal(0, NOISE, seen.shape)
    image = Image.fromarray(numpy.clip(seen, 0, 255).astype(numpy.uint8))
    blurred = numpy.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)))
    return 255 - blurred if scene.inverted else blurred


def _page(picture: numpy.ndarray, scene: Scene) -> numpy.ndarray:
    """Place the letter; return which share of every pixel is ink, (480, 640)."""
    ink = 255 - picture
    marked = ink > ink.max() * FAINT
    rows, columns = (numpy.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    letter = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    factor = scene.scale * EXTENT / max(letter.size)
    sides = [max(1, round(side * factor)) for side in letter.size]
    page = Image.new("L", (WIDTH, HEIGHT))
    # It stays on the paper, and clear of its sides.
    corner = [
        min(max(4, round(whole * (0.5 + scene.offset) - side / 2)), whole - side - 4)
        for whole, side in zip((WIDTH, HEIGHT), sides, strict=True)
    ]
    page.paste(letter.resize(sides, Image.Resampling.BICUBIC), corner)
    return numpy.asarray(page) / ink.max()


def _rules(scene: Scene, rng: numpy.random.Generator) -> numpy.ndarray:
    """Return by how much rules 1.6 pixels thick darken red, green and blue, (480, 640, 3)."""
    factor = numpy.ones((HEIGHT, WIDTH, 3))
    if scene.rules is None:
        return factor
    row, column = numpy.indices((HEIGHT, WIDTH))
    places = row + scene.slope * column, column - scene.slope * row
    for spacing, place in zip(scene.spacing, places, strict=True):
        if spacing:
            distance = abs((place + rng.uniform(0, spacing)) % spacing - spacing / 2)
            factor *= 1 - numpy.clip(1.3 - distance, 0, 1)[..., None] * numpy.array(scene.rules)
    return factor


def _light(light: str, rng: numpy.random.Generator) -> numpy.ndarray:
    """Return the light that falls on every pixel, (480, 640), 1 where it is full."""
    row, column = numpy.indices((HEIGHT, WIDTH))
    if light == "lamp":
        away = (row - rng.uniform(0, HEIGHT)) ** 2 + (column - rng.uniform(0, WIDTH)) ** 2
        return 1.1 / (1 + 1.5 * away / WIDTH**2)
    angle = rng.uniform(0, 2 * numpy.pi)
    way = (row - HEIGHT / 2) * numpy.sin(angle) + (column - WIDTH / 2) * numpy.cos(angle)
    if light == "side":
        return 1 - 0.5 * (way - way.min()) / numpy.ptp(way)
    if light == "shadow":
        return 1 - 0.35 / (1 + numpy.exp((rng.uniform(-150, 150) - way) / 15))
    return numpy.ones((HEIGHT, WIDTH))
