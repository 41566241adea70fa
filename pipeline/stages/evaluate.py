"""Read the test letters of one split with every runtime, once, and measure the model."""

import tempfile
from pathlib import Path

import numpy
from numpy import ndarray
from safetensors.numpy import save

from edge.pack import INK
from pipeline.data import alphabet as alphabets
from pipeline.data.letters import Letters, joined, read_split
from pipeline.export import PRECISIONS, export, refusal, stored_weights
from pipeline.files import METRICS, MODELS, PLOTS, SPLIT, write_json, writing_csv
from pipeline.nn import metrics
from pipeline.params import Params
from pipeline.results import predictions
from pipeline.results.predictions import Predictions
from pipeline.results.runtimes import (
    classified,
    largest_difference,
    read_with_all,
    read_with_library,
)


def run(params: Params, method: str) -> None:
    """Evaluate the model of the split `method`, exported as it is deployed, on its test set.

    A network that `edge` cannot run is read with the library that has trained it. Raises
    PipelineError if two runtimes disagree.
    """
    letters, corpora = joined(read_split(method, "test"))
    if why := refusal(MODELS / method):
        print(f"{why}; measured by pipeline/nn alone, and `package` will refuse it")
        runtime, said = predictions.LIBRARY, "read by pipeline/nn"
        probabilities, right, compared = _read_with_library(method, letters.images), None, {}
    else:
        runtime, said = "edge", "edge (NumPy and pure) and ONNX Runtime agree"
        probabilities, right, compared = _read_exported(params, method, letters)
    read = Predictions(corpora, letters.labels, letters.names, letters.runs, probabilities)
    predictions.write(method, read)
    accuracy, details = _measure(read, runtime)
    if right is not None:
        details["classified"] = {
            kind: float(right[corpora == corpus].mean()) for corpus, kind in read.kinds.items()
        }
    details |= compared | _quantization(method)
    write_json(METRICS / method / "evaluate.json", {"accuracy": accuracy})
    write_json(METRICS / method / "details.json", details)
    _write_tables(PLOTS / method, alphabets.read(SPLIT / method), read)
    for kind, shares in accuracy.items():
        shown = ", ".join(f"{precision} {share:.2%}" for precision, share in shares.items())
        looks = "" if right is None else f", with second looks {details['classified'][kind]:.2%}"
        print(f"{kind}, {method}: {shown}{looks}; {said}")


def _read_exported(params: Params, method: str, letters: Letters) -> tuple[dict, ndarray, dict]:
    """Export the model and read the letters with every runtime.

    Returns the probabilities by precision and runtime, whether `edge classify` reads each letter
    rightly, and how far the runtimes differ.
    """
    probabilities, differences = {}, {}
    with tempfile.TemporaryDirectory() as target:
        export(Path(target), MODELS / method, {}, params.export)
        for precision in PRECISIONS:
            folder, where = Path(target) / precision, f"{MODELS / method} at {precision}"
            read = read_with_all(folder, letters.images, params.evaluate.pure_letters)
            tolerance = getattr(params.evaluate.tolerance, precision)
            differences[precision] = largest_difference(where, read, tolerance)
            probabilities |= {f"{precision}/{name}": shares for name, shares in read.items()}
        precision, _ = predictions.DEPLOYED.split("/")
        right = classified(Path(target) / precision, letters.images) == letters.labels
    return probabilities, right, {"largest_difference": differences}


def _read_with_library(method: str, images: ndarray) -> dict[str, ndarray]:
    """Return the probabilities by precision and runtime, as of `_read_exported`."""
    probabilities = {}
    for precision, stored in stored_weights(MODELS / method).items():
        weights = {name: array for name, array in stored.items() if not name.startswith(INK)}
        read = read_with_library(MODELS / method, weights, images)
        probabilities[f"{precision}/{predictions.LIBRARY}"] = read
    return probabilities


def _measure(read: Predictions, runtime: str) -> tuple[dict, dict]:
    """Return the accuracy by kind of letters and precision, and by case, with averaged scores."""
    accuracy, details = {}, {"macro_average": {}, "cases": {}}
    for corpus, kind in read.kinds.items():
        part = read.of(corpus)
        accuracy[kind] = {name: part.accuracy(f"{name}/{runtime}") for name in PRECISIONS}
        _, scores = _scored(part)
        details["macro_average"][kind] = metrics.macro_average(scores)._asdict()
        right, cases = part.classes() == part.labels, part.cases(corpus)
        details["cases"][kind] = {
            case: {
                "tested": int((cases == case).sum()),
                "accuracy": float(right[cases == case].mean()),
            }
            for case in numpy.unique(cases).tolist()
        }
    return accuracy, details


def _scored(part: Predictions) -> tuple[numpy.ndarray, metrics.ClassScores]:
    """Return the classes that a corpus has at all, and their scores."""
    present, scores = numpy.unique(part.labels), metrics.class_scores(part.confusion())
    return present, metrics.ClassScores(*(score[present] for score in scores))


def _quantization(method: str) -> dict:
    """Return the bytes of the weights at each precision, and fp16's largest error of a weight."""
    stored = stored_weights(MODELS / method)
    return {
        "bytes": {precision: len(save(weights)) for precision, weights in stored.items()},
        "largest_error": max(
            float(abs(array - stored["fp16"][name]).max()) for name, array in stored["fp32"].items()
        ),
    }


def _write_tables(folder: Path, alphabet: list[str], read: Predictions) -> None:
    """Write what was read as what, the scores of each letter, and its accuracy by case."""
    with (
        writing_csv(folder / "confusion.csv") as confusion,
        writing_csv(folder / "letters.csv") as letters,
        writing_csv(folder / "cases.csv") as cases,
    ):
        confusion.writerow(["corpus", "actual", "predicted"])
        letters.writerow(["corpus", "letter", *metrics.ClassScores._fields])
        cases.writerow(["corpus", "letter", "case", "tested", "accuracy"])
        for corpus in read.kinds:
            part = read.of(corpus)
            classes, case_of = part.classes(), part.cases(corpus)
            for label, predicted in zip(part.labels, classes, strict=True):
                confusion.writerow([corpus, alphabet[label], alphabet[predicted]])
            present, scores = _scored(part)
            for number, *row in zip(present, *scores, strict=True):
                letters.writerow([corpus, alphabet[number], *(f"{score:.4f}" for score in row)])
            for case in numpy.unique(case_of):
                for number, letter in enumerate(alphabet):
                    of_case = (case_of == case) & (part.labels == number)
                    if of_case.any():
                        share = (classes[of_case] == number).mean()
                        cases.writerow([corpus, letter, case, of_case.sum(), f"{share:.4f}"])
