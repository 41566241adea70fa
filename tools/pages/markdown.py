"""Numbers, lists and tables as Markdown."""

from collections.abc import Iterable, Sequence
from statistics import mean, stdev


def table(head: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Return a table, one line for each row."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)


def percent(shares: Sequence[float]) -> str:
    """Return the mean of shares in per cent, with the standard deviation if there are several."""
    values = [100 * share for share in shares]
    spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
    return f"{mean(values):.2f}%{spread}"


def listed(values: Iterable, last: str = "and") -> str:
    """Return values as a sentence has them: "4, 8 and 12"."""
    *first, final = map(str, values)
    return f"{', '.join(first)} {last} {final}" if first else final
