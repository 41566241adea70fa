"""The pages that people read: README.md, those in docs/, and edge/README.md."""

import re

from tests.support.workplace import ROOT

# The code of each stands in need of another runtime: `tools/runtimes.py` runs it.
RUNTIMES = "docs/runtimes.md"

# Those whose commands and code a test runs.
RUN = [
    "README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    "edge/README.md",
]
RUN.remove(RUNTIMES)


def blocks(name, language):
    """Return the fenced blocks of one language in a page, a path below the checkout."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def scripts(name):
    """Return the shell scripts of a page: its `sh` blocks, and what is typed in its `console`s."""
    typed = (re.findall(r"^\$ (.*\n)", block, flags=re.M) for block in blocks(name, "console"))
    return [*blocks(name, "sh"), *map("".join, typed)]
