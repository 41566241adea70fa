"""Read the test letters of one split with every runtime, once, and measure the model."""

import tempfile
from pathlib import Path

import numpy
from safetensors.numpy import save

from pipeline.data import alphabet as alphabets
from pipeline.data.letters import joined, read_split
from pipeline.export import PRECISIONS, export, stored_weights
from pipeline.files import METRICS, MODELS, PLOTS, SPLIT, write_json, writing_csv
from pipeline.nn import metrics
from pipeline.params import Params
from pipeline.results import predictions
from pipeline.results.predictions import Predictions
from pipeline.results.runtimes import classified, largest_difference, read_with_all


def run(params: Params, method: str) -> None:
    """Evaluate the model of the split `method`, exported as it is deployed, on its test set.

    Raises PipelineError if two runtimes disagree.
    """
    letters, corpora = joined(read_split(method, "test"))
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
    read = Predictions(corpora, letters.labels, letters.names, letters.runs, probabilities)
    predictions.write(method, read)
    accuracy, details = _measure(read)
    details["classified"] = {
        kind: float(right[corpora == corpus].mean()) for corpus, kind in read.kinds.items()
    }
    details |= {"largest_difference": differences, **_quantization(method)}
    write_json(METRICS / method / "evaluate.json", {"accuracy": accuracy})
    write_json(METRICS / method / "details.json", details)
    _write_tables(PLOTS / method, alphabets.read(SPLIT / method), read)
    for kind, shares in accuracy.items():
        shown = ", ".join(f"{precision} {share:.2%}" for precision, share in shares.items())
        print(
            f"{kind}, {method}: {shown}, with second looks {details['classified'][kind]:.2%}; "
            "edge (NumPy and pure) and ONNX Runtime agree"
        )


def _measure(read: Predictions) -> tuple[dict, dict]:
    """Return the accuracy by kind of letters and precision, and by case, with averaged scores."""
    accuracy, details = {}, {"macro_average": {}, "cases": {}}
    for corpus, kind in read.kinds.items():
        part = read.of(corpus)
        accuracy[kind] = {name: part.accuracy(f"{name}/edge") for name in PRECISIONS}
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
