"""What the runtimes read in the test letters, kept once, and the tables made of it."""

from typing import NamedTuple, Self

import numpy

from pipeline.data.corpora import named
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PREDICTIONS, read_json, replacing
from pipeline.nn import metrics

# The source work's two splits, and how the names of a pack's test sets end.
SUFFIXES = {"random": "", "tail": "-tail"}

# The runtime and the precision of what is deployed.
DEPLOYED = "fp16/edge"
# What reads where `edge` cannot: the network library, which has trained the network.
LIBRARY = "library"

UNKNOWN = "unknown"


class Predictions(NamedTuple):
    """The test letters of one split, a row each, and what was read in them.

    `corpora` str (n,), `labels` uint8 (n,), `names` and `runs` bytes (n,) as in `Letters`.
    `probabilities` are float32 (m, classes), m <= n, of the first letters, by
    `<precision>/<runtime>`.
    """

    corpora: numpy.ndarray
    labels: numpy.ndarray
    names: numpy.ndarray
    runs: numpy.ndarray
    probabilities: dict[str, numpy.ndarray]

    @property
    def kinds(self) -> dict[str, str]:
        """What each corpus is called in tables, in the order of the letters."""
        return {name: named(name).kind for name in dict.fromkeys(self.corpora.tolist())}

    def of(self, corpus: str) -> Self:
        """Return the letters of one corpus, read by the runtimes that have read all of them."""
        rows = self.corpora == corpus
        read_whole = {
            name: shares[rows]
            for name, shares in self.probabilities.items()
            if len(shares) == len(rows)
        }
        return Predictions(*(field[rows] for field in self[:-1]), read_whole)

    @property
    def reader(self) -> str:
        """What has read all letters as they are read after the export, or would be."""
        return DEPLOYED if DEPLOYED in self.probabilities else f"fp16/{LIBRARY}"

    def classes(self, reader: str | None = None) -> numpy.ndarray:
        """Return the likeliest class of each letter, (n,)."""
        return self.probabilities[reader or self.reader].argmax(axis=1)

    def accuracy(self, reader: str | None = None) -> float:
        """Return the share of the letters that `reader` reads rightly."""
        return metrics.accuracy(self.labels, self.classes(reader))

    def confusion(self) -> numpy.ndarray:
        """Count the letters, int (classes, classes): by what they are, then by what was read."""
        classes = self.probabilities[self.reader].shape[1]
        return metrics.confusion_matrix(self.labels, self.classes(), classes)

    def cases(self, corpus: str) -> numpy.ndarray:
        """Return the case of each letter, str (n,): only a corpus without sessions records it."""
        if named(corpus).sessions:
            return numpy.full(len(self.labels), UNKNOWN)
        return self.runs.astype(str)


def write(method: str, predictions: Predictions) -> None:
    """Write the predictions of a split's model to `predictions/<method>.npz`."""
    plain = predictions._asdict()
    arrays = plain.pop("probabilities")
    with replacing(PREDICTIONS / f"{method}.npz") as path, path.open("wb") as file:
        numpy.savez(file, **plain, **arrays)


def read(method: str) -> Predictions:
    """Read what `write` has written; raises PipelineError if it is not there."""
    path = PREDICTIONS / f"{method}.npz"
    try:
        with numpy.load(path) as file:
            arrays = dict(file)
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the stage `evaluate` first") from None
    plain = {name: arrays.pop(name) for name in Predictions._fields[:-1]}
    return Predictions(**plain, probabilities=arrays)


def measured(method: str) -> dict:
    """Return all that `evaluate` has measured of a split's model, accuracy and details."""
    return {
        name: value
        for part in ("evaluate", "details")
        for name, value in read_json(METRICS / method / f"{part}.json").items()
    }


def claims() -> dict[str, float]:
    """Return what a pack says of itself: the accuracy at fp16 on every test set of both splits."""
    return {
        f"{kind}{suffix}": shares["fp16"]
        for method, suffix in SUFFIXES.items()
        for kind, shares in read_json(METRICS / method / "evaluate.json")["accuracy"].items()
    }


def most_confused(confusion: numpy.ndarray, count: int) -> list[tuple[int, int]]:
    """Return the `count` pairs of classes, lower first, most often taken for one another.

    `confusion` is (classes, classes), rows the true class; a pair counts in both directions.
    """
    together = numpy.triu(confusion + confusion.T, 1)
    order = numpy.argsort(-together, axis=None, kind="stable")[:count]
    pairs = [divmod(int(place), len(together)) for place in order]
    return [pair for pair in pairs if together[pair]]


def surest_mistakes(predictions: Predictions, count: int | None = None) -> numpy.ndarray:
    """Return the rows that are misread, those with the highest probability first."""
    shares, classes = predictions.probabilities[predictions.reader], predictions.classes()
    wrong = numpy.flatnonzero(classes != predictions.labels)
    return wrong[numpy.argsort(-shares[wrong].max(axis=1), kind="stable")][:count]
