"""The list of doubted letters that `doubt` has written."""

from collections.abc import Mapping
from pathlib import Path

import numpy

from pipeline.data.letters import Letters
from pipeline.errors import PipelineError
from pipeline.files import read_csv
from studies.strangers import RESULTS

# A label is doubted if it gets a smaller probability than this.
LARGEST_DOUBT = 0.5


def listed(method: str) -> Path:
    """Return the path of the list for a split."""
    return RESULTS / "doubts" / f"{method}.csv"


def without(parts: Mapping[str, Letters], method: str, below: float) -> dict[str, Letters]:
    """Leave out the letters whose label got a probability less than `below`.

    Raises PipelineError if no labels have been judged yet.
    """
    path = listed(method)
    try:
        rows = read_csv(path)
    except FileNotFoundError:
        raise PipelineError(
            f"{path}: not found; run `python -m studies doubt {method}` first"
        ) from None
    dropped = {
        (row["corpus"], row["name"].encode())
        for row in rows
        if float(row["probability_of_label"]) < below
    }
    kept = {}
    for corpus, part in parts.items():
        rows = [(corpus, name) not in dropped for name in part.names.tolist()]
        kept[corpus] = part.take(numpy.array(rows))
    return kept
