"""Bring every corpus to `data/raw/`, checked against its digest."""

import sys

from pipeline.data.archives import MANIFEST, OutOfReach, bring, checkout
from pipeline.data.corpora import folder, named, strokes
from pipeline.data.corpora.corpus import Corpus
from pipeline.errors import PipelineError
from pipeline.files import RAW, write_json
from pipeline.params import Params


def run(params: Params) -> None:
    """Fetch the corpora of `params.yaml`, or draw `strokes` if none of them is in reach.

    Raises PipelineError on an archive that does not match its digest, on a folder that is not
    there, or if only some of the corpora are in reach.
    """
    RAW.mkdir(parents=True, exist_ok=True)
    wanted = [named(name) for name in dict.fromkeys(params.fetch.corpora)]
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


def _fetch(corpus: Corpus, params: Params) -> bool:
    """Bring one archive; return False if it is nowhere in reach."""
    if corpus is strokes.CORPUS:
        _draw_strokes(params)
        return True
    if corpus.own:
        place = checkout() / folder.FOLDERS / corpus.name
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
