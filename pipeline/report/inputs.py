"""What the report is made of: the files that earlier stages have written."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from edge import pack
from pipeline.data.corpora import strokes
from pipeline.data.letters import METHODS, Letters, joined, read_split
from pipeline.errors import PipelineError
from pipeline.export import PRECISIONS
from pipeline.files import DIST, DROPPED, EXPORT, METRICS, PLOTS, PREDICTIONS, SPLIT
from pipeline.params import Params
from pipeline.results import predictions
from pipeline.results.predictions import Predictions

PACK = EXPORT / "fp16" / "letters.safetensors"


class Inputs(NamedTuple):
    """The exported model, and the letters of its split with what each runtime reads in them."""

    params: Params
    description: dict
    """The exported pack's JSON document."""
    training: dict[str, Letters]
    """By corpus."""
    test: Letters
    """Of all corpora, one after the other."""
    predictions: Predictions
    """Of the test letters, in the same order."""

    @property
    def letters(self) -> Sequence[str]:
        """The alphabet, in the order of the classes."""
        return self.description["letters"]

    @property
    def kinds(self) -> dict[str, str]:
        """What the test sets are called, by corpus."""
        return self.predictions.kinds

    @property
    def demonstration(self) -> bool:
        """Whether the letters were drawn by a program, and are not handwriting."""
        return strokes.CORPUS.name in self.description["training"]["corpora"]


def read(params: Params) -> Inputs:
    """Read the inputs; raises PipelineError that names what is missing, and the stage to run."""
    method = params.split.method
    for path, stage in files():
        if not path.exists():
            raise PipelineError(f"{path}: not found; run the stage `{stage}` first")
    training, (test, _) = read_split(method, "train"), joined(read_split(method, "test"))
    described = pack.read(PACK).description
    return Inputs(params, described, training, test, predictions.read(method))


def files() -> Iterator[tuple[Path, str]]:
    """Yield the files that are read, each with the stage that writes it."""
    yield METRICS / "clean.json", "clean"
    yield DROPPED, "clean"
    for method in METHODS:
        yield SPLIT / method, "split"
        yield PREDICTIONS / f"{method}.npz", "evaluate"
        yield METRICS / method / "train.json", "train"
        yield PLOTS / method / "training.csv", "train"
        yield METRICS / method / "evaluate.json", "evaluate"
        yield METRICS / method / "details.json", "evaluate"
        yield PLOTS / method / "letters.csv", "evaluate"
    for precision in PRECISIONS:
        yield EXPORT / precision / "letters.safetensors", "package"
        yield EXPORT / precision / "letters.onnx", "package"
    yield EXPORT / "fp32" / "letters.float.onnx", "package"
    yield DIST, "package"
