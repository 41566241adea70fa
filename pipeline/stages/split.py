"""Divide the letters into training, validation and test sets, shuffled and disjoint."""

from pathlib import Path
from typing import NamedTuple

import numpy

from edge.alphabet import LETTERS as ALPHABET
from pipeline.corpora import CORPORA
from pipeline.corpora.corpus import UNTIMED, Corpus
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, SPLIT, replacing
from pipeline.params import Params, Split


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

    generator = numpy.random.default_rng([params.seed, 1])
    corpus = CORPORA[path.stem]
    if corpus.sessions:
        tested, validation = _by_session(corpus, labels, runs, positions, params.split)
    else:
        tested, validation = _by_letter(
            corpus, labels, runs, positions, params.split, method, generator
        )
    parts = [generator.permutation(numpy.flatnonzero(part)) for part in (~tested, tested)]
    training, test = (
        Letters(images[part], labels[part], names[part], validation[part]) for part in parts
    )
    if len(numpy.intersect1d(training.names, test.names)) or validation[tested].any():
        raise AssertionError("a picture stands on both sides of the split")
    return training, test


def _by_letter(
    corpus: Corpus,
    labels: numpy.ndarray,
    runs: numpy.ndarray,
    positions: numpy.ndarray,
    shares: Split,
    method: str,
    generator: numpy.random.Generator,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mark, bool (n,) each, what to test and to validate on: so many pictures of every letter."""
    wanted = shares.test_per_letter
    available = numpy.bincount(labels, minlength=len(ALPHABET))
    scarcest = int(available.argmin())
    # One letter at least chooses the epoch, and one is learned from.
    if available[scarcest] - wanted < 2:
        raise PipelineError(
            f"params.yaml: split.test_per_letter: {wanted}, but {corpus.name} has "
            f"{available[scarcest]} pictures of {ALPHABET[scarcest]}, and some must be left to "
            "train on"
        )
    counts = numpy.full(len(ALPHABET), wanted)
    tested = _hold_out(labels, runs, positions, counts, method, generator)
    rest = numpy.flatnonzero(~tested)
    counts = numpy.ceil((available - wanted) * shares.validation_share).astype(int)
    validation = numpy.zeros(len(labels), bool)
    validation[rest] = _hold_out(
        labels[rest], runs[rest], positions[rest], counts, method, generator
    )
    return tested, validation


def _by_session(
    corpus: Corpus,
    labels: numpy.ndarray,
    runs: numpy.ndarray,
    positions: numpy.ndarray,
    shares: Split,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mark, bool (n,) each, what to test and to validate on: the newest sessions."""
    timed = runs != UNTIMED.encode()
    tested = _newest(runs, positions, timed, shares.session_test_share)
    validation = _newest(runs, positions, timed & ~tested, shares.validation_share)
    for part, purpose in ((tested, "test"), (~tested & ~validation, "train")):
        counts = numpy.bincount(labels[part], minlength=len(ALPHABET))
        if not counts.all():
            missing = ", ".join(ALPHABET[number] for number in numpy.flatnonzero(counts == 0))
            raise PipelineError(
                f"params.yaml: split.session_test_share: {shares.session_test_share}, with "
                f"split.validation_share: {shares.validation_share}, leaves no picture of "
                f"{missing} in {corpus.name} to {purpose} on; change one of them"
            )
    return tested, validation


def _newest(
    runs: numpy.ndarray, positions: numpy.ndarray, among: numpy.ndarray, share: float
) -> numpy.ndarray:
    """Mark the newest sessions that hold at least `share` of the pictures marked in `among`."""
    members = numpy.flatnonzero(among)
    members = members[numpy.argsort(-positions[members])]
    last = members[max(1, round(share * len(members))) - 1]
    # Sessions follow one another, so what is no older than the last one's beginning is in whole.
    return among & (positions >= positions[runs == runs[last]].min())


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
