"""What the report is made of: files of earlier stages, and the test letters read once more."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy
import yaml

from edge import pack
from pipeline.corpora import CORPORA, strokes
from pipeline.errors import PipelineError
from pipeline.files import DIST, METRICS, PLOTS
from pipeline.params import Params
from pipeline.stages import evaluate, split
from pipeline.stages.export import EXPORT, PRECISIONS

METHODS = ("random", "tail")
PACK = EXPORT / "fp16" / "letters.safetensors"
# Letters that the standard library reads alone: `evaluate` has held more of them against the rest.
ALONE = 50
STUDY_LOCK = Path("studies/strangers/dvc.lock")


class Inputs(NamedTuple):
    """The exported model, the letters of the chosen split, and what each runtime reads in them."""

    params: Params
    description: dict
    """The exported pack's JSON document."""
    training: dict[str, split.Letters]
    """By corpus."""
    test: split.Letters
    """Of all corpora, one after the other."""
    corpora: numpy.ndarray
    """The corpus of each test letter, (n,)."""
    shares: dict[str, dict[str, numpy.ndarray]]
    """By precision and runtime, probabilities (n, 33); without NumPy of the first letters only."""
    study: dict
    """The stages of the study's lock file, empty where there is none."""

    @property
    def kinds(self) -> dict[str, str]:
        """What the test sets are called, by corpus."""
        return {corpus: CORPORA[corpus].kind for corpus in dict.fromkeys(self.corpora.tolist())}

    @property
    def demonstration(self) -> bool:
        """Whether no handwriting was learned from, but letters that a program drew."""
        return strokes.CORPUS.name in self.description["training"]["corpora"]


def read(params: Params) -> Inputs:
    """Read the inputs; raises PipelineError that names what is missing, and the stage to run."""
    for path, stage in _written():
        if not path.exists():
            raise PipelineError(f"{path}: not found; run the stage `{stage}` first")
    tests = split.read(params.split.method, "test")
    inputs = Inputs(
        params,
        pack.read(PACK).description,
        split.read(params.split.method, "train"),
        split.Letters(*map(numpy.concatenate, zip(*tests.values(), strict=True))),
        numpy.repeat(list(tests), [len(letters.labels) for letters in tests.values()]),
        {},
        _study(),
    )
    for precision in PRECISIONS:
        inputs.shares[precision] = evaluate.read_with_all(
            EXPORT / precision, inputs.test.images, ALONE
        )
    _check_readings(inputs)
    return inputs


def _written() -> Iterator[tuple[Path, str]]:
    """Go through the files that are read, each with the stage that writes it."""
    yield METRICS / "clean.json", "clean"
    yield METRICS / "describe.json", "describe"
    for method in METHODS:
        yield METRICS / method / "train.json", "train"
        yield PLOTS / method / "training.csv", "train"
        yield METRICS / method / "quantize.json", "quantize"
    for precision in PRECISIONS:
        yield EXPORT / precision / "letters.safetensors", "export"
        yield EXPORT / precision / "letters.onnx", "export"
    yield METRICS / "evaluate.json", "evaluate"
    yield PLOTS / "confusion.csv", "evaluate"
    yield PLOTS / "letters.csv", "evaluate"
    yield DIST, "package"


def _check_readings(inputs: Inputs) -> None:
    """Raise PipelineError where the confusion matrix is another model's."""
    told = [(row["corpus"], row["predicted"]) for row in read_csv(PLOTS / "confusion.csv")]
    classes = inputs.shares["fp16"]["edge"].argmax(axis=1)
    letters = inputs.description["letters"]
    found = [(corpus, letters[k]) for corpus, k in zip(inputs.corpora, classes, strict=True)]
    if told != found:
        raise PipelineError(
            f"{PLOTS / 'confusion.csv'}: not what {PACK} reads in the test letters;"
            " run the stage `evaluate` again"
        )


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file, each by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Study(NamedTuple):
    """Which pack a study has measured: its MD5, as DVC has it, and whether it is this one."""

    md5: str
    current: bool


def _study() -> dict:
    if not STUDY_LOCK.exists():
        return {}
    return yaml.safe_load(STUDY_LOCK.read_text(encoding="utf-8"))["stages"]


def studied(stages: dict, stage: str, *results: Path) -> Study | None:
    """Look up in the study's lock file which pack the results of one of its stages tell of.

    None where there are none, or not those that it has written.
    """
    if stage not in stages or not all(path.exists() for path in results):
        return None
    digests = {
        entry["path"]: entry["md5"] for part in ("deps", "outs") for entry in stages[stage][part]
    }
    if any(digests.get(path.as_posix()) != _md5(path) for path in results):
        return None
    measured = digests[PACK.as_posix()]
    return Study(measured, measured == _md5(PACK))


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
