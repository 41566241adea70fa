"""Whether a claim holds, by the figures that the studies have measured.

A claim compares two figures, or one with what the document reports. A difference below twice its
standard error tells nothing; nor does a row that falls short while its accuracy still rises. What
is reported holds if it lies within those of the seeds.
"""

import math
from collections.abc import Callable, Mapping
from operator import sub
from statistics import mean, median, variance
from typing import NamedTuple

from studies.table import read
from tools.pages.studies import FLAT, TABLES, results, words

HOLDS, FAILS, UNTOLD, OPEN = "holds", "does not hold here", "cannot be told", "not trained yet"

# Of a figure that is not the reported one.
LESS, MORE = "less here", "more here"

# A figure within this of what a document reports is the same.
SAME = 0.005

# The figure that is no share.
SECONDS = "program_seconds"

# What is taken from what, at the end.
DIFFERENCES = {
    "gap": lambda row: (row["training"], row["test"]["final"]),
    "loss by fp16": lambda row: (row["test"]["best"], row["test"]["fp16"]),
}


class Figure(NamedTuple):
    """One figure of some rows of a table, the best of them by its mean over the seeds.

    `rows` are their names, none stands for all; with `but`, they are those that are left out.
    `kind` is a key of a row's results, or of those on its test set, or one of `DIFFERENCES`.
    """

    table: str
    rows: tuple[str, ...] = ()
    kind: str = "highest"
    best: Callable = max
    but: bool = False


class Claim(NamedTuple):
    """What a document says: `left` is above `right`, or is `right` if that is a number."""

    words: str
    left: Figure
    right: Figure | float
    same: float = SAME


def rows(table_name: str, *names: str, **options) -> Figure:
    """Return the figure of some rows."""
    return Figure(table_name, names, **options)


def others(table_name: str, name: str, **options) -> Figure:
    """Return the figure of all rows but one."""
    return Figure(table_name, (name,), but=True, **options)


class Found(NamedTuple):
    """A figure as measured: the row it is of, one value a seed, and whether it still rises."""

    row: str
    values: list[float]
    rises: bool
    kind: str

    def __str__(self):
        value = mean(self.values)
        shown = f"{value:.1f} s" if self.kind == SECONDS else f"{100 * value:.2f}%"
        return f"{shown} ({words(self.row)})"


class Measured(NamedTuple):
    """What a study has measured, results by table and row, and the rows that it asks for."""

    tables: dict[str, dict]
    asked: dict[str, list[str]]

    def found(self, figure: Figure) -> Found | None:
        """Return a figure as measured, None unless all rows that it is of have been trained."""
        names = figure.rows
        if figure.but or not names:
            names = [name for name in self.asked[figure.table] if name not in figure.rows]
        of_table = self.tables[figure.table]
        if not all(name in of_table for name in names):
            return None
        of_rows = {name: values(of_table[name], figure.kind) for name in names}
        best = figure.best(of_rows, key=lambda name: mean(of_rows[name]))
        rises = mean(of_table[best]["rise"]) > FLAT
        return Found(best, of_rows[best], rises, figure.kind)

    def variance(self, figure: Figure, found: Found) -> float:
        """Return the variance of a figure between seeds, not a number if no row has several.

        It is the larger one of its row's own and of the median of its table's rows, or of the
        study's: of two seeds, some lie together by chance.
        """
        for tables in ([figure.table], self.tables):
            measured = [
                values(row, figure.kind) for of in tables for row in self.tables[of].values()
            ]
            variances = [variance(each) for each in measured if len(each) > 1]
            if variances:
                own = variance(found.values) if len(found.values) > 1 else 0.0
                return max(own, median(variances))
        return math.nan


def measured(study: str) -> Measured:
    """Read what a study has measured; rows whose runs have not finished are missing."""
    tables = {name: results(study, name) for name in TABLES[study]}
    return Measured(tables, {name: list(read(study, name)[1]) for name in tables})


def judged(claim: Claim, of: Measured) -> list[str]:
    """Return a claim's words, the verdict, the figures that decide it, and how far they spread."""
    figures = [figure for figure in claim[1:3] if isinstance(figure, Figure)]
    sides = [of.found(figure) for figure in figures]
    if None in sides:
        return [claim.words, OPEN, "", ""]
    error = 2 * math.sqrt(
        sum(
            of.variance(figure, side) / len(side.values)
            for figure, side in zip(figures, sides, strict=True)
        )
    )
    left, *right = sides
    difference = mean(left.values) - (mean(right[0].values) if right else claim.right)
    shown = ", ".join(map(str, sides))
    if right:
        # Nothing is above a spread that is not a number.
        told = abs(difference) > error
        verdict = (HOLDS if difference > 0 else FAILS) if told else UNTOLD
    else:
        near = min(left.values) - claim.same <= claim.right <= max(left.values) + claim.same
        verdict = HOLDS if near else LESS if difference < 0 else MORE
    if verdict in (FAILS, LESS) and left.rises:
        verdict, shown = UNTOLD, f"{shown}; {words(left.row)} still rises"
    spread = f"{error:.1f} s" if left.kind == SECONDS else f"{100 * error:.2f} points"
    if math.isnan(error):
        spread = "one seed"
    return [claim.words, f"**{verdict}**", shown, spread]


def values(row: Mapping, kind: str) -> list[float]:
    """Return one value a seed of a row's figure."""
    if kind in DIFFERENCES:
        return list(map(sub, *DIFFERENCES[kind](row)))
    return row[kind] if kind in row else row["test"][kind]
