"""Real photographs of letters on four kinds of paper: how many are read, paper by paper."""

import hashlib
import io
import sys
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy
from PIL import Image

import edge
from edge.picture import SIZE
from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.archives import in_reach
from pipeline.errors import PipelineError
from pipeline.files import RAW, replacing, write_json
from pipeline.params import Params
from pipeline.report.plots import sheets
from studies.strangers import RESULTS
from studies.strangers.originals import read_pack
from studies.strangers.outcome import outcome, shares

# For tests alone: no stage of the pipeline knows this archive, and nothing is trained on it.
ARCHIVE = "photographs.zip"
SHA256 = "92efbf4476a08f4e0bbe0e228647925fc210724ed1a87426c2d354059260ac81"

PAPERS = ("plain", "graph", "squared", "striped")

# Pixels of a photograph, and of the ink beside it, as they are shown.
SIZES = (96, 96)

# Photographs that a process reads at a time, and those of each paper that are shown.
CHUNK, SHOWN = 75, 6


class Photograph(NamedTuple):
    """A photograph: its paper, its class and its file."""

    paper: str
    label: int
    file: bytes


def run(params: Params, pack: Path | None = None) -> None:
    """Read the photographs with a pack, by default the exported one.

    Writes `results/photographs.json` and `.png`, or leaves them and says so in one line where the
    archive is not at hand. Raises PipelineError if the pack is missing or the archive is another.
    """
    classifier, sha256 = read_pack(pack)
    path = RAW / ARCHIVE if (RAW / ARCHIVE).exists() else in_reach(ARCHIVE)
    if path is None:
        print(f"{ARCHIVE}: not on this machine; no photograph is read", file=sys.stderr)
        return
    taken = photographs(path)
    parts = [taken[start : start + CHUNK] for start in range(0, len(taken), CHUNK)]
    read = parallel.map_all(partial(read_all, pack=pack), parts, "photographs")
    outcomes = [each for part in read for each in part]
    report = {"pack": sha256, "papers": by_paper(taken, outcomes)}
    write_json(RESULTS / "photographs.json", report)
    with replacing(RESULTS / "photographs.png") as sheet:
        sheets.draw_photographs(sheet, examples(classifier, taken))


def photographs(path: Path) -> list[Photograph]:
    """Return the photographs of the archive, in the order of their names.

    Raises PipelineError if it is another archive.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise PipelineError(f"{path}: its SHA-256 is {digest[:12]}…, expected {SHA256[:12]}…")
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        return [
            Photograph(paper, RUSSIAN.index(letter), archive.read(name))
            for name in names
            for _, paper, letter, _ in [name.split("/")]
        ]


def read_all(taken: Sequence[Photograph], pack: Path | None) -> list[str]:
    """Read photographs and return what happened to each."""
    classifier = read_pack(pack)[0]
    return [outcome(classifier, each.file, each.label) for each in taken]


def by_paper(taken: Sequence[Photograph], outcomes: Sequence[str]) -> dict:
    """Return how many photographs there are of each paper, and the shares of their outcomes."""
    report = {}
    for paper in (*PAPERS, "together"):
        pairs = zip(taken, outcomes, strict=True)
        ended = [end for each, end in pairs if paper in (each.paper, "together")]
        report[paper] = {"photographs": len(ended)} | shares(ended)
    return report


def examples(classifier: edge.Classifier, taken: Sequence[Photograph]) -> dict[str, numpy.ndarray]:
    """Return some photographs of each paper by what is read in them, each beside its ink.

    They are uint8 (height, width, 3): the photograph, and the letter that was found in it.
    """
    shown = {}
    for paper in PAPERS:
        of_paper = [each for each in taken if each.paper == paper]
        for each in of_paper[:: -(-len(of_paper) // SHOWN)]:
            answer, ink = found(classifier, each.file)
            photograph = Image.open(io.BytesIO(each.file)).convert("RGB").resize(ink.size)
            name = f"{paper}: {RUSSIAN[each.label]} → {answer}"
            shown[name] = numpy.hstack([photograph, ink.convert("RGB")])
    return shown


def found(classifier: edge.Classifier, file: bytes) -> tuple[str, Image.Image]:
    """Return what is read in a picture, its probability, and the ink that is found in it."""
    try:
        letters = classifier.letters_in(file)
    except ValueError:
        return "refused", Image.new("L", SIZES, "white")
    (prediction,) = classifier.classify_prepared(letters)
    ink = Image.frombytes("L", (SIZE, SIZE), letters[0].views[0]).resize(SIZES)
    if prediction.letters > 1:
        return "refused", ink
    return f"{prediction.letter} {prediction.probability:.0%}", ink
