"""Count the letter trigrams of Russian words, and try them on words that were not counted."""

import math
from pathlib import Path

import numpy

from pipeline.data.alphabet import RUSSIAN
from pipeline.files import LANGUAGE, METRICS, replacing, write_json
from pipeline.language import trigrams, words
from pipeline.params import Language, Params


def run(params: Params) -> None:
    """Write `models/language/`, which stays empty without a list of words, and how good it is."""
    measured = {}
    with replacing(LANGUAGE) as folder:
        folder.mkdir()
        if params.language:
            measured = _learn(params.language, folder)
    write_json(METRICS / "language.json", measured)


def _learn(language: Language, folder: Path) -> dict:
    """Write the costs of trigrams and what they are of; return how good they are."""
    listed = words.frequencies(language.words)
    parts = {name: words.part(listed, name) for name in words.PARTS}
    rarest = min(listed.values())
    counted = trigrams.counts(
        {word: (share / rarest) ** language.exponent for word, share in parts["training"].items()},
        RUSSIAN,
    )
    costs = trigrams.costs(trigrams.probabilities(counted))
    numpy.save(folder / "costs.npy", costs)
    document = {"letters": RUSSIAN, "name": "Russian", "source": words.SOURCE}
    alone = counted.sum(axis=(0, 1))
    measured = {}
    for name in ("validation", "test"):
        written = trigrams.counts(parts[name], RUSSIAN)
        measured[name] = {
            "trigrams": trigrams.perplexity(costs * trigrams.STEP, written),
            "letters": trigrams.perplexity(-numpy.log(alone / alone.sum()), written),
        }
        print(
            f"{len(parts[name]):,} words for {name}: one of {measured[name]['trigrams']:.2f} "
            f"symbols after two others, of {measured[name]['letters']:.2f} without"
        )
    document |= {"license": words.LICENSE, "step": trigrams.STEP, "weight": language.weight}
    document["usual"] = math.log(measured["validation"]["trigrams"])
    write_json(folder / "language.json", document)
    sizes = {name: len(found) for name, found in parts.items()}
    return {"source": words.SOURCE, "words": sizes, "perplexity": measured}
