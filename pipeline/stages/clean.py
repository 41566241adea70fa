"""Read the archives, drop what is no letter, and fold the rest into class folders and arrays."""

import hashlib
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

import numpy
import rich
from rich.table import Table

from edge.alphabet import LETTERS as ALPHABET
from edge.classifier import prepared
from edge.png import PngError
from edge.prepare import SIZE, PictureError
from pipeline import processes
from pipeline.corpora.corpus import Corpus, Origin, open_archive, read_member, read_members
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, LETTERS, METRICS, RAW, replacing, write_json
from pipeline.params import Params
from pipeline.stages.fetch import fetched

# Pictures that a process prepares at a time.
CHUNK = 256


def run(params: Params) -> None:
    """Clean every corpus that was fetched, into `data/letters/` and `data/clean/`.

    Raises PipelineError on a damaged archive or a letter of which nothing is left.
    """
    reports = {}
    for corpus in fetched():
        reports[corpus.name] = clean(corpus, RAW / corpus.archive)
        _show(corpus.name, reports[corpus.name])
    write_json(METRICS / "clean.json", reports)


def clean(corpus: Corpus, path: Path) -> dict:
    """Clean one archive and return its report: counts in, kept, dropped per reason, per class."""
    dropped: dict[str, list[str]] = defaultdict(list)
    chosen: list[tuple[str, Origin, bytes]] = []
    seen: set[bytes] = set()
    with open_archive(path) as archive:
        members = list(read_members(archive, corpus))
        for member, origin in members:
            if origin is None:
                dropped["name gives no letter"].append(member.filename)
                continue
            if origin.letter not in ALPHABET:
                dropped["not one of the 33"].append(member.filename)
                continue
            data = read_member(archive, member)
            digest = hashlib.sha256(data).digest()
            if digest in seen:
                dropped["duplicate"].append(member.filename)
                continue
            seen.add(digest)
            chosen.append((member.filename, origin, data))

    images, labels, names, origins = [], [], [], []
    with replacing(LETTERS / corpus.name) as folder:
        for number in range(len(ALPHABET)):
            (folder / str(number)).mkdir(parents=True)
        files = [data for _, _, data in chosen]
        pictures = processes.map_all(_prepare, files, f"clean {corpus.name}", CHUNK)
        for (member, origin, data), picture in zip(chosen, pictures, strict=True):
            if isinstance(picture, str):
                dropped[picture].append(member)
                continue
            label = ALPHABET.index(origin.letter)
            name = f"{label}/{PurePosixPath(member).name}"
            (folder / name).write_bytes(data)
            images.append(picture)
            labels.append(label)
            names.append(name)
            origins.append(origin)
        counts = Counter(labels)
        empty = [letter for number, letter in enumerate(ALPHABET) if not counts[number]]
        if empty:
            raise PipelineError(
                f"{path}: no picture of {', '.join(empty)} among {len(members)}: every one of the "
                f"{len(ALPHABET)} letters needs some"
            )
        runs = corpus.sessions(origins) if corpus.sessions else [origin.run for origin in origins]
        with replacing(CLEAN / f"{corpus.name}.npz") as arrays, arrays.open("wb") as file:
            numpy.savez(
                file,
                images=numpy.frombuffer(b"".join(images), numpy.uint8).reshape(-1, SIZE, SIZE),
                labels=numpy.array(labels, numpy.uint8),
                names=numpy.array(names, numpy.bytes_),
                runs=numpy.array(runs, numpy.bytes_),
                positions=_ranks([origin.position for origin in origins]),
            )
    return {
        "in": len(members),
        "kept": len(names),
        "dropped": {reason: len(members) for reason, members in dropped.items()},
        "dropped_names": dict(dropped),
        "classes": {letter: counts[number] for number, letter in enumerate(ALPHABET)},
    }


def _prepare(data: bytes) -> bytes | str:
    """Make of a PNG what `edge` would read, 784 bytes, or say in a word why it is no letter."""
    try:
        return prepared(data)
    except PngError:
        return "unreadable"
    except PictureError:
        return "blank"


def _ranks(values: list[tuple]) -> numpy.ndarray:
    """Give every value its place, int64, in the sorted order of all."""
    ranks = numpy.empty(len(values), numpy.int64)
    ranks[sorted(range(len(values)), key=values.__getitem__)] = numpy.arange(len(values))
    return ranks


def _show(name: str, report: dict) -> None:
    dropped = ", ".join(f"{count:,} {why}" for why, count in report["dropped"].items()) or "none"
    rich.print(f"{name}: {report['in']:,} in, {report['kept']:,} kept; dropped: {dropped}")
    table = Table("letter", "pictures", "letter", "pictures", "letter", "pictures", box=None)
    rows = list(report["classes"].items())
    third = -(-len(rows) // 3)
    for row in zip(rows[:third], rows[third : 2 * third], rows[2 * third :], strict=True):
        table.add_row(*(cell for letter, count in row for cell in (letter, f"{count:,}")))
    rich.print(table)
