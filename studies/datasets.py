"""The data sets of the tables: scans of letters, and MNIST's digits."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy

from edge.ink import ink, scaled
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora.cyrillic_mnist import LOWERCASE_ALPHABET
from pipeline.data.letters import read_split
from pipeline.errors import PipelineError
from pipeline.files import SPLIT
from studies import mnist

SCANS = SPLIT / "random"


class Examples(NamedTuple):
    """Ink, float32 (n, 784), paper 0 and black 1, and classes, integers (n,)."""

    inputs: numpy.ndarray
    labels: numpy.ndarray

    def take(self, rows: slice) -> "Examples":
        """Return the examples in `rows`."""
        return Examples(self.inputs[rows], self.labels[rows])


class Dataset(NamedTuple):
    """Examples to learn from, those that choose the epoch, if any, and the test sets by name."""

    classes: int
    training: Examples
    validation: Examples | None
    tests: dict[str, Examples]

    @property
    def parts(self) -> list[Examples]:
        """All examples that there are."""
        return [self.training, *filter(None, [self.validation]), *self.tests.values()]

    def changed(self, function: Callable[[numpy.ndarray], numpy.ndarray]) -> Self:
        """Return the same with the function of all inputs."""
        training, *others = [part._replace(inputs=function(part.inputs)) for part in self.parts]
        validation = others.pop(0) if self.validation else None
        tests = dict(zip(self.tests, others, strict=True))
        return Dataset(self.classes, training, validation, tests)


def scans() -> Dataset:
    """Read the scans of the random split with their right labels."""
    return _scans(lambda names, labels: labels)


def scans_sorted() -> Dataset:
    """Read the scans as the source work had them in the end: 707 Ч among the Ц.

    All names had been read with one list of 42 letters, then whole classes were sorted by hand; of
    the 794 letters that were wrong after that, nobody knows the other 87.
    """
    return _scans(
        lambda names, labels: numpy.where(
            (labels == RUSSIAN.index("Ч")) & (classes_of_names(names) == RUSSIAN.index("Ц")),
            RUSSIAN.index("Ц"),
            labels,
        )
    )


def scans_unsorted() -> Dataset:
    """Read the scans with every name read by the list of 42 letters, and nothing sorted by hand.

    A scan that is then none of the 33 letters, uppercase Ю, is left out.
    """
    return _scans(lambda names, labels: classes_of_names(names))


def digits(learned: float) -> Dataset:
    """Read MNIST: that share of the 60,000 training images is learned, the others choose the epoch.

    If all are learned, none chooses.
    """
    training, test = mnist_examples()
    count = round(learned * len(training.labels))
    validation = training.take(slice(count, None)) if learned < 1 else None
    return Dataset(10, training.take(slice(count)), validation, {"test": test})


DATASETS = {read.__name__: read for read in (scans, scans_sorted, scans_unsorted)} | {
    f"digits_{count}": partial(digits, count / 60_000) for count in (42_000, 48_000, 50_000, 60_000)
}


@lru_cache(1)
def load(name: str) -> Dataset:
    """Read one of `DATASETS`, once a process; raises PipelineError if its files are missing."""
    return DATASETS[name]()


def files(name: str) -> list[Path]:
    """Return the files that a data set is read from."""
    if name.startswith("digits"):
        return [mnist.ARRAYS]
    return sorted((SCANS / _corpus(path.name for path in SCANS.iterdir())).glob("*.npz"))


def mnist_examples() -> tuple[Examples, Examples]:
    """Read MNIST's training and test images; raises PipelineError if they are missing."""
    arrays = mnist.read()
    pairs = (arrays[:2], arrays[2:])
    # The value of a pixel of MNIST is ink already: paper is 0.
    return tuple(Examples(scaled(images), labels.astype(numpy.intp)) for images, labels in pairs)


def _scans(relabel: Callable) -> Dataset:
    """Read the scans of the random split, their labels changed by `relabel(names, labels)`.

    If the test labels change, the scans under their right labels are a second test set. Strokes
    stand in for scans if there are none; their names leave nothing to misread.
    """
    parts, tests = read_split("random", "train"), read_split("random", "test")
    corpus = _corpus(parts)
    training, test = parts[corpus], tests[corpus]
    right = test.labels.astype(numpy.intp)
    labels, found = training.labels.astype(numpy.intp), right
    if corpus == "cyrillic-mnist":
        labels, found = relabel(training.names, labels), relabel(test.names, right)
    learned, held = (
        Examples(ink(training.images[rows]), labels[rows])
        for rows in ((labels >= 0) & part for part in (~training.validation, training.validation))
    )
    tests = {"test": Examples(ink(test.images[found >= 0]), found[found >= 0])}
    if (found != right).any():
        tests["corrected"] = Examples(ink(test.images), right)
    return Dataset(len(RUSSIAN), learned, held, tests)


def _corpus(names: Iterable[str]) -> str:
    names = list(names)
    corpus = next((name for name in ("cyrillic-mnist", "strokes") if name in names), None)
    if corpus is None:
        raise PipelineError(
            f"{SCANS}: found {', '.join(sorted(names))}, expected cyrillic-mnist or strokes;"
            " put one of them into fetch.corpora of params.yaml"
        )
    return corpus


def classes_of_names(names: numpy.ndarray) -> numpy.ndarray:
    """Read names by the list of 42 letters: classes (n,), -1 for none of the 33 letters."""
    indices = [int(Path(name.decode()).name.partition("_")[0]) for name in names]
    return numpy.array([RUSSIAN.find(LOWERCASE_ALPHABET[index]) for index in indices])
