"""Test letters in pictures of every kind, beside the same letters clean: how many are read."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy
from PIL import Image

from pipeline import parallel
from pipeline.files import replacing, write_json
from pipeline.params import Count, Params, Section, section
from pipeline.report.plots import sheets
from studies.strangers import PARAMS, RESULTS
from studies.strangers.crowds import CROWDS, GAPS, read_crowd, read_nothing
from studies.strangers.originals import EXAMPLE, Original, originals, read_pack
from studies.strangers.outcome import outcome, shares
from studies.strangers.scenery import EMPTY, SCENES, Scene


class Sizes(Section):
    """How many letters of each corpus and class, and pictures of none and of several, are read."""

    letters_per_class: Count
    pictures_of_none: Count
    pictures_of_several: Count  # Of words, of rows and of boxes each.


def run(params: Params, pack: Path | None = None) -> None:
    """Draw test letters into every scene and read them with a pack, by default the exported one.

    Writes `results/scenes.json` and `.png`. Raises PipelineError if the pack or the letters are
    missing.
    """
    sha256 = read_pack(pack)[1]
    sizes = section(Sizes, PARAMS, "scenes")
    letters = list(originals(params))
    chosen = [each for each in letters if each.number_in_class < sizes.letters_per_class]
    read = parallel.map_all(partial(read_all, pack=pack), chosen, "scenes")
    numbers = range(sizes.pictures_of_none)
    none = parallel.map_all(partial(read_nothing, params.seed, pack=pack), numbers, "nothing", 10)
    tasks = [(name, number) for name in CROWDS for number in range(sizes.pictures_of_several)]
    read_several = partial(read_crowd, params.seed, letters, pack=pack)
    several = parallel.map_all(read_several, tasks, "several", 25)
    words = [
        (f"{GAPS[number % len(GAPS)]}", end)
        for (name, number), end in zip(tasks, several, strict=True)
        if name == "word"
    ]
    report = {
        "pack": sha256,
        "scenes": by_scene(chosen, read),
        "none": by_name([list(EMPTY)[number % len(EMPTY)] for number in numbers], none),
        "several": by_name([name for name, _ in tasks], several),
        "words_by_gap": by_name(*zip(*words, strict=True)),
    }
    write_json(RESULTS / "scenes.json", report)
    with replacing(RESULTS / "scenes.png") as path:
        sheets.draw_photographs(path, example(chosen))


def read_all(original: Original, pack: Path | None) -> dict[str, tuple[str, str]]:
    """Read a letter in every scene and clean on the same page: the outcomes of both by scene."""
    classifier = read_pack(pack)[0]
    letter, clean, read = original.read(), {}, {}
    for name, scene in SCENES.items():
        # A letter that reaches the border is not clean.
        page = scene.page._replace(tall=min(scene.page.tall, 0.8))
        if page not in clean:
            drawing = Scene("clean", page).photograph(letter, original.rng())
            clean[page] = outcome(classifier, drawing, original.label)
        picture = scene.photograph(letter, rng_of(original, name))
        read[name] = outcome(classifier, picture, original.label), clean[page]
    return read


def rng_of(original: Original, name: str) -> numpy.random.Generator:
    """Return a new generator for a letter in a scene, whatever other scenes there are."""
    return original.rng(crc32(name.encode()))


def by_scene(chosen: Sequence[Original], read: Sequence[dict[str, tuple[str, str]]]) -> dict:
    """Return the shares as `results/scenes.json` has them, by scene and kind of corpus."""
    kinds = list(dict.fromkeys(original.kind for original in chosen))
    report = {}
    for name, scene in SCENES.items():
        report[name] = {"group": scene.group}
        for kind in [*kinds, "together"]:
            outcomes = [
                outcomes[name]
                for original, outcomes in zip(chosen, read, strict=True)
                if kind in (original.kind, "together")
            ]
            found, clean = (shares(row) for row in zip(*outcomes, strict=True))
            points = 100 * (found["right"] - clean["right"])
            report[name][kind] = found | {"clean": clean["right"], "points": points}
    return report


def by_name(names: Sequence[str], outcomes: Sequence[str]) -> dict:
    """Return how many pictures of each name there were, and the shares of their outcomes."""
    report = {}
    for name in [*dict.fromkeys(names), "together"]:
        ended = [
            end for each, end in zip(names, outcomes, strict=True) if name in (each, "together")
        ]
        report[name] = {"pictures": len(ended)} | shares(ended)
    return report


def example(chosen: Sequence[Original]) -> dict[str, numpy.ndarray]:
    """Draw one letter into every scene, and return the pictures, uint8 (height, width, 3 or 4)."""
    original = next(original for original in reversed(chosen) if original.label == EXAMPLE)
    letter = original.read()
    return {
        name: opened(scene.photograph(letter, rng_of(original, name)))
        for name, scene in SCENES.items()
    }


def opened(file: bytes) -> numpy.ndarray:
    """Return the pixels of a picture's file as they are stored, large ones reduced."""
    picture = Image.open(io.BytesIO(file))
    picture.thumbnail((320, 320))
    return numpy.asarray(picture)
