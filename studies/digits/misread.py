"""What a network on digits misreads, and what it reads in a picture from elsewhere."""

from pathlib import Path

import numpy
from PIL import Image, UnidentifiedImageError
from scipy import ndimage
from skimage.filters import threshold_otsu

from edge.picture import SIZE
from pipeline.errors import PipelineError
from pipeline.files import replacing, write_json
from pipeline.nn.losses import softmax
from pipeline.nn.metrics import class_scores, confusion_matrix
from pipeline.nn.network import Network
from pipeline.params import Params, Section, section
from studies import datasets, row, table

FOLDER = Path("studies/digits")
WEIGHTS = Path("studies/models/digits.safetensors")
DIGITS = "0123456789"

# MNIST's digits fill a square of this many pixels, their centre of mass in the middle of the
# picture: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
BOX = 20

# Misread digits in the gallery.
SHOWN = 33


class Misread(Section):
    """Whose mistakes are shown, a row of a table, counted from 0; and the picture from outside."""

    table: str
    row: int
    outside: str


def run(params: Params) -> None:
    """Train one network of the study, keep it, and show what it misreads.

    Writes `WEIGHTS`; `results/digits.json` with the precision and recall of every digit and the
    five likeliest of the picture from outside; `misread.png`, the mistakes made with most
    confidence.
    """
    # Matplotlib takes a second that reading a picture does not need.
    from pipeline.report.plots import sheets

    wanted = section(Misread, FOLDER / "params.yaml", "misread")
    _, rows = table.read(FOLDER.name, wanted.table)
    chosen = [*rows.values()][wanted.row]
    dataset = datasets.load(chosen.data)
    network = row.train(chosen, dataset, params.seed).network
    with replacing(WEIGHTS) as path:
        network.save(path)

    inputs, labels = dataset.tests["test"]
    shares = softmax(network.logits(inputs))
    classes = shares.argmax(axis=1)
    scores = class_scores(confusion_matrix(labels, classes, dataset.classes))
    of_digits = {
        digit: {"precision": float(precision), "recall": float(recall)}
        for digit, precision, recall in zip(DIGITS, *scores[:2], strict=True)
    }
    outside = top_five(FOLDER / wanted.outside)
    write_json(FOLDER / "results" / "digits.json", {"digits": of_digits, "outside": outside})
    misread = numpy.flatnonzero(classes != labels)
    misread = misread[numpy.argsort(-shares[misread].max(axis=1), kind="stable")][:SHOWN]
    images = 255 - numpy.rint(inputs[misread] * 255).astype(numpy.uint8).reshape(-1, SIZE, SIZE)
    with replacing(FOLDER / "misread.png") as path:
        sheets.draw_sheet(path, images, labels[misread], shares[misread], DIGITS)


def top_five(path: Path) -> dict[str, float]:
    """Read the digit in a picture, dark on light: the five likeliest and their probabilities.

    Raises PipelineError if no network has been trained, or there is no digit in the picture.
    """
    try:
        network = Network.load(WEIGHTS)
    except FileNotFoundError:
        raise PipelineError(
            f"{WEIGHTS}: not found; run `python -m studies misread` first"
        ) from None
    (shares,) = softmax(network.logits(centred(path)[None]))
    best = numpy.argsort(-shares, kind="stable")[:5]
    return {DIGITS[digit]: float(shares[digit]) for digit in best}


def centred(path: Path) -> numpy.ndarray:
    """Return the ink, float32 (784,), of a picture, sized and placed as MNIST's are.

    Raises PipelineError if the picture cannot be read or there is nothing in it.
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
    towards = (SIZE - 1) / 2 - numpy.array(ndimage.center_of_mass(picture))
    return ndimage.shift(picture, towards, order=1, mode="grid-constant").ravel()
