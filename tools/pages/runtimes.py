"""What `tools/runtimes.py` has found: which runtimes read the ONNX models as `edge` does."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.files import read_json
from tools.pages.markdown import table

RESULTS = Path("docs/runtimes.json")


def runtimes() -> str:
    """Return what every runtime has read."""
    return comparison(read_json(RESULTS))


def comparison(rows: Sequence[dict]) -> str:
    """Return rows of `tools/runtimes.py` as a table."""
    head = ["runtime", "packages", "file", "at once", "singly", "largest difference"]
    lines = []
    for row in rows:
        cells = [row["runtime"], row["packages"], f"`{row['file']}`"]
        if "error" in row:
            cells += [row["error"], "", ""]
        else:
            cells += [
                f"{row[way]['same']} of {row[way]['letters']}" for way in ("at_once", "singly")
            ]
            cells += [f"{row['difference']:.0e}"]
        lines.append(cells)
    return table(head, lines)


PARTS = {"runtimes": runtimes}
