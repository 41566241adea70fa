"""What a corpus is: where its archive comes from, and how to read a letter off a file name."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edge.folders import ENDINGS
from pipeline.data.alphabet import RUSSIAN
from pipeline.errors import PipelineError

UNTIMED = "untimed"
"""The run of the pictures whose time of capture is not known."""


class Origin(NamedTuple):
    """What the name of a picture says: its letter, and its place in the capture."""

    letter: str
    """The letter written, uppercase; not always one of the alphabet."""
    run: str
    """The run of the capture that it belongs to; neighbours in a run are often by one hand."""
    position: tuple
    """Sorts the pictures of a run by the order of their capture."""


@dataclass(frozen=True)
class Corpus:
    """A collection of letters, as one ZIP archive."""

    name: str
    kind: str
    """What its test set is called: `scans`, `touch`, `forms`, `strokes`; of a folder, its name."""
    archive: str
    origin: Callable[[str], Origin | None]
    """Reads a member's path in the archive; None if the corpus has no such pictures."""
    sessions: Callable[[list[Origin]], list[str]] | None = None
    """Names the writer's session of every picture, which no split may divide, or `UNTIMED`.

    None if a run is by several hands and may be divided anywhere.
    """
    url: str | None = None
    sha256: str | None = None
    """Of the archive as published for offline use."""
    members_sha256: str | None = None
    """Of `members_digest`, which any packing of the same pictures has."""
    content: Callable[[bytes], bytes] = bytes
    """Returns what of a picture's file `members_digest` is of; raises ValueError on a damaged one.
    """
    make: Callable[[Path, Path], None] | None = None
    """Writes the archive from the one at `url`, where that is not the archive itself."""
    own: bool = False
    """Whether it is a folder of one's own: any letters, in any pictures that `edge` reads.

    One that is published has Russian letters, in clean PNGs.
    """

    @property
    def endings(self) -> tuple[str, ...]:
        """How the names of its pictures end, in lowercase."""
        return ENDINGS if self.own else (".png",)


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a ZIP archive; raises PipelineError if it is missing or not a whole ZIP."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the stage `fetch` first") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise PipelineError(
            f"{path}: not a whole ZIP archive ({error}); delete it and run `dvc repro`"
        ) from None


def read_members(
    archive: zipfile.ZipFile, corpus: Corpus
) -> Iterator[tuple[zipfile.ZipInfo, Origin | None]]:
    """Yield the archive's pictures in the order of their names, each with its origin or None."""
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        if member.filename.lower().endswith(corpus.endings):
            yield member, corpus.origin(member.filename)


def letters_held(path: Path, corpus: Corpus) -> set[str]:
    """Return the letters that a corpus, whose archive is at `path`, brings into an alphabet."""
    if not corpus.own:
        return set(RUSSIAN)
    with open_archive(path) as archive:
        return {origin.letter for _, origin in read_members(archive, corpus) if origin}


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read one member's bytes; raises PipelineError if the archive is damaged."""
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise PipelineError(
            f"{archive.filename}: member {member.filename} is damaged ({error}); "
            "delete the archive and run `dvc repro`"
        ) from None


def members_digest(path: Path, corpus: Corpus) -> str:
    """Return a digest of the Russian letters in an archive, however it was packed.

    It is the SHA-256 of what `sha256sum` prints for the files, or their `content`, sorted by name.
    """
    lines = []
    with open_archive(path) as archive:
        for member, origin in read_members(archive, corpus):
            if origin is not None and origin.letter in RUSSIAN:
                try:
                    content = corpus.content(read_member(archive, member))
                except ValueError as error:
                    raise PipelineError(f"{path}: member {member.filename}: {error}") from None
                digest = hashlib.sha256(content).hexdigest()
                lines.append((Path(member.filename).name, digest))
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(lines))
    return hashlib.sha256(listing.encode()).hexdigest()
