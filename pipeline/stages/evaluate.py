"""Read the test letters with every runtime, check that all agree, and say how good they are."""

from pathlib import Path

import numpy
import onnxruntime
from rich.progress import track

import edge
from edge import pack, pure
from edge.alphabet import LETTERS
from pipeline import pictures
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn import metrics
from pipeline.params import Params
from pipeline.stages import split
from pipeline.stages.export import EXPORT, PRECISIONS

# How many pairs of letters are told of a corpus.
PAIRS = 8


def run(params: Params) -> None:
    """Evaluate the exported models on the test sets of the chosen split.

    Raises PipelineError where two runtimes disagree, or where a pack claims another accuracy than
    is measured.
    """
    tests = split.read(params.split.method, "test")
    images = numpy.concatenate([letters.images for letters in tests.values()])
    labels = numpy.concatenate([letters.labels for letters in tests.values()])
    corpora = numpy.repeat(list(tests), [len(letters.labels) for letters in tests.values()])

    shares = {
        precision: read_with_all(EXPORT / precision, images, params.evaluate.pure_letters)
        for precision in PRECISIONS
    }
    agreement = {
        precision: check_agreement(
            EXPORT / precision, runtimes, getattr(params.evaluate.tolerance, precision)
        )
        for precision, runtimes in shares.items()
    }
    classes = {name: runtimes["edge"].argmax(axis=1) for name, runtimes in shares.items()}
    report = {"split": params.split.method, "largest_difference": agreement, "corpora": {}}
    report["confused"] = {}
    scores, confused = {}, {}
    for corpus in tests:
        chosen = corpora == corpus
        confusion = metrics.confusion_matrix(labels[chosen], classes["fp16"][chosen], len(LETTERS))
        scores[corpus] = metrics.class_scores(confusion)
        confused[corpus] = most_confused(confusion)
        report["confused"][corpus] = [
            {
                f"{LETTERS[actual]} → {LETTERS[read]}": int(confusion[actual, read])
                for actual, read in (pair, pair[::-1])
            }
            for pair in confused[corpus]
        ]
        report["corpora"][corpus] = {
            "accuracy": {
                precision: metrics.accuracy(labels[chosen], read[chosen])
                for precision, read in classes.items()
            },
            "macro_average": metrics.macro_average(scores[corpus])._asdict(),
        }
        _check_claim(CORPORA[corpus].kind, params, report["corpora"][corpus]["accuracy"]["fp16"])
    _write_scores(scores)
    _write_confusion(corpora, labels, classes["fp16"])
    with replacing(PLOTS / "letters.png") as path:
        pictures.draw_readings(path, images, labels, shares["fp16"]["edge"])
    with replacing(PLOTS / "confused.png") as path:
        pictures.draw_confused(path, images, labels, shares["fp16"]["edge"], corpora, confused)
    write_json(METRICS / "evaluate.json", report)
    for corpus, figures in report["corpora"].items():
        shown = ", ".join(f"{name} {share:.2%}" for name, share in figures["accuracy"].items())
        print(f"{corpus}: {shown}; edge (NumPy and pure) and ONNX Runtime agree")


def most_confused(confusion: numpy.ndarray) -> list[tuple[int, int]]:
    """Give the pairs of classes, lower first, most often taken for one another, by their counts.

    `confusion` is (classes, classes), rows the true class; a pair counts in both directions.
    """
    together = numpy.triu(confusion + confusion.T, 1)
    order = numpy.argsort(-together, axis=None, kind="stable")[:PAIRS]
    pairs = [divmod(int(place), len(together)) for place in order]
    return [pair for pair in pairs if together[pair]]


def read_with_all(
    folder: Path, images: numpy.ndarray, pure_letters: int
) -> dict[str, numpy.ndarray]:
    """Read images, uint8 (n, 28, 28), with the models in `folder`, once with each runtime.

    Gives probabilities (n, 33); those of the standard library alone, which takes milliseconds a
    letter, for the first `pure_letters`.
    """
    path = folder / "letters.safetensors"
    session = onnxruntime.InferenceSession(
        path.with_suffix(".onnx"), providers=["CPUExecutionProvider"]
    )
    batches = numpy.array_split(images, -(-len(images) // 1024))
    opened = pack.read(path)
    few = track(images[:pure_letters], f"{folder.name}, standard library alone")
    return {
        "edge": edge.load(path).predict(images),
        "onnx": numpy.concatenate([session.run(None, {"images": batch})[0] for batch in batches]),
        "pure": numpy.array([pure.probabilities(opened, image.tobytes()) for image in few]),
    }


def check_agreement(folder: Path, runtimes: dict[str, numpy.ndarray], tolerance: float) -> float:
    """Return the largest difference between two runtimes' probabilities.

    Raises PipelineError where it exceeds the tolerance, or where the classes differ although the
    two best are further apart than that.
    """
    reference = runtimes["edge"]
    second, first = numpy.sort(reference, axis=1)[:, -2:].T
    clear = first - second > tolerance
    largest = 0.0
    for name, shares in runtimes.items():
        rows = len(shares)
        difference = abs(shares - reference[:rows]).max()
        differing = (shares.argmax(axis=1) != reference[:rows].argmax(axis=1)) & clear[:rows]
        if not difference <= tolerance or differing.any():
            raise PipelineError(
                f"{folder}: {name} and edge disagree: probabilities by up to "
                f"{difference:.1e}, expected at most {tolerance:.0e}, and "
                f"{differing.sum()} clear letters read differently; the export is wrong"
            )
        largest = max(largest, float(difference))
    return largest


def _check_claim(kind: str, params: Params, measured: float) -> None:
    path = EXPORT / "fp16" / "letters.safetensors"
    suffix = "" if params.split.method == "random" else f"-{params.split.method}"
    claimed = pack.read(path).description["accuracy"][f"{kind}{suffix}"]
    if claimed != measured:
        raise PipelineError(
            f"{path}: claims {claimed:.4%}, measured {measured:.4%}; run `dvc repro`"
        )


def _write_scores(scores: dict[str, metrics.ClassScores]) -> None:
    with writing_csv(PLOTS / "letters.csv") as writer:
        writer.writerow(["corpus", "letter", *metrics.ClassScores._fields])
        for corpus, columns in scores.items():
            for letter, *row in zip(LETTERS, *columns, strict=True):
                writer.writerow([corpus, letter, *(f"{score:.4f}" for score in row)])


def _write_confusion(corpora: numpy.ndarray, labels: numpy.ndarray, classes: numpy.ndarray) -> None:
    with writing_csv(PLOTS / "confusion.csv") as writer:
        writer.writerow(["corpus", "actual", "predicted"])
        for corpus, label, read in zip(corpora, labels, classes, strict=True):
            writer.writerow([corpus, LETTERS[label], LETTERS[read]])
