"""Curves of the studies, as PNG files."""

from pathlib import Path

import numpy
from matplotlib import colormaps
from matplotlib.figure import Figure

from pipeline.report.plots.sheets import COLOURS, save


def draw_epochs(path: Path, runs: dict[str, list[dict]]) -> None:
    """Draw a line a row: accuracy on the training and on the test set by epoch, as a PNG.

    `runs` has the results of `row.run` by row, one a seed; a line is their mean.
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
    curves = [run["history"]["accuracy/test"] for seeds in runs.values() for run in seeds]
    low = min(map(min, curves), default=0)
    high = max((shares[-1] for shares in curves), default=1)
    panels[0].set_ylim(max(low, high - 0.35), 1.005)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    save(figure, path)


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
    save(figure, path)


def draw_neuron(path: Path, outputs: dict[str, list[float]]) -> None:
    """Draw a neuron's output by epoch, a line for each cost, as a PNG."""
    figure = Figure(figsize=(7, 3.6), dpi=100, layout="constrained")
    axis = figure.subplots()
    for cost, values in outputs.items():
        axis.plot(values, label=cost.replace("_", " "))
    axis.set(xlabel="epoch", ylabel="output", ylim=(0, 1))
    axis.grid(alpha=0.3)
    axis.legend()
    save(figure, path)


def draw_depths(path: Path, results: dict) -> None:
    """Draw the error by depth, a line for each number of arguments, as a PNG.

    `results` is as `depths.run` writes it: a function has a column of panels, an activation a row.
    Every seed is a point, their mean a line.
    """
    activations = list(next(iter(results.values())))
    size = (3.8 * len(results), 3.4 * len(activations))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    grid = figure.subplots(len(activations), len(results), sharex=True, sharey=True, squeeze=False)
    for column, (function, of_function) in zip(grid.T, results.items(), strict=True):
        for axis, (activation, measured) in zip(column, of_function.items(), strict=True):
            colours = colormaps["viridis"](numpy.linspace(0, 0.8, len(measured)))
            for colour, (arguments, by_depth) in zip(colours, measured.items(), strict=True):
                depths = [int(depth) for depth in by_depth]
                errors = numpy.array([cell["errors"] for cell in by_depth.values()])
                axis.plot(depths, errors, ".", color=colour, alpha=0.5)
                axis.plot(depths, errors.mean(axis=1), color=colour, label=f"{arguments} arguments")
            axis.set(title=f"{function}, {activation}", xticks=depths, yscale="log")
            axis.grid(alpha=0.3, which="both")
    figure.supxlabel("hidden layers")
    figure.supylabel("error / standard deviation of the targets")
    grid[0, -1].legend()
    save(figure, path)


def draw_curves(
    path: Path,
    accuracy: dict[tuple[str, str, float], float],
    examples: dict[str, list[numpy.ndarray]],
    curves: dict,
    asked: tuple[float, float],
) -> None:
    """Draw a panel a curve, with the accuracy of every kind below a letter at some steps, as a PNG.

    `accuracy` is by kind, curve and step; `examples` is by curve a picture of every step shown,
    `curves` the `distortions.CURVES`; the pens from `asked[0]` to `asked[1]` are shaded.
    """
    figure = Figure(figsize=(11, 12), dpi=100, layout="constrained")
    panels = figure.subfigures(-(-len(examples) // 2), 2, hspace=0.04, wspace=0.04)
    for panel, (name, letters) in zip(panels.ravel(), examples.items(), strict=False):
        curve = curves[name]
        grid = panel.add_gridspec(2, len(letters), height_ratios=[1, 2])
        for place, (value, letter) in enumerate(zip(curve.shown, letters, strict=True)):
            axis = panel.add_subplot(grid[0, place])
            axis.imshow(letter, cmap="gray", vmin=0, vmax=255)
            axis.set_title(curve.label.format(value), fontsize=10)
            axis.set(xticks=[], yticks=[])
        axis = panel.add_subplot(grid[1, :])
        for kind in dict.fromkeys(kind for kind, *_ in accuracy):
            line = {
                value: share for (*key, value), share in accuracy.items() if key == [kind, name]
            }
            if line:
                axis.plot(line.keys(), line.values(), marker=".", label=kind, color=COLOURS[kind])
        if name == "pen":
            axis.axvspan(*asked, color="gray", alpha=0.2)
        if curve.logarithmic:
            axis.set_xscale("log", base=2)
        axis.set(ylim=(0, 1.02), xlabel=curve.title)
        axis.set_xticks(curve.shown)
        axis.minorticks_off()
        axis.xaxis.set_major_formatter(lambda value, _, label=curve.label: label.format(value))
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    save(figure, path)
