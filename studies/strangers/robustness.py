"""How far a letter may change and still be read: accuracy on test letters, changed in steps."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy

import edge
from edge.preparation import PictureError
from pipeline import parallel
from pipeline.files import replacing, write_json
from pipeline.params import Params, section
from pipeline.report.plots import curves
from studies.strangers import PARAMS, RESULTS
from studies.strangers.distortions import CURVES
from studies.strangers.originals import EXAMPLE, Original, Sample, originals, read_pack

# Letters of this kind are large enough for other pens: every test letter of it gets them, while
# the other changes are measured on a sample.
LARGE = "touch"

# The pens that have to be read, shares of the letter's extent.
THIN, THICK = 0.03, 0.13

# Letters that a process changes at a time.
CHUNK = 16


class Task(NamedTuple):
    """A test letter, and the curves whose changes it gets."""

    original: Original
    curves: tuple[str, ...]


def run(params: Params) -> None:
    """Change the test letters of the chosen split and read them with the exported fp16 pack.

    Writes `results/robustness.json` and `.png`. Raises PipelineError if the pack or the letters are
    missing.
    """
    _, sha256 = read_pack()
    tasks = choose(params, section(Sample, PARAMS, "robustness"))
    changed = parallel.map_all(change, tasks, "robustness", CHUNK)
    shares = measure(tasks, changed)
    write_json(RESULTS / "robustness.json", {"pack": sha256, **report(shares)})
    with replacing(RESULTS / "robustness.png") as path:
        curves.draw_curves(path, shares, examples(tasks), CURVES, (THIN, THICK))


def choose(params: Params, sample: Sample) -> list[Task]:
    """Return all changes of the sample, and other pens of every letter of kind `LARGE`."""
    tasks = []
    for original in originals(params):
        if original.number_in_class < sample.letters_per_class:
            names = tuple(name for name in CURVES if steps(original.kind, name))
            tasks.append(Task(original, names))
        elif original.kind == LARGE:
            tasks.append(Task(original, ("pen",)))
    return tasks


def steps(kind: str, name: str) -> tuple:
    """Return the steps of a curve that pictures of this kind can show."""
    curve = CURVES[name]
    return curve.values if kind == LARGE or curve.small is None else curve.small


def change(task: Task) -> dict[str, list[bool]]:
    """Read the letter at every step of its curves with `edge`: whether it is read right."""
    rng = task.original.rng()
    picture = task.original.read()
    return {
        name: [
            _is_read(changed, task.original.label)
            for changed in CURVES[name].change(picture, steps(task.original.kind, name), rng)
        ]
        for name in task.curves
    }


def _is_read(picture: numpy.ndarray, label: int) -> bool:
    reader = _classifier()
    try:
        return reader.classify(picture).letter == reader.letters[label]
    except PictureError:
        return False


@cache
def _classifier() -> edge.Classifier:
    # Once in a process.
    return read_pack()[0]


def measure(
    tasks: Sequence[Task], changed: Sequence[dict[str, list[bool]]]
) -> dict[tuple[str, str, float], float]:
    """Return the share of letters that are read right, by kind, curve and step."""
    right = defaultdict(list)
    for (original, _), of_curves in zip(tasks, changed, strict=True):
        for name, of_steps in of_curves.items():
            for value, is_right in zip(steps(original.kind, name), of_steps, strict=True):
                right[original.kind, name, value].append(is_right)
    return {point: sum(each) / len(each) for point, each in right.items()}


def report(shares: dict[tuple[str, str, float], float]) -> dict:
    """Return the accuracies as `results/robustness.json` has them, by curve, kind and step."""
    accuracy = defaultdict(lambda: defaultdict(dict))
    for (kind, name, value), share in shares.items():
        accuracy[name][kind][f"{value}"] = share
    pens = [value for value in CURVES["pen"].values if THIN <= value <= THICK]
    asked = [shares[LARGE, "pen", value] for value in pens if (LARGE, "pen", value) in shares]
    drawn = {
        name: {
            "title": curve.title,
            "shown": {f"{value}": curve.label.format(value) for value in curve.shown},
            "logarithmic": curve.logarithmic,
            "accuracy": accuracy[name],
        }
        for name, curve in CURVES.items()
        if name in accuracy
    }
    return {
        "kinds": list(dict.fromkeys(kind for kind, *_ in shares)),
        "pen_loss_3_to_13": max(asked) - min(asked) if asked else None,
        "curves": drawn,
    }


def examples(tasks: Sequence[Task]) -> dict[str, list[numpy.ndarray]]:
    """Change one letter for people to see: by curve, a picture of each step that is shown."""
    wanted = [task for task in tasks if task.original.label == EXAMPLE]
    original, names = next((task for task in wanted if task.original.kind == LARGE), wanted[0])
    picture, rng = original.read(), original.rng()
    return {name: list(CURVES[name].change(picture, CURVES[name].shown, rng)) for name in names}
