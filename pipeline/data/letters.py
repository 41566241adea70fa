"""Letters as arrays: what `clean` and `split` write and every later stage reads."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

import numpy

from pipeline.errors import PipelineError
from pipeline.files import CLEAN, COMPOSED, SPLIT, replacing

METHODS = ("random", "tail")

# The label of a picture in which no letter stands, or more than one: of no alphabet's letters.
NO_LETTER = 255


class Letters(NamedTuple):
    """Letters of one corpus, a row each.

    `images` is uint8 (n, 28, 28), dark ink on white, and `labels` uint8 (n,). `names`, bytes (n,),
    are files below `data/letters/<corpus>/`; `runs`, bytes (n,), the runs of the capture.
    `validation`, bool (n,), marks the part of a training set that chooses the epoch.
    """

    images: numpy.ndarray
    labels: numpy.ndarray
    names: numpy.ndarray
    runs: numpy.ndarray
    validation: numpy.ndarray

    def take(self, rows: numpy.ndarray | slice) -> Self:
        """Return the letters in `rows`: indices, a mask or a slice."""
        return self._make(field[rows] for field in self)


class CleanLetters(NamedTuple):
    """All letters of a corpus that `clean` has kept; the fields are those of `Letters`.

    `positions`, int64 (n,), sorts the letters by the order of their capture.
    """

    images: numpy.ndarray
    labels: numpy.ndarray
    names: numpy.ndarray
    runs: numpy.ndarray
    positions: numpy.ndarray


def write(path: Path, letters: Letters | CleanLetters) -> None:
    """Write letters as one NPZ, whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        numpy.savez(file, **letters._asdict())


def clean_paths() -> list[Path]:
    """Return the files that `clean` has written; raises PipelineError if there are none."""
    paths = sorted(CLEAN.glob("*.npz"))
    if not paths:
        raise PipelineError(f"{CLEAN}: no letters; run the stage `clean` first")
    return paths


def read_clean() -> dict[str, CleanLetters]:
    """Read the clean letters by corpus; raises PipelineError if there are none."""
    return {path.stem: _read(path, CleanLetters) for path in clean_paths()}


def read_split(method: str, part: str) -> dict[str, Letters]:
    """Read the part `train` or `test` of a split, by corpus; raises PipelineError if not there."""
    paths = sorted((SPLIT / method).glob(f"*/{part}.npz"))
    if not paths:
        raise PipelineError(f"{SPLIT / method}: not found; run the stage `split` first")
    return {path.parent.name: _read(path, Letters) for path in paths}


def read_composed() -> Letters:
    """Read the letters on papers; raises PipelineError if there are none."""
    if not COMPOSED.is_file():
        raise PipelineError(f"{COMPOSED}: not found; run the stage `compose` first")
    return _read(COMPOSED, Letters)


def of_both_trainings() -> dict[str, Letters]:
    """Read the letters that every split trains on, by corpus: none that tests or validates."""
    parts = {method: read_split(method, "train") for method in METHODS}
    names = {
        method: {name: set(part.names[~part.validation]) for name, part in by_corpus.items()}
        for method, by_corpus in parts.items()
    }
    first, *others = METHODS
    kept = {}
    for corpus, letters in parts[first].items():
        common = names[first][corpus].intersection(*(names[other][corpus] for other in others))
        kept[corpus] = letters.take(numpy.array([name in common for name in letters.names]))
    return kept


def _read(path: Path, kind: type) -> Letters | CleanLetters:
    with numpy.load(path) as arrays:
        return kind(**arrays)


def joined(parts: Mapping[str, Letters]) -> tuple[Letters, numpy.ndarray]:
    """Return the letters of all corpora in one, and the corpus of each, str (n,)."""
    letters = Letters(*map(numpy.concatenate, zip(*parts.values(), strict=True)))
    return letters, numpy.repeat(list(parts), [len(part.labels) for part in parts.values()])


def drawn(parts: Mapping[str, Letters], count: int, rng: numpy.random.Generator) -> Letters:
    """Return `count` letters of all corpora alike, shuffled, each corpus as often as it must be."""
    share = -(-count // len(parts))
    chosen = {
        name: part.take(rng.choice(len(part.labels), share, replace=share > len(part.labels)))
        for name, part in parts.items()
    }
    letters, _ = joined(chosen)
    return letters.take(rng.permutation(len(letters.labels))[:count])


def drawn_in_parts(
    parts: Mapping[str, Letters],
    count: int,
    most: int,
    stream_of: Callable[..., numpy.random.Generator],
) -> list[tuple[Letters, numpy.random.Generator]]:
    """Draw letters as `drawn` does, in parts of at most `most`, each with a generator of its own.

    `stream_of()` draws the letters, `stream_of(start)` is that of the part which begins there: so
    several processes may change them, with the same result whichever takes which.
    """
    letters = drawn(parts, count, stream_of())
    return [
        (letters.take(slice(start, start + most)), stream_of(start))
        for start in range(0, count, most)
    ]


def repeated(parts: Mapping[str, Letters], repeats: Mapping[str, int]) -> dict[str, Letters]:
    """Return the corpora with each letter as often as `repeats` says, once if it is not named.

    A corpus that is repeated 0 times is left out. Letters that choose the epoch are never repeated.
    Raises PipelineError if no corpus is left.
    """
    kept = {}
    for name, part in parts.items():
        if count := repeats.get(name, 1):
            times = numpy.where(part.validation, 1, count)
            kept[name] = part.take(numpy.repeat(numpy.arange(len(times)), times))
    if not kept:
        raise PipelineError(f"params.yaml: repeats: nothing is left of {', '.join(parts)}")
    return kept
