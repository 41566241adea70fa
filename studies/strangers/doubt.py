"""The training letters whose labels are doubted by networks that were trained without them."""

from functools import partial
from pathlib import Path
from typing import Annotated

import numpy
from pydantic import Field

from edge.ink import ink
from pipeline import parallel
from pipeline.data import alphabet
from pipeline.data.letters import joined, read_split, repeated
from pipeline.data.streams import stream
from pipeline.files import SPLIT, replacing, writing_csv
from pipeline.nn.losses import softmax
from pipeline.params import Count, Params, Section, section
from pipeline.report.plots import sheets
from pipeline.training import trainer
from studies.strangers import PARAMS, RESULTS

# A label is doubted if it gets a smaller probability than this.
LARGEST_DOUBT = 0.5

# Letters on the contact sheet.
SHOWN = 66


class Doubt(Section):
    """How the networks are trained that judge the labels."""

    folds: Annotated[int, Field(ge=2)]
    epochs: Count


def listed(method: str) -> Path:
    """Return the path of the list for a split."""
    return RESULTS / "doubts" / f"{method}.csv"


def run(params: Params, method: str) -> None:
    """List the doubted training letters of the split `method`, most doubted first.

    Into `results/doubts/<method>.csv`, and the first of them as a contact sheet beside it. No
    letter of a test set is read, and none that chooses the epoch is listed. Raises PipelineError if
    a training diverges.
    """
    letters, corpora = joined(read_split(method, "train"))
    names = alphabet.read(SPLIT / method)
    chosen = section(Doubt, PARAMS, "doubt")
    judge, threads = partial(_judge, params, chosen, method), params.train.threads
    # Each letter's probabilities, (n, letters), from the network trained without it.
    shares = sum(parallel.map_all(judge, range(chosen.folds), f"doubt {method}", threads=threads))
    of_labels = shares[numpy.arange(len(letters.labels)), letters.labels]
    doubted = numpy.flatnonzero(~letters.validation & (of_labels < LARGEST_DOUBT))
    doubted = doubted[numpy.argsort(of_labels[doubted], kind="stable")]
    path = listed(method)
    with writing_csv(path) as writer:
        writer.writerow(["corpus", "name", "label", "read", "probability_of_label"])
        for index in doubted:
            named = corpora[index], letters.names[index].decode()
            label, read = names[letters.labels[index]], names[shares[index].argmax()]
            writer.writerow([*named, label, read, f"{of_labels[index]:.3g}"])
    first = doubted[:SHOWN]
    with replacing(path.with_suffix(".png")) as sheet:
        sheets.draw_sheet(sheet, letters.images[first], letters.labels[first], shares[first], names)
    print(f"{method}: {len(doubted):,} labels doubted of {(~letters.validation).sum():,}")


def _judge(params: Params, chosen: Doubt, method: str, fold: int) -> numpy.ndarray:
    """Train without one fold and read it: probabilities (n, letters), 0 in other folds."""
    profile = params.profile.model_copy(update={"epochs": chosen.epochs})
    parts = read_split(method, "train")
    rng = stream(params.seed, "folds of doubt")
    folds = {
        corpus: rng.permutation(len(part.labels)) % chosen.folds for corpus, part in parts.items()
    }
    learned = {
        corpus: part.take((folds[corpus] != fold) | part.validation)
        for corpus, part in parts.items()
    }
    learned = repeated(learned, profile.repeats)
    rng = stream(params.seed, "training of doubt", fold)
    network = trainer.untrained(profile, len(alphabet.read(SPLIT / method)), rng)
    trainer.train(network, profile, learned, rng, params.train.threads, params.profile_place)
    shares = [softmax(network.logits(ink(part.images))) for part in parts.values()]
    shares = numpy.concatenate(shares)
    shares[numpy.concatenate(list(folds.values())) != fold] = 0
    return shares
