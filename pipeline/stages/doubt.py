"""List the training letters whose label is doubted by networks that were trained without them."""

import csv
from functools import partial

import numpy

from edge.alphabet import LETTERS as ALPHABET
from edge.ink import ink
from pipeline import processes, recipe
from pipeline.errors import PipelineError
from pipeline.files import DOUBTS, PLOTS, replacing, writing_csv
from pipeline.nn.losses import softmax
from pipeline.params import LARGEST_DOUBT, Params
from pipeline.stages import split

# Letters on the contact sheet.
SHOWN = 66


def run(params: Params, method: str) -> None:
    """List the doubted training letters of the split `method`, most doubted first.

    Into `data/doubts/<method>.csv`, and the first of them as a contact sheet into
    `plots/<method>/doubts.png`. No letter of a test set is read, and none that chooses the epoch
    is listed. Raises PipelineError where a training diverges.
    """
    # Matplotlib: training, which only drops letters, does without it.
    from pipeline import pictures

    parts = split.read(method, "train")
    corpora = numpy.repeat(list(parts), [len(part.labels) for part in parts.values()])
    images, labels, names, validation = (
        numpy.concatenate([getattr(part, field) for part in parts.values()])
        for field in split.Letters._fields
    )
    shares = _judged(params, method)
    of_labels = shares[numpy.arange(len(labels)), labels]
    doubted = numpy.flatnonzero(~validation & (of_labels < LARGEST_DOUBT))
    doubted = doubted[numpy.argsort(of_labels[doubted], kind="stable")]
    with writing_csv(DOUBTS / f"{method}.csv") as writer:
        writer.writerow(["corpus", "name", "label", "read", "probability_of_label"])
        for index in doubted:
            writer.writerow(
                [
                    corpora[index],
                    names[index].decode(),
                    ALPHABET[labels[index]],
                    ALPHABET[shares[index].argmax()],
                    f"{of_labels[index]:.3g}",
                ]
            )
    first = doubted[:SHOWN]
    with replacing(PLOTS / method / "doubts.png") as path:
        pictures.draw_sheet(path, images[first], labels[first], shares[first])
    print(f"{method}: {len(doubted):,} labels doubted of {(~validation).sum():,}")


def without(parts: dict[str, split.Letters], method: str, below: float) -> dict:
    """Leave out the letters whose label got a probability less than `below`.

    Raises PipelineError where no labels have been judged yet.
    """
    path = DOUBTS / f"{method}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            dropped = {
                (row["corpus"], row["name"].encode())
                for row in csv.DictReader(file)
                if float(row["probability_of_label"]) < below
            }
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the stage `doubt` first") from None
    kept = {
        corpus: numpy.array([(corpus, name) not in dropped for name in part.names.tolist()])
        for corpus, part in parts.items()
    }
    return {
        corpus: split.Letters(*(field[kept[corpus]] for field in part))
        for corpus, part in parts.items()
    }


def _judged(params: Params, method: str) -> numpy.ndarray:
    """Read every letter by the networks trained without it: probabilities (n, 33)."""
    judged = processes.map_all(
        partial(_judge, params, method),
        range(params.doubt.folds),
        f"doubt {method}",
        threads=params.train.threads,
    )
    return sum(judged)


def _judge(params: Params, method: str, fold: int) -> numpy.ndarray:
    """Train without one fold and read it: probabilities (n, 33), 0 for letters of other folds."""
    profile = params.profile.model_copy(update={"epochs": params.doubt.epochs})
    parts = split.read(method, "train")
    rng = numpy.random.default_rng([params.seed, 3])
    folds = {
        corpus: rng.permutation(len(part.labels)) % params.doubt.folds
        for corpus, part in parts.items()
    }
    learned = {
        corpus: split.Letters(*(field[(folds[corpus] != fold) | part.validation] for field in part))
        for corpus, part in parts.items()
    }
    rng = numpy.random.default_rng([params.seed, 4, fold])
    network = recipe.untrained(profile, rng)
    recipe.learn(
        network,
        profile,
        recipe.chosen(learned, profile),
        rng,
        params.train.threads,
        params.profile_place,
    )
    shares = numpy.concatenate(
        [softmax(network.logits(ink(part.images))) for part in parts.values()]
    )
    shares[numpy.concatenate(list(folds.values())) != fold] = 0
    return shares
