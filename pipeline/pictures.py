"""Drawing for people: letters with what the model says of them, and how well it does."""

from pathlib import Path

import numpy
from matplotlib.figure import Figure

from edge.alphabet import LETTERS
from pipeline.corpora import CORPORA

COLUMNS = 11
# Letters of a confused pair.
EXAMPLES = 4
RIGHT, WRONG = "#1a7f37", "#cf222e"
COLOURS = {"scans": "#0969da", "touch": "#bc4c00", "strokes": "#57606a"}


def draw_readings(
    path: Path, images: numpy.ndarray, labels: numpy.ndarray, shares: numpy.ndarray
) -> None:
    """Draw one test letter of each class, then those misread with most confidence, as a PNG.

    `images` is uint8 (n, 28, 28), `labels` (n,), `shares` the probabilities (n, 33).
    """
    classes, confidence = shares.argmax(axis=1), shares.max(axis=1)
    first = [numpy.flatnonzero(labels == number)[0] for number in range(len(LETTERS))]
    misread = numpy.flatnonzero(classes != labels)
    misread = misread[numpy.argsort(-confidence[misread], kind="stable")][:COLUMNS]
    chosen = [*first, *misread]
    draw_sheet(path, images[chosen], labels[chosen], shares[chosen])


def draw_sheet(
    path: Path,
    images: numpy.ndarray,
    labels: numpy.ndarray,
    shares: numpy.ndarray,
    names: str = LETTERS,
) -> None:
    """Draw letters in rows, each with what it is read as, and what it is if that differs.

    `names` has a character for each class.
    """
    rows = -(-len(images) // COLUMNS)
    figure = Figure(figsize=(COLUMNS, 1.5 * rows), dpi=100, layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, image, label, row in zip(axes, images, labels, shares, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        read = row.argmax()
        title = f"{names[read]} {row[read]:.0%}"
        if read != label:
            title += f"\nis {names[label]}"
        axis.set_title(title, fontsize=11, color=RIGHT if read == label else WRONG)
    _save(figure, path)


def draw_photographs(path: Path, photographs: dict[str, numpy.ndarray]) -> None:
    """Draw pictures, uint8 (height, width, 3), in rows of six with their names, as a PNG."""
    columns = 6
    rows = -(-len(photographs) // columns)
    figure = Figure(figsize=(2.2 * columns, 2 * rows), dpi=100, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, (name, picture) in zip(axes, photographs.items(), strict=False):
        axis.imshow(picture)
        axis.set_title(name, fontsize=8)
    _save(figure, path)


def draw_confused(
    path: Path,
    images: numpy.ndarray,
    labels: numpy.ndarray,
    shares: numpy.ndarray,
    corpora: numpy.ndarray,
    pairs: dict[str, list[tuple[int, int]]],
) -> None:
    """Draw, for pairs of classes in every corpus, the letters misread most confidently, as a PNG.

    `images` is uint8 (n, 28, 28), `labels` (n,), `shares` the probabilities (n, 33), `corpora` the
    names (n,), `pairs` by corpus the classes that are taken for one another.
    """
    classes, confidence = shares.argmax(axis=1), shares.max(axis=1)
    columns = max(1, *map(len, pairs.values()))
    figure = Figure(figsize=(columns + 1, 5.4 * len(pairs)), dpi=100, layout="constrained")
    parts = figure.subfigures(len(pairs), squeeze=False, hspace=0.04).ravel()
    for part, (corpus, chosen) in zip(parts, pairs.items(), strict=True):
        part.suptitle(CORPORA[corpus].kind, fontsize=12)
        axes = part.subplots(EXAMPLES, columns, squeeze=False)
        for axis in axes.ravel():
            axis.axis("off")
        for column, pair in zip(axes.T, chosen, strict=False):
            misread = numpy.isin(labels, pair) & numpy.isin(classes, pair) & (labels != classes)
            misread = numpy.flatnonzero(misread & (corpora == corpus))
            misread = misread[numpy.argsort(-confidence[misread], kind="stable")]
            for axis, index in zip(column, misread, strict=False):
                axis.imshow(images[index], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
                title = f"{LETTERS[labels[index]]} → {LETTERS[classes[index]]}"
                axis.set_title(title, fontsize=11, color=WRONG)
    _save(figure, path)


def draw_curves(
    path: Path,
    points: dict[tuple[str, str, float], tuple[int, float]],
    examples: dict[str, list[numpy.ndarray]],
    curves: dict,
    asked: tuple[float, float],
) -> None:
    """Draw a panel a curve, with the accuracy of every kind below a letter at some steps, as a PNG.

    `points` is by kind, curve and step the number of letters and the accuracy; `examples` is by
    curve a picture of every step shown, `curves` the `distortions.CURVES`; the pens from `asked[0]`
    to `asked[1]` are shaded.
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
        for kind in dict.fromkeys(kind for kind, *_ in points):
            line = {
                value: share for (*key, value), (_, share) in points.items() if key == [kind, name]
            }
            if line:
                axis.plot(line.keys(), line.values(), marker=".", label=kind, color=COLOURS[kind])
        if name == "pen":
            axis.axvspan(*asked, color="gray", alpha=0.2)
        if name == "resolution":
            axis.set_xscale("log", base=2)
        axis.set(ylim=(0, 1.02), xlabel=curve.title)
        axis.set_xticks(curve.shown)
        axis.minorticks_off()
        axis.xaxis.set_major_formatter(lambda value, _, label=curve.label: label.format(value))
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
