"""Read the archives, drop what is no letter, and fold the rest into class folders and arrays."""

import hashlib
import zipfile
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

import numpy
import rich
from rich.table import Table

from edge.alphabet import LETTERS as ALPHABET
from edge.decode import png
from edge.picture import SIZE
from edge.preparation import PictureError, letter
from pipeline.data.archives import fetched
from pipeline.data.corpora.corpus import Corpus, Origin, open_archive, read_member, read_members
from pipeline.data.counts import count_letters, lacking
from pipeline.data.letters import CleanLetters, write
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, DROPPED, LETTERS, METRICS, RAW, replacing, write_json
from pipeline.parallel import map_all
from pipeline.params import Params

# Pictures that a process prepares at a time.
CHUNK = 256


def run(params: Params) -> None:
    """Clean every corpus that was fetched, into `data/letters/` and `data/clean/`.

    Raises PipelineError on a damaged archive, or if nothing is left of a letter.
    """
    reports = {}
    for corpus in fetched():
        reports[corpus.name] = clean(corpus, RAW / corpus.archive)
        _show(corpus.name, reports[corpus.name])
    write_json(METRICS / "clean.json", reports)


def clean(corpus: Corpus, path: Path) -> dict:
    """Clean one archive and return its report: what came in, was kept and was dropped, in numbers.

    What was dropped goes into `data/clean/dropped/<corpus>.zip`, in a folder for each reason.
    """
    dropped: dict[str, dict[str, bytes]] = defaultdict(dict)
    chosen = []
    with open_archive(path) as archive:
        members = list(read_members(archive, corpus))
        seen: set[bytes] = set()
        for member, origin in members:
            data = read_member(archive, member)
            digest = hashlib.sha256(data).digest()
            if origin is None:
                dropped["name gives no letter"][member.filename] = data
            elif origin.letter not in ALPHABET:
                dropped["not one of the 33"][member.filename] = data
            elif digest in seen:
                dropped["duplicate"][member.filename] = data
            else:
                seen.add(digest)
                chosen.append((member.filename, origin, data))

    pictures = map_all(_prepare, [data for *_, data in chosen], f"clean {corpus.name}", CHUNK)
    kept = []
    with replacing(LETTERS / corpus.name) as folder:
        for number in range(len(ALPHABET)):
            (folder / str(number)).mkdir(parents=True)
        for (member, origin, data), picture in zip(chosen, pictures, strict=True):
            if isinstance(picture, str):
                dropped[picture][member] = data
                continue
            label = ALPHABET.index(origin.letter)
            name = f"{label}/{PurePosixPath(member).name}"
            (folder / name).write_bytes(data)
            kept.append((picture, label, name, origin))
        counts = Counter(label for _, label, *_ in kept)
        missing = [letter for number, letter in enumerate(ALPHABET) if not counts[number]]
        if missing:
            raise PipelineError(
                f"{path}: no picture of {', '.join(missing)} among {len(members)}: every one of "
                f"the {len(ALPHABET)} letters needs some"
            )
        letters = _arrays(corpus, kept)
        write(CLEAN / f"{corpus.name}.npz", letters)
        _write_dropped(DROPPED / f"{corpus.name}.zip", dropped)
    report = {
        "in": len(members),
        "kept": len(kept),
        "dropped": {reason: len(pictures) for reason, pictures in dropped.items()},
        "dropped_names": {reason: list(pictures) for reason, pictures in dropped.items()},
        "classes": {letter: counts[number] for number, letter in enumerate(ALPHABET)},
        **count_letters(corpus, letters.runs),
    }
    if corpus.sessions is None:
        report["lacking"] = lacking(letters.labels, letters.runs)
    return report


def _prepare(data: bytes) -> bytes | str:
    """Return what `edge` makes of a PNG, 784 bytes, or in a word why it is not a letter."""
    try:
        return letter(png.planes(data))
    except png.PngError:
        return "unreadable"
    except PictureError:
        return "blank"


def _arrays(corpus: Corpus, kept: list[tuple[bytes, int, str, Origin]]) -> CleanLetters:
    pictures, labels, names, origins = zip(*kept, strict=True)
    runs = corpus.sessions(origins) if corpus.sessions else [origin.run for origin in origins]
    order = sorted(range(len(origins)), key=lambda row: origins[row].position)
    return CleanLetters(
        images=numpy.frombuffer(b"".join(pictures), numpy.uint8).reshape(-1, SIZE, SIZE),
        labels=numpy.array(labels, numpy.uint8),
        names=numpy.array(names, numpy.bytes_),
        runs=numpy.array(runs, numpy.bytes_),
        positions=numpy.argsort(order),
    )


def _write_dropped(path: Path, dropped: dict[str, dict[str, bytes]]) -> None:
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for reason, pictures in dropped.items():
            for member, data in pictures.items():
                # A ZipInfo made by hand is dated 1980 and not today.
                archive.writestr(zipfile.ZipInfo(f"{reason}/{member}"), data)


def _show(name: str, report: dict) -> None:
    dropped = ", ".join(f"{count:,} {why}" for why, count in report["dropped"].items()) or "none"
    rich.print(f"{name}: {report['in']:,} in, {report['kept']:,} kept; dropped: {dropped}")
    table = Table("letter", "pictures", "letter", "pictures", "letter", "pictures", box=None)
    rows = list(report["classes"].items())
    third = -(-len(rows) // 3)
    for row in zip(rows[:third], rows[third : 2 * third], rows[2 * third :], strict=True):
        table.add_row(*(cell for letter, count in row for cell in (letter, f"{count:,}")))
    rich.print(table)
