"""How many letters a corpus or a set holds, by case or by session."""

import numpy

from pipeline.data.corpora.corpus import UNTIMED, Corpus


def count_letters(corpus: Corpus, runs: numpy.ndarray) -> dict:
    """Count letters by their runs, bytes (n,).

    Returns the number of `letters`, and of each of the `cases`; or, for a corpus of sessions, the
    number of `sessions`, and of the `untimed` letters that belong to none.
    """
    names, sizes = numpy.unique(runs, return_counts=True)
    sizes = dict(zip(names.astype(str).tolist(), sizes.tolist(), strict=True))
    if corpus.sessions is None:
        return {"letters": len(runs), "cases": sizes}
    untimed = sizes.pop(UNTIMED, 0)
    return {"letters": len(runs), "sessions": len(sizes), "untimed": untimed}


def lacking(alphabet: list[str], labels: numpy.ndarray, runs: numpy.ndarray) -> dict[str, str]:
    """Return the letters of the alphabet that each run lacks, as a string."""
    return {
        run.decode(): "".join(
            letter for number, letter in enumerate(alphabet) if number not in labels[runs == run]
        )
        for run in numpy.unique(runs)
    }
