"""Where the files are, and how they are written: whole or not at all."""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RAW = Path("data/raw")
LETTERS = Path("data/letters")
CLEAN = Path("data/clean")
DROPPED = CLEAN / "dropped"
SPLIT = Path("data/split")
COMPOSED = Path("data/composed.npz")
MODELS = Path("models")
INK = MODELS / "ink"
LANGUAGE = MODELS / "language"
EXPORT = MODELS / "export"
PREDICTIONS = Path("predictions")
METRICS = Path("metrics")
PLOTS = Path("plots")
DIST = Path("dist")
REPORTS = Path("reports")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`, and rename it to `path` once the block has succeeded.

    A file or a folder that is there already is replaced. After an error nothing new remains, and
    what a killed run has left under the temporary name is removed when the next one begins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    _remove(temporary)
    try:
        yield temporary
        if path.is_dir():
            _remove(path)
        temporary.replace(path)
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


@contextmanager
def writing_csv(path: Path) -> Iterator[Any]:
    """Yield a `csv.writer`; the file appears once the block has succeeded."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        yield csv.writer(file, lineterminator="\n")


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON that people can read and git can compare."""
    with replacing(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> dict:
    """Read a JSON file that an earlier stage has written."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file, each by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
