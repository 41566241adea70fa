"""Contact sheets of letters with what the model reads in them, as PNG files."""

from collections.abc import Sequence
from pathlib import Path

import numpy
from matplotlib.figure import Figure
from PIL import Image

COLUMNS = 11
# Confused pairs of a kind of letters, and letters of a pair.
PAIRS, EXAMPLES = 8, 4
RIGHT, WRONG = "#1a7f37", "#cf222e"
COLOURS = {"scans": "#0969da", "touch": "#bc4c00", "forms": "#8250df", "strokes": "#57606a"}


def draw_sheet(
    path: Path,
    images: numpy.ndarray,
    labels: numpy.ndarray,
    shares: numpy.ndarray,
    names: Sequence[str],
) -> None:
    """Draw letters in rows, each with what it is read as, and what it is if that differs, as a PNG.

    `images` is uint8 (n, 28, 28), `labels` (n,), `shares` the probabilities (n, classes); `names`
    is what each class is called.
    """
    figure, axes = _blank(len(images), COLUMNS, (1, 1.5))
    for axis, image, label, row in zip(axes, images, labels, shares, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        read = row.argmax()
        title = f"{names[read]} {row[read]:.0%}"
        if read != label:
            title += f"\nis {names[label]}"
        axis.set_title(title, fontsize=11, color=RIGHT if read == label else WRONG)
    save(figure, path)


def draw_photographs(path: Path, photographs: dict[str, numpy.ndarray]) -> None:
    """Draw pictures, uint8 (height, width, 3), in rows of eight with their names, as a PNG."""
    figure, axes = _blank(len(photographs), 8, (1.5, 1.4))
    for axis, (name, picture) in zip(axes, photographs.items(), strict=False):
        axis.imshow(picture)
        axis.set_title(name, fontsize=7)
    save(figure, path)
    # With a palette it takes a third of the bytes: the sensor's noise is in all of its colours.
    Image.open(path).convert("RGB").quantize(128).save(path, "PNG", optimize=True)


def _blank(count: int, columns: int, size: tuple[float, float]) -> tuple[Figure, numpy.ndarray]:
    """Return a figure for `count` pictures in rows, each of `size` in inches, and their axes."""
    rows = -(-count // columns)
    figure = Figure((size[0] * columns, size[1] * rows), dpi=100, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    return figure, axes


def draw_confused(
    path: Path, examples: dict[str, list[list[tuple[numpy.ndarray, str, str]]]]
) -> None:
    """Draw misread letters as a PNG: a part for each kind, in columns of what belongs together.

    `examples` has by kind and column the pictures, uint8 (28, 28), each with what it is and what it
    was read as.
    """
    columns = max(1, *map(len, examples.values()))
    figure = Figure(figsize=(columns + 1, 5.4 * len(examples)), dpi=100, layout="constrained")
    parts = figure.subfigures(len(examples), squeeze=False, hspace=0.04).ravel()
    for part, (kind, pairs) in zip(parts, examples.items(), strict=True):
        part.suptitle(kind, fontsize=12)
        axes = part.subplots(EXAMPLES, columns, squeeze=False)
        for axis in axes.ravel():
            axis.axis("off")
        for column, letters in zip(axes.T, pairs, strict=False):
            for axis, (image, actual, read) in zip(column, letters, strict=False):
                axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
                axis.set_title(f"{actual} → {read}", fontsize=11, color=WRONG)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG, the same bytes each time."""
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
