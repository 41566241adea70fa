"""Write the generated parts of the pages, between `<!-- NAME -->` and `<!-- /NAME -->`, anew.

python -m tools.pages [--check]
"""

import argparse
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.errors import PipelineError
from tools.pages import (
    accuracy,
    approximation,
    claims,
    data,
    runtimes,
    speed,
    strangers,
    studies,
    summary,
)

PAGES = [
    *map(Path, ("README.md", "README.ru.md", "MODEL_CARD.md", "data/README.md")),
    *sorted(Path("docs").glob("*.md")),
    Path("studies/README.md"),
]

TABLES = (summary, accuracy, strangers, speed, runtimes, data, studies, claims, approximation)
PARTS = {name: part for module in TABLES for name, part in module.PARTS.items()}


def run(check: bool) -> None:
    """Write the generated parts of all pages, or only check that they are up to date.

    Raises PipelineError on pages that are not, and on a mark that has no end or names no part.
    """
    part = cache(lambda name: PARTS[name]())
    old = {page: page.read_text(encoding="utf-8") for page in PAGES}
    new = {page: filled(page, text, part) for page, text in old.items()}
    differing = [page for page in PAGES if new[page] != old[page]]
    if check and differing:
        raise PipelineError(f"{', '.join(map(str, differing))}: out of date; run `make pages`")
    for page in differing:
        page.write_text(new[page], encoding="utf-8", newline="\n")


def filled(page: Path, text: str, part: Callable[[str], str]) -> str:
    """Return a page's text with its parts as `part`, a function of the name, makes them."""
    for name in re.findall(r"^<!-- (\w+) -->$", text, flags=re.M):
        if name not in PARTS or f"<!-- /{name} -->" not in text:
            raise PipelineError(
                f"{page}: <!-- {name} -->: expected one of {', '.join(PARTS)}, and <!-- /{name} -->"
                " after it"
            )
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}<!-- {name} -->\n{part(name)}{end}{after}"
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is old")
    try:
        run(parser.parse_args().check)
    except (PipelineError, OSError) as error:
        sys.exit(f"pages: {error}")
