"""Write what came of all stages into one page: `reports/index.html`, which needs no other file."""

from pathlib import Path

import jinja2

from pipeline.files import REPORTS, replacing
from pipeline.params import Params
from pipeline.report import inputs, letters, measured

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
    letters.cleaning: "What was dropped",
    measured.provenance: "Provenance",
}


def run(params: Params) -> None:
    """Write the report; the same inputs give the same bytes.

    Raises PipelineError where an earlier stage has not run, or the confusion matrix is not of the
    exported pack.
    """
    read = inputs.read(params)
    sections = [
        {"name": section.__name__, "title": title, **section(read)}
        for section, title in SECTIONS.items()
    ]
    path = REPORTS / "index.html"
    with replacing(path) as temporary:
        text = environment().get_template("page.html").render(inputs=read, sections=sections)
        temporary.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path}: {path.stat().st_size:,} bytes; open it in a browser")


def environment() -> jinja2.Environment:
    """Set up the templates: all text is escaped, and a name that is not given is an error."""
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
