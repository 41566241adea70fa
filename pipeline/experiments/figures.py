"""Curves of a study's experiments, for people."""

from pathlib import Path

import numpy
from matplotlib import colormaps
from matplotlib.figure import Figure


def draw_epochs(path: Path, runs: dict[str, list[dict]]) -> None:
    """Draw a line a row: accuracy on the training and on the test set by epoch, as a PNG.

    `runs` has the results of `experiment.run` by row, one a seed; a line is their mean.
    """
    figure = Figure(figsize=(11, 4.8), dpi=100, layout="constrained")
    columns = {"training_accuracy": "training, running", "accuracy/test": "test"}
    panels = figure.subplots(1, 2, sharey=True)
    colours = colormaps["viridis"](numpy.linspace(0, 0.92, len(runs)))
    for axis, (column, title) in zip(panels, columns.items(), strict=True):
        for colour, (row, seeds) in zip(colours, runs.items(), strict=True):
            shares = numpy.mean([run["history"][column] for run in seeds], axis=0)
            axis.plot(range(1, len(shares) + 1), shares, color=colour, label=row)
        axis.set(xlabel="epoch", title=title)
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.grid(alpha=0.3)
    panels[0].set_ylabel("accuracy")
    # The start of what learns slowly would press all that matters together.
    low = min(min(run["history"]["accuracy/test"]) for seeds in runs.values() for run in seeds)
    high = max(run["history"]["accuracy/test"][-1] for seeds in runs.values() for run in seeds)
    panels[0].set_ylim(max(low, high - 0.35), 1.005)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    _save(figure, path)


def draw_by(path: Path, field: str, values: list[float], runs: dict[str, list[dict]]) -> None:
    """Draw the accuracy on the test set by a field of the rows, on a logarithmic axis, as a PNG.

    `values` are those of the rows of `runs`, in their order; every seed is a point, their mean a
    line.
    """
    figure = Figure(figsize=(7, 4.2), dpi=100, layout="constrained")
    axis = figure.subplots()
    shares = [[run["history"]["accuracy/test"][-1] for run in seeds] for seeds in runs.values()]
    for value, row in zip(values, shares, strict=True):
        axis.plot([value] * len(row), row, ".", color="#57606a")
    axis.plot(values, [numpy.mean(row) for row in shares], color="#0969da")
    axis.set_xscale("log")
    axis.set_xticks(values, [f"{value:,}" for value in values])
    axis.minorticks_off()
    axis.set(xlabel=field.replace("_", " "), ylabel="accuracy on the test set, last epoch")
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.grid(alpha=0.3)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
