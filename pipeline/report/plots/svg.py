"""Curves as SVG to stand within a page, in the colours of its style sheet, light or dark."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure

# The page's variables, which matplotlib has no words for, and what stands for them meanwhile.
TEXT, ACCENT = "#010203", "#010204"
COLOURS = {
    kind: f"#01020{number}"
    for number, kind in enumerate(("scans", "touch", "forms", "strokes"), start=5)
}
VARIABLES = {TEXT: "currentColor", ACCENT: "var(--accent)"} | {
    stand_in: f"var(--{kind})" for kind, stand_in in COLOURS.items()
}
STYLE = {
    # Letters stay letters, and two runs give the same names to the same parts.
    "svg.fonttype": "none",
    "svg.hashsalt": "bukva",
    "font.family": "sans-serif",
    "font.size": 10,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.15,
    "legend.frameon": False,
} | dict.fromkeys(
    ["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"],
    TEXT,
)


class Line(NamedTuple):
    """A line of a chart."""

    label: str
    x: list[float]
    y: list[float]
    colour: str
    style: str = "-"


def draw(
    name: str,
    lines: list[Line],
    description: str,
    *,
    x_label: str,
    y_label: str,
    shares: bool = False,
    ticks: tuple | None = None,
    tick: Callable[[float], str] | None = None,
    mark: float | None = None,
    logarithmic: bool = False,
) -> str:
    """Draw lines as an SVG element that a screen reader reads as `description`.

    `name` makes the names in the SVG unique on the page. With `shares`, y is from 0 to 1 and
    labelled in per cent; `tick` labels the `ticks` of x; a thin line marks the x of `mark`.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(4.8, 2.9), layout="constrained")
        axis = figure.subplots()
        for line in lines:
            dots = "." if len(line.x) < 20 else None
            axis.plot(line.x, line.y, line.style, color=line.colour, label=line.label, marker=dots)
        if mark is not None:
            axis.axvline(mark, color=TEXT, linewidth=0.8, linestyle=":")
        if logarithmic:
            axis.set_xscale("log", base=2)
        if ticks is not None:
            axis.set_xticks(ticks)
            axis.minorticks_off()
            axis.xaxis.set_major_formatter(lambda value, _: tick(value))
        if shares:
            axis.set_ylim(min(0.9, *(min(line.y) for line in lines)) - 0.02, 1.005)
            axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set(xlabel=x_label, ylabel=y_label)
        axis.legend()
        file = io.StringIO()
        # Without these the file would tell the time and the library's version.
        nothing = {"Date": None, "Creator": None}
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    # Several on one page: matplotlib names the parts alike in all of them.
    text = re.sub(r'((?<=\bid=")|(?<=href="#)|(?<=url\(#))', f"{name}-", text)
    for stand_in, variable in VARIABLES.items():
        text = text.replace(stand_in, variable)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
