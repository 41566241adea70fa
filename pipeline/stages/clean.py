"""Read the archives, drop what is no letter, and fold the rest into class folders and arrays."""

import hashlib
import io
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

import numpy
import rich
from PIL import Image, UnidentifiedImageError
from rich.progress import track
from rich.table import Table

from edge.alphabet import LETTERS as ALPHABET
from edge.prepare import SIZE
from pipeline.corpora.corpus import Corpus, open_archive, read_member, read_members
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, LETTERS, METRICS, RAW, replacing, write_json
from pipeline.params import Params
from pipeline.stages.fetch import fetched


def run(params: Params) -> None:
    """Clean every corpus that was fetched, into `data/letters/` and `data/clean/`.

    Raises PipelineError on a damaged archive or a letter of which nothing is left.
    """
    reports = {}
    for corpus in fetched():
        reports[corpus.name] = clean(corpus, RAW / corpus.archive, params.clean.minimum_contrast)
        _show(corpus.name, reports[corpus.name])
    write_json(METRICS / "clean.json", reports)


def clean(corpus: Corpus, path: Path, minimum_contrast: int) -> dict:
    """Clean one archive and return its report: counts in, kept, dropped per reason, per class."""
    dropped: dict[str, list[str]] = defaultdict(list)
    images, labels, names, origins = [], [], [], []
    seen: set[bytes] = set()
    folder = LETTERS / corpus.name
    with open_archive(path) as archive, replacing(folder) as temporary:
        for number in range(len(ALPHABET)):
            (temporary / str(number)).mkdir(parents=True)
        members = list(read_members(archive, corpus))
        for member, origin in track(members, f"clean {corpus.name}"):
            name = PurePosixPath(member.filename).name
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
            picture, reason = _decode(data, minimum_contrast)
            if picture is None:
                dropped[reason].append(member.filename)
                continue
            label = ALPHABET.index(origin.letter)
            (temporary / str(label) / name).write_bytes(data)
            images.append(picture)
            labels.append(label)
            names.append(f"{label}/{name}")
            origins.append(origin)
        counts = Counter(labels)
        empty = [letter for number, letter in enumerate(ALPHABET) if not counts[number]]
        if empty:
            raise PipelineError(
                f"{path}: no picture of {', '.join(empty)} among {len(members)}: every one of the "
                f"{len(ALPHABET)} letters needs some"
            )
        with replacing(CLEAN / f"{corpus.name}.npz") as arrays, arrays.open("wb") as file:
            numpy.savez(
                file,
                images=numpy.stack(images),
                labels=numpy.array(labels, numpy.uint8),
                names=numpy.array(names, numpy.bytes_),
                runs=numpy.array([origin.run for origin in origins], numpy.bytes_),
                positions=_ranks([origin.position for origin in origins]),
            )
    return {
        "in": len(members),
        "kept": len(names),
        "dropped": {reason: len(members) for reason, members in dropped.items()},
        "dropped_names": dict(dropped),
        "classes": {letter: counts[number] for number, letter in enumerate(ALPHABET)},
    }


def _decode(data: bytes, minimum_contrast: int) -> tuple[numpy.ndarray | None, str]:
    """Decode a picture to uint8 (28, 28), or say in a few words why it is no letter."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            picture = numpy.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, "unreadable"
    if picture.shape != (SIZE, SIZE):
        return None, "wrong size"
    if picture.min() > 255 - minimum_contrast:
        return None, "blank"
    return picture, ""


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
