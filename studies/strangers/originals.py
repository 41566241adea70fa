"""The test letters as they were published, and the exported pack that reads them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy
from PIL import Image

import edge
from edge import pack
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import named
from pipeline.data.letters import read_split
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.files import EXPORT, LETTERS
from pipeline.params import Count, Params, Section

PACK = EXPORT / "fp16" / "letters.safetensors"

# The letter that shows people what is done to all.
EXAMPLE = RUSSIAN.index("Ж")


class Sample(Section):
    """How many test letters of each corpus and class are taken."""

    letters_per_class: Count


class Original(NamedTuple):
    """A test letter: its file, its class, its corpus' kind, and which of all and of these it is."""

    path: Path
    label: int
    kind: str
    seed: int
    number: int
    number_in_class: int

    def rng(self, *further: int) -> numpy.random.Generator:
        """Return a new generator for what is done to this letter; `further` numbers divide it."""
        return stream(self.seed, "changes of a letter", self.number, *further)

    def read(self) -> numpy.ndarray:
        """Read the picture as uint8 (height, width): transparent ink is drawn on white paper."""
        image = Image.open(self.path).convert("RGBA")
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image)
        return numpy.asarray(page.convert("L"))


def originals(params: Params) -> Iterator[Original]:
    """Yield the test letters of the chosen split; raises PipelineError if they are missing."""
    number = 0
    for corpus, letters in read_split(params.split.method, "test").items():
        folder = LETTERS / corpus
        if not folder.is_dir():
            raise PipelineError(f"{folder}: not found; `dvc repro -f clean` writes it")
        taken = Counter()
        for name, label in zip(letters.names, letters.labels.tolist(), strict=True):
            path, kind = folder / name.decode(), named(corpus).kind
            yield Original(path, label, kind, params.seed, number, taken[label])
            taken[label] += 1
            number += 1


def read_pack(path: Path | None = None) -> tuple[edge.Classifier, str]:
    """Return the classifier of a pack, the exported fp16 one by default, and its tensors' SHA-256.

    Raises PipelineError if there is none.
    """
    path = path or PACK
    if not path.is_file():
        raise PipelineError(f"{path}: not found; run the stage `package` first")
    return edge.load(path, "numpy"), pack.read(path).description["sha256"]
