"""Bring every corpus to `data/raw/`, checked against its digest."""

import sys
from collections.abc import Mapping

from pipeline.data.archives import OutOfReach, bring, checkout, record, recorded
from pipeline.data.corpora import folder, named, strokes
from pipeline.data.corpora.corpus import Corpus
from pipeline.errors import PipelineError
from pipeline.files import RAW
from pipeline.params import Params


def run(params: Params) -> None:
    """Fetch the corpora of `params.yaml`, or draw `strokes` if there never was one of them.

    Corpora that are not in reach, but of which the letters have been pulled, stay as they were.
    Raises PipelineError on an archive that does not match its digest, on a folder that is not
    there, or if only some of the corpora are in reach.
    """
    RAW.mkdir(parents=True, exist_ok=True)
    wanted = [named(name) for name in dict.fromkeys(params.fetch.corpora)]
    before = recorded()
    missing = [corpus for corpus in wanted if not _fetch(corpus, params, before)]
    names = ", ".join(corpus.archive for corpus in missing)
    if missing and [corpus.name for corpus in wanted] != list(before):
        if len(missing) < len(wanted) or before.keys() - {strokes.CORPUS.name}:
            raise PipelineError(
                f"params.yaml: fetch.corpora: {names} is not in reach; put it into"
                f" {folder.FOLDERS}/, or into a directory that BUKVA_MIRROR names, or take it off"
                " the list"
            )
        _draw_strokes(params)
        wanted, missing = [strokes.CORPUS], []
        print(
            f"\n!!! NO REAL CORPUS IN REACH: this is a DEMONSTRATION on the built-in `strokes`, "
            f"drawn by a program. For the real thing put {names} into {folder.FOLDERS}/ and repeat."
            " !!!\n",
            file=sys.stderr,
        )
    record(wanted, {corpus.name: before[corpus.name] for corpus in missing})
    if missing:
        print(f"{names}: not in reach; the letters that were made of it are used")


def _fetch(corpus: Corpus, params: Params, before: Mapping[str, str]) -> bool:
    """Bring one archive; return False if it is nowhere in reach."""
    if corpus is strokes.CORPUS:
        _draw_strokes(params)
        return True
    if corpus.own:
        place = checkout() / folder.FOLDERS / corpus.name
        if corpus.name in before and not place.is_dir():
            return False
        count = folder.write_archive(place, RAW / corpus.archive)
        print(f"{corpus.name}: {count:,} pictures in {place}")
        return True
    try:
        print(f"{corpus.name}: {bring(corpus)}")
    except OutOfReach as error:
        print(f"{corpus.name}: {error}", file=sys.stderr)
        return False
    return True


def _draw_strokes(params: Params) -> None:
    count = params.fetch.strokes.letters_per_class
    strokes.write_archive(RAW / strokes.CORPUS.archive, count, params.seed)
