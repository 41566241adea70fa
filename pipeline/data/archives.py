"""The archives of the corpora: where they are looked for, and how they are checked."""

import hashlib
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException, IncompleteRead
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from pipeline.data.corpora import folder, named
from pipeline.data.corpora.corpus import Corpus, members_digest
from pipeline.errors import PipelineError
from pipeline.files import RAW, read_json, replacing, write_json

# Names the corpora that the later stages read, each with the SHA-256 of its archive.
MANIFEST = RAW / "corpora.json"

SHARED = Path("../shared/data")
TIMEOUT_SECONDS = 20


class OutOfReach(PipelineError):  # noqa: N818 - says what happened
    """An archive that is neither on this machine nor to be downloaded."""


def recorded() -> dict[str, str]:
    """Return the SHA-256 of each corpus' archive, as `fetch` has last written it; none before."""
    return read_json(MANIFEST) if MANIFEST.exists() else {}


def record(corpora: Iterable[Corpus], kept: Mapping[str, str]) -> None:
    """Write down the archives of the corpora; `kept` has the SHA-256 of those not in reach."""
    write_json(
        MANIFEST,
        {each.name: kept.get(each.name) or _digest(RAW / each.archive) for each in corpora},
    )


def fetched() -> dict[Corpus, Path]:
    """Return the corpora that the stage `fetch` has brought, with their archives.

    Raises PipelineError before that, or if an archive is not there any more, nor in reach.
    """
    if not MANIFEST.exists():
        raise PipelineError(f"{MANIFEST}: not found; run the stage `fetch` first")
    return {named(name): _kept(named(name), digest) for name, digest in recorded().items()}


def _kept(corpus: Corpus, digest: str) -> Path:
    for place in (RAW, *mirrors()):
        path = place / corpus.archive
        if path.exists() and _digest(path) == digest:
            return path
    raise PipelineError(
        f"{RAW / corpus.archive}: not there, nor in reach, with the SHA-256 {digest[:12]}… that"
        f" `fetch` has recorded; put it into {folder.FOLDERS}/ and run `dvc repro --force fetch`"
    )


def mirrors() -> list[Path]:
    """Return the folders of this machine in which to look for an archive, in order.

    Raises PipelineError if BUKVA_MIRROR is not a folder.
    """
    around = checkout()
    places = [folder.FOLDERS, SHARED]
    if around != Path():
        places = [around / folder.FOLDERS, around / RAW, around / SHARED]
    mirror = os.environ.get("BUKVA_MIRROR")
    if mirror and not Path(mirror).is_dir():
        raise PipelineError(f"BUKVA_MIRROR: {mirror} is no directory; correct or unset it")
    return [Path(mirror), *places] if mirror else places


def checkout() -> Path:
    """Return the checkout that a person works in: not the copy of it in which DVC may run."""
    here = Path.cwd()
    # `dvc exp run --temp` and `--queue` run in a copy of the checkout, in its `.dvc/tmp/exps`.
    return Path(*here.parts[: here.parts.index(".dvc")]) if ".dvc" in here.parts else Path()


def in_reach(name: str) -> Path | None:
    """Return the path of the file `name` in the first mirror that has it, or None."""
    return next((path for path in (place / name for place in mirrors()) if path.exists()), None)


def bring(corpus: Corpus) -> str:
    """Bring an archive to `data/raw/` and return where it came from, in words.

    It may be there already, lie in a mirror or be downloaded; it is checked each time. Raises
    OutOfReach if it is nowhere, PipelineError if it is not the corpus.
    """
    target = RAW / corpus.archive
    if target.exists():
        check(target, corpus)
        return f"{target} is there and whole"
    source = in_reach(corpus.archive)
    if source:
        check(source, corpus)
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
        return f"copied from {source}"
    try:
        with replacing(target) as temporary:
            if corpus.make:
                _make(corpus, temporary)
            else:
                _download(corpus.url, temporary)
            check(temporary, corpus, corpus.url)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise OutOfReach(f"{corpus.url} is out of reach: {reason}") from None
    return f"{'made of what was ' if corpus.make else ''}downloaded from {corpus.url}"


def check(path: Path, corpus: Corpus, source: object = None) -> None:
    """Accept the archive as published, or any other packing of the same letters.

    Raises PipelineError, which names `source`, on anything else.
    """
    digest = _digest(path)
    if digest == corpus.sha256:
        return
    try:
        found = members_digest(path, corpus)
    except PipelineError as error:
        # A download lies under a temporary name.
        raise PipelineError(str(error).replace(str(path), str(source or path))) from None
    if found != corpus.members_sha256:
        raise PipelineError(
            f"{source or path}: not {corpus.name}: neither its SHA-256 ({digest[:12]}…) nor that "
            f"of its letters ({found[:12]}…) is the expected one "
            f"({corpus.sha256[:12]}…, {corpus.members_sha256[:12]}…); delete it and repeat"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(corpus: Corpus, target: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        upstream = Path(directory) / corpus.archive
        _download(corpus.url, upstream)
        try:
            corpus.make(upstream, target)
        except PipelineError as error:
            raise PipelineError(str(error).replace(str(upstream), corpus.url)) from None


def _download(url: str, path: Path) -> None:
    with (
        urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response,
        path.open("wb") as file,
        Progress(TextColumn("download"), BarColumn(), DownloadColumn()) as progress,
    ):
        # GitHub does not say how long an archive will be.
        task = progress.add_task("", total=response.length)
        while chunk := response.read(1 << 20):
            file.write(chunk)
            progress.advance(task, len(chunk))
        if response.length:
            raise IncompleteRead(b"", response.length)
