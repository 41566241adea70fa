"""Drawing for people: letters with what the model says of them."""

from pathlib import Path

import numpy
from matplotlib.figure import Figure

from edge.alphabet import LETTERS

COLUMNS = 11
RIGHT, WRONG = "#1a7f37", "#cf222e"


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
    figure = Figure(figsize=(COLUMNS, 6), dpi=100, layout="constrained")
    axes = figure.subplots(4, COLUMNS).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, index in zip(axes, [*first, *misread], strict=False):
        axis.imshow(images[index], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        letter, right = LETTERS[classes[index]], classes[index] == labels[index]
        title = f"{letter} {confidence[index]:.0%}"
        if not right:
            title += f"\nis {LETTERS[labels[index]]}"
        axis.set_title(title, fontsize=11, color=RIGHT if right else WRONG)
    # Without these the file would tell the library's version, and differ from machine to machine.
    figure.savefig(path, format="png", metadata={"Software": None})
