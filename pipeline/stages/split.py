"""Divide the letters into training, validation and test sets, shuffled and disjoint."""

from collections.abc import Iterable

import numpy

from pipeline.data import alphabet as alphabets
from pipeline.data.corpora import named
from pipeline.data.corpora.corpus import UNTIMED, Corpus
from pipeline.data.counts import count_letters
from pipeline.data.letters import CleanLetters, Letters, read_clean, write
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, METRICS, SPLIT, replacing, write_json
from pipeline.params import Params, Split


def run(params: Params, method: str) -> None:
    """Split every cleaned corpus by `method`, `random` or `tail`, into `data/split/<method>/`.

    Raises PipelineError if a letter has too few pictures for the test set.
    """
    cleaned, alphabet, sets = read_clean(), alphabets.read(CLEAN), {}
    with replacing(SPLIT / method) as folder:
        for name, letters in cleaned.items():
            corpus = named(name)
            training, test = divide(corpus, alphabet, letters, params.split, method, params.seed)
            write(folder / name / "train.npz", training)
            write(folder / name / "test.npz", test)
            sets[name] = {
                part: count_letters(corpus, runs)
                for part, runs in (
                    ("training", training.runs[~training.validation]),
                    ("validation", training.runs[training.validation]),
                    ("test", test.runs),
                )
            }
            sizes = ", ".join(f"{of['letters']:,} for {part}" for part, of in sets[name].items())
            print(f"{name}, {method}: {sizes}")
        alphabets.write(folder, alphabet)
    write_json(METRICS / method / "split.json", sets)


def divide(
    corpus: Corpus,
    alphabet: list[str],
    letters: CleanLetters,
    shares: Split,
    method: str,
    seed: int,
) -> tuple[Letters, Letters]:
    """Divide the letters of one corpus into a training and a test set, each shuffled.

    Raises PipelineError if a letter has too few pictures for the test set.
    """
    generator = stream(seed, "split")
    if corpus.sessions:
        tested, validation = _by_session(corpus, alphabet, letters, shares)
    else:
        tested, validation = _by_letter(corpus, alphabet, letters, shares, method, generator)
    parts = [generator.permutation(numpy.flatnonzero(part)) for part in (~tested, tested)]
    *fields, _ = letters
    training, test = (Letters(*fields, validation).take(part) for part in parts)
    if len(numpy.intersect1d(training.names, test.names)) or test.validation.any():
        raise AssertionError("a picture stands on both sides of the split")
    return training, test


def _by_letter(
    corpus: Corpus,
    alphabet: list[str],
    letters: CleanLetters,
    shares: Split,
    method: str,
    generator: numpy.random.Generator,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return what to test and to validate on, masks (n,).

    Equally many pictures of every letter that the corpus has; in a folder of one's own a share. The
    validation set is the last of each run: what it chooses is to be good for other hands.
    """
    available = numpy.bincount(letters.labels, minlength=len(alphabet))
    counts = numpy.where(available, shares.test_per_letter, 0)
    named, wanted = "test_per_letter", shares.test_per_letter
    if corpus.own:
        named, wanted = "folder_test_share", shares.folder_test_share
        counts = numpy.ceil(available * wanted).astype(int)
    # One letter at least chooses the epoch, and one is learned from.
    scarce = numpy.flatnonzero((available > 0) & (available - counts < 2))
    if scarce.size:
        scarcest = scarce[available[scarce].argmin()]
        raise PipelineError(
            f"params.yaml: split.{named}: {wanted}, but {corpus.name} has "
            f"{available[scarcest]} pictures of {alphabet[scarcest]}, and some must be left to "
            "train on"
        )
    everything = numpy.ones(len(letters.labels), bool)
    tested = _hold_out(letters, everything, counts, method, generator)
    counts = numpy.ceil((available - counts) * shares.validation_share).astype(int)
    return tested, _hold_out(letters, ~tested, counts, "tail", generator)


def _by_session(
    corpus: Corpus, alphabet: list[str], letters: CleanLetters, shares: Split
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return what to test and to validate on, masks (n,): the newest sessions."""
    _, labels, _, runs, positions = letters
    timed = runs != UNTIMED.encode()
    tested = _newest(runs, positions, timed, shares.session_test_share)
    validation = _newest(runs, positions, timed & ~tested, shares.validation_share)
    for part, purpose in ((tested, "test"), (~tested & ~validation, "train")):
        gone = numpy.setdiff1d(labels, labels[part])
        if gone.size:
            missing = ", ".join(alphabet[number] for number in gone)
            raise PipelineError(
                f"params.yaml: split.session_test_share: {shares.session_test_share}, with "
                f"split.validation_share: {shares.validation_share}, leaves no picture of "
                f"{missing} in {corpus.name} to {purpose} on; change one of them"
            )
    return tested, validation


def _newest(
    runs: numpy.ndarray, positions: numpy.ndarray, among: numpy.ndarray, share: float
) -> numpy.ndarray:
    """Return a mask of the newest sessions, whose part of the pictures `among` is nearest `share`.

    At least one.
    """
    members = numpy.flatnonzero(among)
    members = members[numpy.argsort(-positions[members])]
    # Sessions follow one another.
    ends = numpy.flatnonzero(numpy.append(runs[members][1:] != runs[members][:-1], True)) + 1
    count = ends[abs(ends - share * len(members)).argmin()]
    newest = numpy.zeros(len(among), bool)
    newest[members[:count]] = True
    return newest


def _hold_out(
    letters: CleanLetters,
    among: numpy.ndarray,
    counts: numpy.ndarray,
    method: str,
    generator: numpy.random.Generator,
) -> numpy.ndarray:
    """Return a mask of `counts[k]` pictures of class k in `among`: any, or the last of each run."""
    held = numpy.zeros(len(among), bool)
    for label, count in enumerate(counts):
        members = numpy.flatnonzero(among & (letters.labels == label))
        if method == "random":
            held[generator.permutation(members)[:count]] = True
            continue
        members = members[numpy.argsort(letters.positions[members])]
        runs = letters.runs[members]
        groups = [members[runs == name] for name in numpy.unique(runs)]
        for group, part in zip(groups, _shares(count, map(len, groups)), strict=True):
            held[group[len(group) - part :]] = True
    return held


def _shares(count: int, sizes: Iterable[int]) -> list[int]:
    """Apportion `count` in proportion to `sizes`, by largest remainder."""
    sizes = numpy.array(list(sizes))
    exact = count * sizes / sizes.sum()
    shares = exact.astype(int)
    shares[numpy.argsort(shares - exact, kind="stable")[: count - shares.sum()]] += 1
    return shares.tolist()
