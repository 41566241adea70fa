"""Read the archives, drop what is no letter, and fold the rest into class folders and arrays."""

import hashlib
import shutil
import zipfile
from collections import Counter, defaultdict
from functools import cache
from itertools import zip_longest
from pathlib import Path, PurePosixPath

import numpy
import rich
from rich.table import Table

from edge.classifier import Classifier, load
from edge.decode import png
from edge.picture import SIZE
from edge.preparation import PictureError, letter
from pipeline.data import alphabet as alphabets
from pipeline.data.archives import fetched
from pipeline.data.corpora.corpus import (
    Corpus,
    Origin,
    letters_held,
    open_archive,
    read_member,
    read_members,
)
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

    The alphabet is the one listed, or the letters of all corpora. Raises PipelineError on a damaged
    archive, or if nothing is left of a letter.
    """
    corpora = fetched()
    letters = params.alphabet or alphabets.in_order(
        set().union(*(letters_held(path, corpus) for corpus, path in corpora.items()))
    )
    # No output that DVC knows: it would take longer to hash so many small files than to write them.
    shutil.rmtree(LETTERS, ignore_errors=True)
    reports = {}
    for corpus, path in corpora.items():
        reports[corpus.name] = clean(corpus, path, letters)
        _show(corpus.name, reports[corpus.name])
    missing = [
        letter
        for letter in letters
        if not any(report["classes"][letter] for report in reports.values())
    ]
    if missing:
        raise PipelineError(
            f"{RAW}: no picture of {', '.join(missing)} in {', '.join(reports)}: every one of the"
            f" {len(letters)} letters needs some, or take it off `alphabet` in params.yaml"
        )
    alphabets.write(CLEAN, letters)
    write_json(METRICS / "clean.json", reports)


def clean(corpus: Corpus, path: Path, alphabet: list[str]) -> dict:
    """Clean one archive and return its report: what came in, was kept and was dropped, in numbers.

    What was dropped goes into `data/clean/dropped/<corpus>.zip`, in a folder for each reason.
    """
    classes = {letter: number for number, letter in enumerate(alphabet)}
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
            elif origin.letter not in classes:
                dropped["not of the alphabet"][member.filename] = data
            elif digest in seen:
                dropped["duplicate"][member.filename] = data
            else:
                seen.add(digest)
                chosen.append((member.filename, origin, data))

    prepare = _found if corpus.own else _prepared
    pictures = map_all(prepare, [data for *_, data in chosen], f"clean {corpus.name}", CHUNK)
    kept = []
    with replacing(LETTERS / corpus.name) as folder:
        for number in classes.values():
            (folder / str(number)).mkdir(parents=True)
        for (member, origin, data), picture in zip(chosen, pictures, strict=True):
            if isinstance(picture, str):
                dropped[picture][member] = data
                continue
            label = classes[origin.letter]
            name = f"{label}/{PurePosixPath(member).name}"
            if corpus.own:
                # There names come again: in Б/ as in А/, and in а/.
                name = f"{label}/{member}"
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            kept.append((picture, label, name, origin))
        counts = Counter(label for _, label, *_ in kept)
        if not kept:
            raise PipelineError(f"{path}: no letter of the alphabet among {len(members)} pictures")
        letters = _arrays(corpus, kept)
        write(CLEAN / f"{corpus.name}.npz", letters)
        _write_dropped(DROPPED / f"{corpus.name}.zip", dropped)
    report = {
        "in": len(members),
        "kept": len(kept),
        "dropped": {reason: len(pictures) for reason, pictures in dropped.items()},
        "dropped_names": {reason: list(pictures) for reason, pictures in dropped.items()},
        "classes": {letter: counts[number] for letter, number in classes.items()},
        **count_letters(corpus, letters.runs),
    }
    if corpus.sessions is None:
        report["lacking"] = lacking(alphabet, letters.labels, letters.runs)
    return report


def _prepared(data: bytes) -> bytes | str:
    """Return what `edge` makes of a clean PNG, 784 bytes, or in a word why it is not a letter."""
    try:
        return letter(png.planes(data))
    except png.PngError:
        return "unreadable"
    except PictureError:
        return "blank"


def _found(data: bytes) -> bytes | str:
    """Return what `edge` makes of any picture, 784 bytes, or in a word why it is not a letter.

    In one that is not clean the ink network of the released pack finds the ink.
    """
    try:
        (found,) = _released().letters_in(data)
    except PictureError:
        return "blank"
    except (ValueError, MemoryError):
        return "unreadable"
    return found.views[0]


@cache
def _released() -> Classifier:
    return load()


def _arrays(corpus: Corpus, kept: list[tuple[bytes, int, str, Origin]]) -> CleanLetters:
    pictures, labels, names, origins = zip(*kept, strict=True)
    runs = corpus.sessions(origins) if corpus.sessions else [origin.run for origin in origins]
    order = sorted(range(len(origins)), key=lambda row: origins[row].position)
    return CleanLetters(
        images=numpy.frombuffer(b"".join(pictures), numpy.uint8).reshape(-1, SIZE, SIZE),
        labels=numpy.array(labels, numpy.uint8),
        names=numpy.array([name.encode() for name in names]),
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
    for row in zip_longest(*(rows[start : start + third] for start in (0, third, 2 * third))):
        table.add_row(*(cell for pair in row if pair for cell in (pair[0], f"{pair[1]:,}")))
    rich.print(table)
