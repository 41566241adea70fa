"""A page of the form as what any program can draw: squares, frames and lines of text."""

from collections import namedtuple

from edge.form import layout

# Black letters are told from frames that are pale and thin.
FRAME_GRAY, FRAME_WIDTH = 0.75, 0.25

# Heights of capitals, in millimetres.
LABEL_HEIGHT, TEXT_HEIGHT = 5, 2.6

Square = namedtuple("Square", "left top side gray")
Square.__doc__ = "A filled square, in millimetres; gray is 0, black, to 1."

Frame = namedtuple("Frame", "left top side")
Frame.__doc__ = "The outline of a square, FRAME_WIDTH wide and FRAME_GRAY."

Text = namedtuple("Text", "text left baseline height")
Text.__doc__ = "Black text; its height is that of a capital."

_TEXT_LEFT, _TEXT_BASELINES = 22, (11.5, 16.5, 21.5)


def of(page):
    """Return the `Square`s, `Frame`s and `Text`s of a `edge.form.layout.Page`, in their order."""
    squares = []
    for place, (x, y) in enumerate(layout.CORNERS):
        squares.append(_square(x, y, layout.MARK, 0))
        if place == 0:
            squares.append(_square(x, y, layout.HOLE, 1))
    for (x, y), black in zip(layout.CODE, page.code):
        if black:
            squares.append(_square(x, y, layout.SQUARE, 0))
    lines = [
        Text(line, _TEXT_LEFT, baseline, TEXT_HEIGHT)
        for line, baseline in zip(_lines(page), _TEXT_BASELINES)
    ]
    labels = [
        Text(label.text, label.left, label.middle + LABEL_HEIGHT / 2, LABEL_HEIGHT)
        for label in page.labels
    ]
    frames = [Frame(box.left, box.top, layout.BOX) for box in page.boxes]
    return squares + lines + labels + frames


def _square(x, y, side, gray):
    return Square(x - side / 2, y - side / 2, side, gray)


def _lines(page):
    """Say what to do with the page, in Russian."""
    return (
        f"Лист {page.number} из {page.count}, букв: {len(page.labels)}, клеток: {len(page.boxes)}."
        " Лишние клетки оставьте пустыми.",
        "Впишите буквы в клетки своим почерком, тёмной ручкой, не заходя за рамку.",
        "Снимите лист сверху: все четыре чёрных квадрата должны быть видны.",
    )
