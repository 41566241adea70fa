"""Count what the corpora and the sets hold, and how every letter and case is read: for the cards.

A corpus whose runs are by one hand each has sessions; the runs of the others are the two cases.
"""

from pathlib import Path

import numpy
from safetensors.numpy import load_file
from threadpoolctl import threadpool_limits

from edge import network
from edge.alphabet import LETTERS
from pipeline.corpora import CORPORA
from pipeline.corpora.corpus import UNTIMED
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, METRICS, MODELS, PLOTS, read_json, write_json, writing_csv
from pipeline.params import Params
from pipeline.stages import split

METHODS = ("random", "tail")
UNKNOWN = "unknown"


def run(params: Params) -> None:
    """Write `metrics/describe.json`, and `plots/cases.csv` with one row a split, letter and case.

    What is read is read by each split's own network, as stored at fp16.
    """
    runs = {path.stem: _runs(path) for path in sorted(CLEAN.glob("*.npz"))}
    if not runs:
        raise PipelineError(f"{CLEAN}: no letters; run the stage `clean` first")
    report = {
        "corpora": {name: _corpus(name, of) for name, of in runs.items()},
        "sets": {method: _sets(method, runs) for method in METHODS},
        "accuracy": {},
    }
    with writing_csv(PLOTS / "cases.csv") as writer:
        writer.writerow(["split", "corpus", "letter", "case", "tested", "accuracy"])
        for method in METHODS:
            report["accuracy"][method] = {}
            for name, letters in split.read(method, "test").items():
                sessions = CORPORA[name].sessions is not None
                cases = numpy.array([UNKNOWN if sessions else runs[name][n] for n in letters.names])
                right = _classes(method, letters.images) == letters.labels
                by_case = report["accuracy"][method][name] = {}
                for case in sorted(set(cases.tolist())):
                    of_case = cases == case
                    tested, share = int(of_case.sum()), float(right[of_case].mean())
                    by_case[case] = {"tested": tested, "accuracy": share}
                    for number in sorted(set(letters.labels[of_case].tolist())):
                        chosen = right[of_case & (letters.labels == number)]
                        share = f"{chosen.mean():.4f}"
                        writer.writerow([method, name, LETTERS[number], case, len(chosen), share])
    write_json(METRICS / "describe.json", report)
    for method, corpora in report["accuracy"].items():
        for name, by_case in corpora.items():
            shown = ", ".join(f"{case} {row['accuracy']:.2%}" for case, row in by_case.items())
            print(f"{name}, {method}: {shown}")


def _runs(path: Path) -> dict[bytes, str]:
    with numpy.load(path) as arrays:
        return dict(zip(arrays["names"], arrays["runs"].astype(str), strict=True))


def _corpus(name: str, runs: dict[bytes, str]) -> dict:
    """Count as `_counts` does, and name the letters that each case lacks."""
    sessions = CORPORA[name].sessions is not None
    counts = _counts(numpy.array(list(runs.values())), sessions)
    if not sessions:
        # A file is named `<class number>/<its own name>`.
        found = {(case, int(file.split(b"/")[0])) for file, case in runs.items()}
        counts["lacking"] = {
            case: "".join(LETTERS[k] for k in range(len(LETTERS)) if (case, k) not in found)
            for case in counts["cases"]
        }
    return counts


def _counts(runs: numpy.ndarray, sessions: bool) -> dict:
    """Count the letters of each case, or the sessions and the letters that belong to none."""
    counts = {name: int((runs == name).sum()) for name in sorted(set(runs.tolist()))}
    if not sessions:
        return {"letters": len(runs), "cases": counts}
    untimed = counts.pop(UNTIMED, 0)
    return {"letters": len(runs), "sessions": len(counts), "untimed": untimed}


def _sets(method: str, runs: dict[str, dict[bytes, str]]) -> dict:
    """Count what each corpus gives to training, validation and test."""
    training, test = split.read(method, "train"), split.read(method, "test")
    return {
        name: {
            part: _counts(
                numpy.array([runs[name][file] for file in files]),
                CORPORA[name].sessions is not None,
            )
            for part, files in (
                ("training", training[name].names[~training[name].validation]),
                ("validation", training[name].names[training[name].validation]),
                ("test", test[name].names),
            )
        }
        for name in test
    }


def _classes(method: str, images: numpy.ndarray) -> numpy.ndarray:
    """Read images, uint8 (n, 28, 28), with a split's network; give classes (n,)."""
    folder = MODELS / method
    weights = load_file(folder / "fp16.safetensors")
    arrays = {name: array.astype(numpy.float32) for name, array in weights.items()}
    reader = network.Network(read_json(folder / "network.json"), arrays)
    # In batches as small as `edge`'s, BLAS's threads only hinder each other.
    with threadpool_limits(1, user_api="blas"):
        return reader.probabilities(images).argmax(axis=1)
