"""Sections of letters: the confusion matrix, the misread, the corpora, augmentation, the dropped.

A picture is a `data:` address, see `plots.embedded`.
"""

import zipfile

import numpy

from edge.augmentation import augmented
from pipeline.data.corpora import named
from pipeline.data.letters import Letters
from pipeline.data.streams import stream
from pipeline.files import DROPPED, METRICS, PLOTS, read_csv, read_json
from pipeline.report.inputs import Inputs
from pipeline.report.plots import embedded
from pipeline.results.predictions import DEPLOYED, surest_mistakes

# Letters in a strip; rows of the tables of the misread; pictures of a pair, and of the surest.
STRIP = 10
WORST = 11
EXAMPLES = 6
SURE = 24
# Pictures shown for each reason to drop.
DROPPED_SHOWN = 12
# The class that shows what each part of augmentation does alone: Ж, or the last of fewer letters.
EXAMPLE = 7


def confusion(inputs: Inputs) -> dict:
    """Count, for every corpus, which letter was read as which."""
    read = inputs.predictions
    return {"matrices": {kind: read.of(name).confusion() for name, kind in inputs.kinds.items()}}


def misread(inputs: Inputs) -> dict:
    """Gather the letters read worst, what they are taken for, and the surest mistakes."""
    scores = read_csv(PLOTS / inputs.params.split.method / "letters.csv")
    scores.sort(key=lambda row: float(row["f1"]))
    return {
        "corpora": [
            {
                "kind": kind,
                "letters": [row for row in scores if row["corpus"] == corpus][:WORST],
                **_misread(inputs, corpus),
            }
            for corpus, kind in inputs.kinds.items()
        ]
    }


def _misread(inputs: Inputs, corpus: str) -> dict:
    read, letters = inputs.predictions.of(corpus), inputs.letters
    images = inputs.test.images[inputs.predictions.corpora == corpus]
    classes, confidence = read.classes(), read.probabilities[DEPLOYED].max(axis=1)
    wrong = surest_mistakes(read)

    def shown(row: int) -> dict:
        return {
            "picture": embedded.strip(images[row : row + 1]),
            "actual": letters[read.labels[row]],
            "read": letters[classes[row]],
            "probability": float(confidence[row]),
            "name": f"{corpus}/{read.names[row].decode()}",
        }

    counts = read.confusion()
    apart = counts - numpy.diag(numpy.diag(counts))
    order = numpy.argsort(-apart, axis=None, kind="stable")[:WORST]
    pairs = [divmod(int(place), len(letters)) for place in order]
    return {
        "wrong": len(wrong),
        "of": int(counts.sum()),
        "sure": [shown(row) for row in wrong[:SURE]],
        "pairs": [
            {
                "actual": letters[actual],
                "read": letters[predicted],
                "count": int(counts[actual, predicted]),
                "of": int(counts[actual].sum()),
                "examples": [
                    shown(row)
                    for row in wrong
                    if (read.labels[row], classes[row]) == (actual, predicted)
                ][:EXAMPLES],
            }
            for actual, predicted in pairs
            if counts[actual, predicted]
        ],
    }


def corpora(inputs: Inputs) -> dict:
    """Show some letters of every class that the network learned from, and how many there are."""
    reports = read_json(METRICS / "clean.json")
    return {
        "corpora": [
            {
                "name": corpus,
                "kind": named(corpus).kind,
                "kept": reports[corpus]["kept"],
                "strips": [
                    {
                        "letter": letter,
                        "count": reports[corpus]["classes"][letter],
                        "picture": embedded.strip(_first(part, number)),
                    }
                    for number, letter in enumerate(inputs.letters)
                    if (part.labels == number).any()
                ],
            }
            for corpus, part in inputs.training.items()
        ]
    }


def _first(part: Letters, number: int) -> numpy.ndarray:
    """Take the first letters of a class: the sets are shuffled, so they are by several hands."""
    return part.images[numpy.flatnonzero(part.labels == number)[:STRIP]]


def augmentation(inputs: Inputs) -> dict:
    """Show training letters as the network meets them, and one letter under each change alone."""
    whole = inputs.params.profile.augmentation
    if whole is None:
        return {"corpora": None}
    strengths = whole.model_dump()
    alone = {
        name: {**dict.fromkeys(strengths, 0.0), name: strength}
        for name, strength in strengths.items()
        if strength
    }
    rng = stream(inputs.params.seed, "augmentation shown")

    def bent(image: numpy.ndarray, by: dict[str, float]) -> str:
        """Return a letter beside what augmentation of these strengths makes of it."""
        copies = numpy.repeat(image[None], STRIP - 1, axis=0)
        inks = augmented(copies, rng, by)
        drawn = numpy.rint(embedded.WHITE * (1 - inks)).astype(numpy.uint8)
        return embedded.strip(numpy.concatenate([image[None], drawn]))

    def of_corpus(corpus: str, part: Letters) -> dict:
        present = numpy.unique(part.labels)
        example = present[min(EXAMPLE, len(present) - 1)]
        return {
            "kind": named(corpus).kind,
            "letters": {
                inputs.letters[number]: bent(_first(part, number)[0], strengths)
                for number in present[::3]
            },
            "alone": {
                name: (strengths[name], bent(_first(part, example)[0], by))
                for name, by in alone.items()
            },
            "example": inputs.letters[example],
        }

    return {"corpora": [of_corpus(*item) for item in inputs.training.items()]}


def cleaning(inputs: Inputs) -> dict:
    """Count what was dropped, by reason, and show some of it as it was published."""
    return {
        "corpora": [
            {"name": corpus, **report, "reasons": _reasons(corpus, report["dropped_names"])}
            for corpus, report in read_json(METRICS / "clean.json").items()
        ]
    }


def _reasons(corpus: str, dropped: dict[str, list[str]]) -> dict[str, list[tuple[str, str | None]]]:
    """Name some dropped pictures, from the whole length of the list, each with its thumbnail."""
    with zipfile.ZipFile(DROPPED / f"{corpus}.zip") as archive:
        return {
            reason: [
                (name, embedded.thumbnail(archive.read(f"{reason}/{name}")))
                for name in names[:: -(-len(names) // DROPPED_SHOWN)]
            ]
            for reason, names in dropped.items()
        }
