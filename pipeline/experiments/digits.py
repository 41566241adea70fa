"""What `studies/digits` shows beside accuracies: misread digits, a picture from outside, a loop."""

import json
from pathlib import Path
from statistics import median

import numpy
from PIL import Image, UnidentifiedImageError
from safetensors import safe_open
from safetensors.numpy import save_file
from scipy import ndimage
from skimage.filters import threshold_otsu

from edge.prepare import SIZE
from pipeline.errors import PipelineError
from pipeline.experiments import datasets, experiment, study
from pipeline.experiments.experiment import Experiment
from pipeline.files import MODELS, replacing, write_json
from pipeline.nn.losses import softmax
from pipeline.nn.metrics import class_scores, confusion_matrix
from pipeline.nn.network import Network
from pipeline.params import Count, Params, Section, checked, section

WEIGHTS = MODELS / "digits.safetensors"
DIGITS = "0123456789"

# MNIST's digits fill a square of so many pixels, their centre of mass in the middle of the picture:
# LeCun, Cortes and Burges, The MNIST database of handwritten digits.
BOX = 20

# Misread digits in the gallery.
SHOWN = 33


class Look(Section):
    """Whose mistakes are shown, a row of a group, counted from 0; and the picture from outside."""

    group: str
    row: int
    outside: str


class Loop(Section):
    """What is timed, so many times in turn; a row's share of `Experiment` goes into `shared`."""

    times: Count
    shared: dict


def look(params: Params, folder: Path) -> None:
    """Train one network of the study, keep it, and show what it misreads.

    `models/digits.safetensors`; `results/digits.json` with the precision and recall of every digit
    and the five likeliest of the picture from outside; `misread.png`, the mistakes made with most
    confidence.
    """
    # Matplotlib takes a second that reading a picture does not need.
    from pipeline import pictures

    where = f"{folder / 'params.yaml'}: look"
    wanted = section(Look, folder / "params.yaml", "look")
    rows = list(study.read(folder, wanted.group).experiments(where).values())
    chosen = rows[wanted.row]
    dataset = datasets.load(chosen.data)
    network, _, _ = experiment.train(chosen, dataset, params.seed)
    with replacing(WEIGHTS) as path:
        description = json.dumps(network.description())
        save_file(network.parameters, path, metadata={"network": description})

    inputs, labels = dataset.tests["test"]
    shares = softmax(network.logits(inputs))
    classes = shares.argmax(axis=1)
    scores = class_scores(confusion_matrix(labels, classes, dataset.classes))
    write_json(
        folder / "results" / "digits.json",
        {
            "digits": {
                digit: {"precision": float(precision), "recall": float(recall)}
                for digit, precision, recall in zip(DIGITS, *scores[:2], strict=True)
            },
            "outside": top_five(folder / wanted.outside),
        },
    )
    misread = numpy.flatnonzero(classes != labels)
    misread = misread[numpy.argsort(-shares[misread].max(axis=1), kind="stable")][:SHOWN]
    images = 255 - numpy.rint(inputs[misread] * 255).astype(numpy.uint8).reshape(-1, SIZE, SIZE)
    with replacing(folder / "misread.png") as path:
        pictures.draw_sheet(path, images, labels[misread], shares[misread], DIGITS)


def loop(params: Params, folder: Path) -> None:
    """Time an epoch whose mini-batches are matrices, and one that goes example by example.

    Both come to the same weights but for rounding. Into `results/loop.json`, seconds an epoch.
    """
    where = f"{folder / 'params.yaml'}: loop"
    wanted = section(Loop, folder / "params.yaml", "loop")
    matrices = checked(Experiment, wanted.shared, where)
    examples = matrices.model_copy(update={"batch_size": 1, "accumulated": matrices.batch_size})
    dataset = datasets.load(matrices.data)
    seconds = {"matrices": [], "examples": []}
    for _ in range(wanted.times):
        for name, way in (("matrices", matrices), ("examples", examples)):
            _, result, _ = experiment.train(way, dataset, params.seed)
            seconds[name].append(median(epoch.seconds for epoch in result.history))
            print(f"{name}: {seconds[name][-1]:.2f} s an epoch")
    middle = {name: median(times) for name, times in seconds.items()}
    ratio = median(
        one / other for one, other in zip(seconds["examples"], seconds["matrices"], strict=True)
    )
    write_json(folder / "results" / "loop.json", middle | {"ratio": ratio})


def top_five(path: Path) -> dict[str, float]:
    """Read the digit on a picture, dark on light: the five likeliest and their probabilities.

    Raises PipelineError where no network has been trained, or there is no digit on the picture.
    """
    try:
        with safe_open(WEIGHTS, "numpy") as file:
            description = json.loads(file.metadata()["network"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise PipelineError(
            f"{WEIGHTS}: not found; run `dvc repro studies/digits/dvc.yaml` first"
        ) from None
    network = Network.from_parameters(description, arrays)
    (shares,) = softmax(network.logits(centred(path)[None]))
    best = numpy.argsort(-shares, kind="stable")[:5]
    return {DIGITS[digit]: float(shares[digit]) for digit in best}


def centred(path: Path) -> numpy.ndarray:
    """Make of a picture what MNIST's are: ink, float32 (784,).

    Raises PipelineError where it cannot be read or there is nothing on it.
    """
    try:
        page = 255 - numpy.asarray(Image.open(path).convert("L"))
    except (OSError, UnidentifiedImageError) as error:
        raise PipelineError(f"{path}: no picture that can be read ({error})") from None
    if page.min() == page.max():
        raise PipelineError(f"{path}: found nothing on it, expected a digit, dark on light")
    page[page < threshold_otsu(page)] = 0
    rows, columns = ndimage.find_objects((page > 0).astype(int))[0]
    digit = Image.fromarray(page[rows, columns])
    digit.thumbnail((BOX, BOX), Image.Resampling.LANCZOS)
    picture = numpy.zeros((SIZE, SIZE), numpy.float32)
    picture[: digit.height, : digit.width] = numpy.asarray(digit, numpy.float32) / 255
    middle = (SIZE - 1) / 2
    towards = middle - numpy.array(ndimage.center_of_mass(picture))
    return ndimage.shift(picture, towards, order=1, mode="grid-constant").ravel()
