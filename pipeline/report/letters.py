"""Sections of letters: the confusion matrix, the misread, the corpora, augmentation, the dropped.

A picture is a `data:` address, see `sheets`.
"""

import numpy

from edge.alphabet import LETTERS
from pipeline import recipe
from pipeline.corpora import CORPORA
from pipeline.corpora.corpus import open_archive, read_member
from pipeline.files import METRICS, PLOTS, RAW, read_json
from pipeline.nn import metrics
from pipeline.report import sheets
from pipeline.report.inputs import Inputs, read_csv

# Letters in a strip; rows of the tables of the misread; pictures of a pair, and of the most sure.
STRIP = 10
WORST = 11
EXAMPLES = 6
SURE = 24
# Pictures of a reason to drop.
DROPPED = 12
# The letter that shows what each part of augmentation does alone.
EXAMPLE = "Ж"


def confusion(inputs: Inputs) -> dict:
    """Count, for every corpus, which letter was read as which."""
    return {"matrices": {kind: _confusion(corpus) for corpus, kind in inputs.kinds.items()}}


def _confusion(corpus: str) -> numpy.ndarray:
    """Count the test letters of a corpus, (33, 33): rows what they are, columns what was read."""
    rows = [row for row in read_csv(PLOTS / "confusion.csv") if row["corpus"] == corpus]
    labels, classes = (
        [LETTERS.index(row[column]) for row in rows] for column in ("actual", "predicted")
    )
    return metrics.confusion_matrix(labels, classes, len(LETTERS))


def misread(inputs: Inputs) -> dict:
    """Gather the letters read worst, what they are taken for, and the misreadings most sure."""
    scores = read_csv(PLOTS / "letters.csv")
    return {
        "corpora": [
            {
                "kind": kind,
                "letters": sorted(
                    (row for row in scores if row["corpus"] == corpus),
                    key=lambda row: float(row["f1"]),
                )[:WORST],
                **_misread(inputs, corpus),
            }
            for corpus, kind in inputs.kinds.items()
        ]
    }


def _misread(inputs: Inputs, corpus: str) -> dict:
    shares = inputs.shares["fp16"]["edge"]
    labels, classes, confidence = inputs.test.labels, shares.argmax(axis=1), shares.max(axis=1)
    wrong = numpy.flatnonzero((inputs.corpora == corpus) & (classes != labels))
    wrong = wrong[numpy.argsort(-confidence[wrong], kind="stable")]

    def shown(index: int) -> dict:
        return {
            "picture": sheets.strip(inputs.test.images[index : index + 1]),
            "actual": LETTERS[labels[index]],
            "read": LETTERS[classes[index]],
            "probability": float(confidence[index]),
            "name": f"{corpus}/{inputs.test.names[index].decode()}",
        }

    counts = _confusion(corpus)
    apart = counts - numpy.diag(numpy.diag(counts))
    order = numpy.argsort(-apart, axis=None, kind="stable")[:WORST]
    pairs = [divmod(int(place), len(LETTERS)) for place in order]
    return {
        "wrong": len(wrong),
        "of": int(counts.sum()),
        "sure": [shown(index) for index in wrong[:SURE]],
        "pairs": [
            {
                "actual": LETTERS[actual],
                "read": LETTERS[read],
                "count": int(counts[actual, read]),
                "of": int(counts[actual].sum()),
                "examples": [
                    shown(index)
                    for index in wrong
                    if (labels[index], classes[index]) == (actual, read)
                ][:EXAMPLES],
            }
            for actual, read in pairs
            if counts[actual, read]
        ],
    }


def corpora(inputs: Inputs) -> dict:
    """Show some letters of every class that the network learned from, and how many there are."""
    reports = read_json(METRICS / "clean.json")
    return {
        "corpora": [
            {
                "name": corpus,
                "kind": CORPORA[corpus].kind,
                "kept": reports[corpus]["kept"],
                "strips": [
                    {
                        "letter": letter,
                        "count": reports[corpus]["classes"][letter],
                        "picture": sheets.strip(_first(part.images, part.labels, number)),
                    }
                    for number, letter in enumerate(LETTERS)
                ],
            }
            for corpus, part in inputs.training.items()
        ]
    }


def _first(images: numpy.ndarray, labels: numpy.ndarray, number: int) -> numpy.ndarray:
    """Take the first letters of a class: the sets are shuffled, so they are by several hands."""
    return images[numpy.flatnonzero(labels == number)[:STRIP]]


def augmentation(inputs: Inputs) -> dict:
    """Show training letters as the network meets them, and one letter under each change alone."""
    whole = inputs.params.profile.augmentation
    if whole is None:
        return {"corpora": None}
    strengths = whole.model_dump()
    alone = {
        name: whole.model_copy(update={**dict.fromkeys(strengths, 0.0), name: strength})
        for name, strength in strengths.items()
        if strength
    }
    rng = numpy.random.default_rng([inputs.params.seed, 5])

    def bent(image: numpy.ndarray, strength) -> str:
        """Lay a letter beside what augmentation makes of it."""
        copies = numpy.repeat(image[None], STRIP - 1, axis=0)
        # What training does, by its own code; a public name would train every network anew.
        inks = recipe.prepared(copies, rng, strength)
        drawn = numpy.rint(sheets.WHITE * (1 - inks)).astype(numpy.uint8)
        return sheets.strip(numpy.concatenate([image[None], drawn]))

    return {
        "corpora": [
            {
                "kind": CORPORA[corpus].kind,
                "letters": {
                    LETTERS[number]: bent(_first(part.images, part.labels, number)[0], whole)
                    for number in range(0, len(LETTERS), 3)
                },
                "alone": {
                    name: (
                        strengths[name],
                        bent(_first(part.images, part.labels, LETTERS.index(EXAMPLE))[0], strength),
                    )
                    for name, strength in alone.items()
                },
            }
            for corpus, part in inputs.training.items()
        ],
        "example": EXAMPLE,
    }


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
    if not dropped:
        return {}
    with open_archive(RAW / CORPORA[corpus].archive) as archive:
        members = {member.filename: member for member in archive.infolist()}
        return {
            reason: [
                (name, sheets.thumbnail(read_member(archive, members[name])))
                for name in names[:: -(-len(names) // DROPPED)]
            ]
            for reason, names in dropped.items()
        }
