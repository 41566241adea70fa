"""How much a letter may change and still be read: accuracy on test letters, changed in steps."""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy
from PIL import Image

import edge
from edge.alphabet import LETTERS as ALPHABET
from edge.classifier import prepared
from edge.prepare import SIZE, PictureError
from pipeline import pictures, processes
from pipeline.corpora import CORPORA
from pipeline.distortions import CURVES
from pipeline.errors import PipelineError
from pipeline.files import LETTERS, METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.params import Params
from pipeline.stages import split

PACK = MODELS / "export" / "fp16" / "letters.safetensors"

# Its every test letter gets other pens; the rest is measured on a sample.
WHOLE = ("touch", "pen")
# The pens that have to be read, shares of the letter's extent.
THIN, THICK = 0.03, 0.13

# The letter that shows the steps.
EXAMPLE = "Ж"

# Letters that a process changes at a time.
CHUNK = 16


class Task(NamedTuple):
    """A test letter and what to do with it."""

    path: Path
    label: int
    kind: str
    curves: tuple[str, ...]
    seed: tuple[int, ...]


def run(params: Params) -> None:
    """Change the test letters of the chosen split and read them with the exported fp16 pack.

    Raises PipelineError where the pack or the letters are missing.
    """
    reader = classifier()
    tasks = choose(params)
    changed = processes.map_all(change, tasks, "robustness", CHUNK)
    points = measure(reader, tasks, changed)
    report = defaultdict(lambda: defaultdict(dict))
    with writing_csv(PLOTS / "robustness.csv") as writer:
        writer.writerow(["kind", "curve", "value", "letters", "accuracy"])
        for (kind, name, value), (count, share) in points.items():
            writer.writerow([kind, name, value, count, f"{share:.4f}"])
            report[kind][name][f"{value}"] = share
    for kind, curves in report.items():
        asked = [points[kind, "pen", pen][1] for pen in steps(kind, "pen") if THIN <= pen <= THICK]
        if asked:
            curves["pen_loss_3_to_13"] = max(asked) - min(asked)
            print(f"{kind}: pens of 3% to 13% of the letter cost {max(asked) - min(asked):.2%}")
    write_json(METRICS / "robustness.json", report)
    with replacing(PLOTS / "robustness.png") as path:
        pictures.draw_curves(path, points, examples(tasks), CURVES, (THIN, THICK))


def classifier() -> edge.Classifier:
    """Load the exported fp16 pack; raises PipelineError where there is none."""
    if not PACK.is_file():
        raise PipelineError(f"{PACK}: not found; run the stage `export` first")
    return edge.load(PACK, "numpy")


def sampled(params: Params, letters_per_class: int) -> list[Task]:
    """Take the first test letters of every corpus and class."""
    numbers, chosen = defaultdict(int), []
    for task in choose(params):
        numbers[task.kind, task.label] += 1
        if numbers[task.kind, task.label] <= letters_per_class:
            chosen.append(task)
    return chosen


def choose(params: Params) -> list[Task]:
    """Take of every corpus and class the first test letters, and of `WHOLE` all for its curve."""
    tasks = []
    for corpus, letters in split.read(params.split.method, "test").items():
        folder = LETTERS / corpus
        if not folder.is_dir():
            raise PipelineError(f"{folder}: not found; run the stage `clean` first")
        kind = CORPORA[corpus].kind
        taken = numpy.zeros(len(ALPHABET), int)
        for name, label in zip(letters.names, letters.labels, strict=True):
            taken[label] += 1
            if taken[label] <= params.robustness.letters_per_class:
                curves = tuple(name for name in CURVES if steps(kind, name))
            elif kind == WHOLE[0]:
                curves = WHOLE[1:]
            else:
                continue
            seed = (params.seed, len(tasks))
            tasks.append(Task(folder / name.decode(), int(label), kind, curves, seed))
    return tasks


def steps(kind: str, name: str) -> tuple:
    """Give the steps of a curve that pictures of this kind can show."""
    curve = CURVES[name]
    return curve.values if kind == "touch" or curve.small is None else curve.small


def change(task: Task) -> dict[str, list[bytes | None]]:
    """Prepare the letter at every step of its curves as `edge` does: None where it finds none."""
    generator = numpy.random.default_rng(task.seed)
    original = read(task.path)
    return {
        name: [
            _prepared(picture)
            for picture in CURVES[name].change(original, steps(task.kind, name), generator)
        ]
        for name in task.curves
    }


def read(path: Path) -> numpy.ndarray:
    """Read a published PNG as uint8 (height, width): transparent ink is drawn on white paper."""
    image = Image.open(path).convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    return numpy.asarray(page.convert("L"))


def _prepared(picture: numpy.ndarray) -> bytes | None:
    try:
        return prepared(picture)
    except PictureError:
        return None


def measure(
    classifier: edge.Classifier, tasks: list[Task], changed: list[dict[str, list[bytes | None]]]
) -> dict[tuple[str, str, float], tuple[int, float]]:
    """Read all letters at all steps: for kind, curve and step, how many there are and the accuracy.

    A picture in which no letter is found counts as misread.
    """
    readings = defaultdict(list)
    for task, curves in zip(tasks, changed, strict=True):
        for name, images in curves.items():
            for value, image in zip(steps(task.kind, name), images, strict=True):
                readings[task.kind, name, value].append((image, task.label))
    points = {}
    for point, pairs in readings.items():
        found = [(image, label) for image, label in pairs if image is not None]
        images = numpy.frombuffer(b"".join(image for image, _ in found), numpy.uint8)
        classes = classifier.predict(images.reshape(-1, SIZE, SIZE)).argmax(axis=1)
        right = sum(classes == [label for _, label in found])
        points[point] = len(pairs), float(right / len(pairs))
    return points


def examples(tasks: list[Task]) -> dict[str, list[numpy.ndarray]]:
    """Change one letter for people to see: by curve, a picture of each step that is shown."""
    wanted = [task for task in tasks if ALPHABET[task.label] == EXAMPLE]
    task = next((task for task in wanted if task.kind == WHOLE[0]), wanted[0])
    original = read(task.path)
    generator = numpy.random.default_rng(task.seed)
    return {
        name: list(CURVES[name].change(original, CURVES[name].shown, generator))
        for name in task.curves
    }
