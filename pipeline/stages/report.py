"""Draw the letters and write what came of all stages into one page that needs no other file."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
import numpy

from pipeline.data.letters import joined, read_split
from pipeline.files import PLOTS, REPORTS, replacing
from pipeline.params import Params
from pipeline.report import inputs, letters, measured, papers
from pipeline.report.inputs import Inputs
from pipeline.report.plots import sheets
from pipeline.results import predictions
from pipeline.results.predictions import DEPLOYED, most_confused, surest_mistakes

TEMPLATES = Path(inputs.__file__).parent / "templates"

# In the order of the page. Each has a function and a template of its name.
SECTIONS = {
    measured.results: "Results",
    measured.training: "Training",
    letters.confusion: "What is read as what",
    letters.misread: "Letters misread",
    measured.runtimes: "Runtimes and precisions",
    measured.robustness: "How much a letter may change",
    letters.corpora: "The corpora",
    letters.augmentation: "Augmentation",
    papers.papers: "Letters on papers",
    letters.cleaning: "What was dropped",
    measured.provenance: "Provenance",
}


def run(params: Params) -> None:
    """Write `reports/index.html`, and in `plots/` `letters.png`, `confused.png` and `worst.png`.

    The same inputs give the same bytes. Raises PipelineError if an earlier stage has not run.
    """
    read = inputs.read(params)
    sections = [
        {"name": section.__name__, "title": title, **section(read)}
        for section, title in SECTIONS.items()
    ]
    _draw_letters(read)
    _draw_confused(read)
    _draw_worst(read.letters)
    path = REPORTS / "index.html"
    with replacing(path) as temporary:
        text = environment().get_template("page.html").render(inputs=read, sections=sections)
        temporary.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path}: {path.stat().st_size:,} bytes; open it in a browser")


def _draw_letters(read: Inputs) -> None:
    """Draw one test letter of each class, then the surest mistakes."""
    labels, shares = read.test.labels, read.predictions.probabilities[DEPLOYED]
    _, first = numpy.unique(labels, return_index=True)
    shown = [*first, *surest_mistakes(read.predictions, sheets.COLUMNS)]
    with replacing(PLOTS / "letters.png") as path:
        sheets.draw_sheet(path, read.test.images[shown], labels[shown], shares[shown], read.letters)


def _draw_confused(read: Inputs) -> None:
    """Draw the surest mistakes of the letters most often taken for one another, by corpus."""
    examples = {}
    for corpus, kind in read.kinds.items():
        part = read.predictions.of(corpus)
        images, classes = read.test.images[read.predictions.corpora == corpus], part.classes()
        mistakes = surest_mistakes(part)
        examples[kind] = [
            [
                (images[row], read.letters[part.labels[row]], read.letters[classes[row]])
                for row in mistakes
                if {part.labels[row], classes[row]} == set(pair)
            ]
            for pair in most_confused(part.confusion(), sheets.PAIRS)
        ]
    with replacing(PLOTS / "confused.png") as path:
        sheets.draw_confused(path, examples)


def _draw_worst(letters: Sequence[str]) -> None:
    """Draw mistakes in the letters, by case, that the tail split's network reads worst."""
    found, (test, _) = predictions.read("tail"), joined(read_split("tail", "test"))
    examples = {}
    for corpus, kind in found.kinds.items():
        part, images = found.of(corpus), test.images[found.corpora == corpus]
        classes, cases = part.classes(), part.cases(corpus)
        right = classes == part.labels
        masks = [
            (cases == case) & (part.labels == label)
            for case in numpy.unique(cases)
            for label in numpy.unique(part.labels)
        ]
        masks = sorted(filter(numpy.any, masks), key=lambda mask, right=right: right[mask].mean())
        examples[kind] = [
            [
                (images[row], letters[part.labels[row]], letters[classes[row]])
                for row in numpy.flatnonzero(mask & ~right)
            ]
            for mask in masks[: sheets.PAIRS]
        ]
    with replacing(PLOTS / "worst.png") as path:
        sheets.draw_confused(path, examples)


def environment() -> jinja2.Environment:
    """Return the templates' environment: text is escaped, and an unknown name is an error."""
    chosen = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chosen.filters |= {
        "percent": lambda share, digits=2: f"{share:.{digits}%}",
        "kilobytes": lambda size: f"{size / 1e3:,.0f} kB",
        "thousands": "{:,}".format,
    }
    return chosen
