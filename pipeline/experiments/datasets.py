"""What an experiment learns from and is tested on: scans of letters, and MNIST's digits."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy

from edge.alphabet import LETTERS
from edge.ink import ink
from pipeline.corpora.cyrillic_mnist import LOWERCASE_ALPHABET
from pipeline.errors import PipelineError
from pipeline.experiments import mnist
from pipeline.files import SPLIT
from pipeline.stages import split

SCANS = SPLIT / "random"

# MNIST's last training images choose the epoch.
MNIST_VALIDATION = 10_000


class Examples(NamedTuple):
    """Ink, float32 (n, 784), paper 0 and black 1, and classes, (n,)."""

    inputs: numpy.ndarray
    labels: numpy.ndarray


class Dataset(NamedTuple):
    """Examples to learn from, those that choose the epoch, and those to be tested on, by name."""

    classes: int
    training: Examples
    validation: Examples
    tests: dict[str, Examples]


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
            (labels == LETTERS.index("Ч")) & (_read(names) == LETTERS.index("Ц")),
            LETTERS.index("Ц"),
            labels,
        )
    )


def scans_unsorted() -> Dataset:
    """Read the scans with every name through the list of 42 letters, and nothing sorted by hand.

    What then is none of the 33 letters, uppercase Ю, is left out.
    """
    return _scans(lambda names, labels: _read(names))


def digits() -> Dataset:
    """Read MNIST: the last 10,000 of the 60,000 training images choose the epoch."""
    images = mnist.read()
    inputs = ink(255 - images.training_images)
    labels = images.training_labels.astype(numpy.intp)
    held = min(MNIST_VALIDATION, len(labels) // 2)
    return Dataset(
        10,
        Examples(inputs[:-held], labels[:-held]),
        Examples(inputs[-held:], labels[-held:]),
        {"test": Examples(ink(255 - images.test_images), images.test_labels.astype(numpy.intp))},
    )


DATASETS = {dataset.__name__: dataset for dataset in (scans, scans_sorted, scans_unsorted, digits)}


@lru_cache(1)
def load(name: str) -> Dataset:
    """Read a data set, once a process; raises PipelineError where its files are missing."""
    return DATASETS[name]()


def files(name: str) -> list[Path]:
    """List the files that a data set is read from."""
    return [mnist.ARRAYS] if name == "digits" else sorted(SCANS.glob("*/*.npz"))


def _scans(relabel: Callable) -> Dataset:
    """Read the scans of the random split, their labels through `relabel(names, labels)`.

    Where the test labels change, they are a second test set under their right names. Strokes stand
    in for scans where there are none; their names leave nothing to misread.
    """
    parts, tests = split.read("random", "train"), split.read("random", "test")
    corpus = next((name for name in ("cyrillic-mnist", "strokes") if name in parts), None)
    if corpus is None:
        raise PipelineError(
            f"{SCANS}: found {', '.join(parts)}, expected cyrillic-mnist or strokes;"
            " put one of them into fetch.corpora of params.yaml"
        )
    training, test = parts[corpus], tests[corpus]
    right = test.labels.astype(numpy.intp)
    labels, found = training.labels.astype(numpy.intp), right
    if corpus == "cyrillic-mnist":
        labels, found = relabel(training.names, labels), relabel(test.names, right)
    learned, held = ((labels >= 0) & part for part in (~training.validation, training.validation))
    tests = {"test": Examples(ink(test.images[found >= 0]), found[found >= 0])}
    if (found != right).any():
        tests["corrected"] = Examples(ink(test.images), right)
    return Dataset(
        len(LETTERS),
        Examples(ink(training.images[learned]), labels[learned]),
        Examples(ink(training.images[held]), labels[held]),
        tests,
    )


def _read(names: numpy.ndarray) -> numpy.ndarray:
    """Read names with the list of 42 letters alone: classes, -1 where it is none of the 33."""
    indices = [int(Path(name.decode()).name.partition("_")[0]) for name in names]
    return numpy.array([LETTERS.find(LOWERCASE_ALPHABET[index]) for index in indices])
