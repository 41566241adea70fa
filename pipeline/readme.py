"""The pages with generated parts: what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.parts import PARTS, russian

PAGES = [
    Path(name)
    for name in (
        "README.md",
        "README.ru.md",
        "MODEL_CARD.md",
        "data/README.md",
        "studies/README.md",
    )
]


def run(check: bool) -> None:
    """Write the generated parts of all pages anew.

    With `check`, write nothing. Raises PipelineError on pages that differ then, and on a mark that
    has no end or names no part.
    """
    part = cache(lambda name: PARTS[name]())
    old = {page: page.read_text(encoding="utf-8") for page in PAGES}
    new = {page: filled(page, text, part) for page, text in old.items()}
    differing = [page for page in PAGES if new[page] != old[page]]
    if check and differing:
        raise PipelineError(f"{', '.join(map(str, differing))}: out of date; run `make readme`")
    for page in differing:
        page.write_text(new[page], encoding="utf-8", newline="\n")


def filled(page: Path, text: str, part: Callable[[str], str]) -> str:
    """Give a page's text with its parts as `part`, a function of the name, makes them."""
    names = re.findall(r"^<!-- (\w+) -->$", text, flags=re.M)
    for name in names:
        if name not in PARTS or f"<!-- /{name} -->" not in text:
            raise PipelineError(
                f"{page}: <!-- {name} -->: expected one of {', '.join(PARTS)}, and <!-- /{name} -->"
                " after it"
            )
        body = part(name)
        if page.suffixes[0] == ".ru":
            body = russian.translated(body)
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(
            pattern, lambda found, body=body: found[1] + body + found[2], text, flags=re.S
        )
    return text
