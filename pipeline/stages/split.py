"""Divide the letters into training, validation and test sets, shuffled and disjoint."""

from pathlib import Path
from typing import NamedTuple

import numpy

from edge.alphabet import LETTERS as ALPHABET
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, SPLIT, replacing
from pipeline.params import Params


class Letters(NamedTuple):
    """Pictures, uint8 (n, 28, 28), their classes, uint8 (n,), and their files, bytes (n,).

    A file is named as in `data/letters/<corpus>/`.

    `validation`, bool (n,), marks the part of a training set that chooses the epoch.
    """

    images: numpy.ndarray
    labels: numpy.ndarray
    names: numpy.ndarray
    validation: numpy.ndarray


def run(params: Params, method: str) -> None:
    """Split every cleaned corpus by `method`, `random` or `tail`, into `data/split/<method>/`.

    Raises PipelineError where a letter has too few pictures for the test set.
    """
    paths = sorted(CLEAN.glob("*.npz"))
    if not paths:
        raise PipelineError(f"{CLEAN}: no letters; run the stage `clean` first")
    with replacing(SPLIT / method) as folder:
        for path in paths:
            training, test = divide(path, params, method)
            (folder / path.stem).mkdir(parents=True)
            for part, letters in (("train", training), ("test", test)):
                with (folder / path.stem / f"{part}.npz").open("wb") as file:
                    numpy.savez(file, **letters._asdict())
            print(
                f"{path.stem}, {method}: {len(training.labels):,} for training, of which "
                f"{training.validation.sum():,} choose the epoch; {len(test.labels):,} for test"
            )


def read(method: str, part: str) -> dict[str, Letters]:
    """Read what `run` has written: `part` is `train` or `test`; one entry a corpus."""
    paths = sorted((SPLIT / method).glob(f"*/{part}.npz"))
    if not paths:
        raise PipelineError(f"{SPLIT / method}: not found; run the stage `split` first")
    letters = {}
    for path in paths:
        with numpy.load(path) as arrays:
            letters[path.parent.name] = Letters(**arrays)
    return letters


def divide(path: Path, params: Params, method: str) -> tuple[Letters, Letters]:
    """Divide one cleaned corpus into a training and a test set, each shuffled."""
    with numpy.load(path) as arrays:
        images, labels, names, runs, positions = (
            arrays[key] for key in ("images", "labels", "names", "runs", "positions")
        )

    wanted = params.split.test_per_letter
    available = numpy.bincount(labels, minlength=len(ALPHABET))
    scarcest = int(available.argmin())
    # One letter at least chooses the epoch, and one is learned from.
    if available[scarcest] - wanted < 2:
        raise PipelineError(
            f"params.yaml: split.test_per_letter: {wanted}, but {path.stem} has "
            f"{available[scarcest]} pictures of {ALPHABET[scarcest]}, and some must be left to "
            "train on"
        )
    generator = numpy.random.default_rng([params.seed, 1])
    counts = numpy.full(len(ALPHABET), wanted)
    tested = _hold_out(labels, runs, positions, counts, method, generator)
    rest = numpy.flatnonzero(~tested)
    counts = numpy.ceil((available - wanted) * params.split.validation_share).astype(int)
    validation = numpy.zeros(len(labels), bool)
    validation[rest] = _hold_out(
        labels[rest], runs[rest], positions[rest], counts, method, generator
    )

    parts = [generator.permutation(numpy.flatnonzero(part)) for part in (~tested, tested)]
    training, test = (
        Letters(images[part], labels[part], names[part], validation[part]) for part in parts
    )
    if len(numpy.intersect1d(training.names, test.names)) or validation[tested].any():
        raise AssertionError("a picture stands on both sides of the split")
    return training, test


def _hold_out(
    labels: numpy.ndarray,
    runs: numpy.ndarray,
    positions: numpy.ndarray,
    counts: numpy.ndarray,
    method: str,
    generator: numpy.random.Generator,
) -> numpy.ndarray:
    """Mark `counts[k]` pictures of every class k: any, or the last of each capture run."""
    held = numpy.zeros(len(labels), bool)
    for label, count in enumerate(counts):
        members = numpy.flatnonzero(labels == label)
        if method == "random":
            held[generator.permutation(members)[:count]] = True
            continue
        members = members[numpy.argsort(positions[members])]
        groups = [members[runs[members] == name] for name in numpy.unique(runs[members])]
        for group, part in zip(groups, _shares(count, map(len, groups)), strict=True):
            held[group[len(group) - part :]] = True
    return held


def _shares(count: int, sizes) -> list[int]:
    """Apportion `count` in proportion to `sizes`, by largest remainder."""
    sizes = numpy.array(list(sizes))
    exact = count * sizes / sizes.sum()
    shares = exact.astype(int)
    shares[numpy.argsort(shares - exact, kind="stable")[: count - shares.sum()]] += 1
    return shares.tolist()
