"""Bring every corpus to `data/raw/`, checked against its digest."""

import hashlib
import os
import shutil
import sys
import urllib.request
from http.client import HTTPException, IncompleteRead
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from pipeline.corpora import CORPORA, strokes
from pipeline.corpora.corpus import Corpus, members_digest
from pipeline.errors import PipelineError
from pipeline.files import RAW, read_json, replacing, write_json
from pipeline.params import Params

# Names the corpora that the later stages read.
MANIFEST = RAW / "corpora.json"

SHARED = Path("../shared/data")
TIMEOUT_SECONDS = 20


def run(params: Params) -> None:
    """Fetch the corpora of `params.yaml`, or draw `strokes` where none of them is in reach.

    Raises PipelineError on an archive that does not match its digest, or where only some of the
    corpora are in reach.
    """
    RAW.mkdir(parents=True, exist_ok=True)
    wanted = [CORPORA[name] for name in dict.fromkeys(params.fetch.corpora)]
    missing = [corpus for corpus in wanted if not _fetch(corpus, params)]
    if not missing:
        write_json(MANIFEST, {"corpora": [corpus.name for corpus in wanted]})
        return
    names = ", ".join(corpus.archive for corpus in missing)
    if len(missing) < len(wanted):
        raise PipelineError(
            f"params.yaml: fetch.corpora: {names} is not in reach; put it into {RAW}/, or into a "
            "directory that BUKVA_MIRROR names, or take it off the list"
        )
    _draw_strokes(params)
    write_json(MANIFEST, {"corpora": [strokes.CORPUS.name]})
    print(
        f"\n!!! NO REAL CORPUS IN REACH: this is a DEMONSTRATION on the built-in `strokes`, drawn "
        f"by a program. For the real thing put {names} into {RAW}/ and repeat. !!!\n",
        file=sys.stderr,
    )


def fetched() -> list[Corpus]:
    """Give the corpora that `fetch` has brought."""
    if not MANIFEST.exists():
        raise PipelineError(f"{MANIFEST}: not found; run the stage `fetch` first")
    return [CORPORA[name] for name in read_json(MANIFEST)["corpora"]]


def _fetch(corpus: Corpus, params: Params) -> bool:
    """Bring one archive from the first place that has it; False where none has."""
    if corpus is strokes.CORPUS:
        _draw_strokes(params)
        return True
    target = RAW / corpus.archive
    if target.exists():
        _check(target, corpus)
        print(f"{corpus.name}: {target} is there and whole")
        return True
    for source in [directory / corpus.archive for directory in mirrors()]:
        if source.exists():
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)
                _check(temporary, corpus, source)
            print(f"{corpus.name}: copied from {source}")
            return True
    try:
        with replacing(target) as temporary:
            _download(corpus.url, temporary)
            _check(temporary, corpus, corpus.url)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        print(f"{corpus.name}: {corpus.url} is out of reach: {reason}", file=sys.stderr)
        return False
    print(f"{corpus.name}: downloaded from {corpus.url}")
    return True


def mirrors() -> list[Path]:
    """Give the directories of this machine in which to look for an archive, in order."""
    places = [SHARED]
    here = Path.cwd()
    if ".dvc" in here.parts:
        # `dvc exp run --temp` and `--queue` run in a copy of the checkout, in its `.dvc/tmp/exps`.
        checkout = Path(*here.parts[: here.parts.index(".dvc")])
        places = [checkout / RAW, checkout / SHARED]
    mirror = os.environ.get("BUKVA_MIRROR")
    if mirror and not Path(mirror).is_dir():
        raise PipelineError(f"BUKVA_MIRROR: {mirror} is no directory; correct or unset it")
    return [Path(mirror), *places] if mirror else places


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


def _check(path: Path, corpus: Corpus, source: object = None) -> None:
    """Accept the archive as published, or any other packing of the same letters."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == corpus.sha256:
        return
    found = members_digest(path, corpus)
    if found != corpus.members_sha256:
        raise PipelineError(
            f"{source or path}: not {corpus.name}: neither its SHA-256 ({digest[:12]}…) nor that "
            f"of its letters ({found[:12]}…) is the expected one "
            f"({corpus.sha256[:12]}…, {corpus.members_sha256[:12]}…); delete it and repeat"
        )


def _draw_strokes(params: Params) -> None:
    count = params.fetch.strokes.letters_per_class
    strokes.write_archive(RAW / strokes.CORPUS.archive, count, params.seed)
