"""Where the real corpora are on this machine, for tests, benchmarks and tools."""

from pathlib import Path

from pipeline.corpora.corpus import Corpus
from pipeline.files import RAW
from pipeline.stages.fetch import mirrors

ROOT = Path(__file__).parents[1]


def in_reach(corpus: Corpus) -> Path | None:
    """Give the path of the corpus's archive as published, or None where none is in reach.

    Raises PipelineError where BUKVA_MIRROR is no directory.
    """
    places = (ROOT / place / corpus.archive for place in (*mirrors(), RAW))
    return next((path for path in places if path.exists()), None)
