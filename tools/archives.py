"""Where the real corpora are on this machine, for tests, benchmarks and tools."""

from pathlib import Path

from pipeline.data.archives import mirrors
from pipeline.data.corpora.corpus import Corpus
from pipeline.files import RAW

ROOT = Path(__file__).parents[1]


def in_reach(corpus: Corpus) -> Path | None:
    """Return the path of the corpus's archive as published, or None if it is not on this machine.

    Raises PipelineError if BUKVA_MIRROR is not a directory.
    """
    places = (ROOT / place / corpus.archive for place in (*mirrors(), RAW))
    return next((path for path in places if path.exists()), None)
