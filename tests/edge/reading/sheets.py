"""Words and rows of boxes written with the pen of the forms, as ink: one byte a pixel."""

from edge.decode.png import joined
from edge.form import writing
from tests.edge import png_writer
from tests.edge.preparation.written import Sheet


def curve(sheet, points, pen):
    """Draw a first point and cubic Bézier segments with a round pen."""
    (ax, ay), *segments = points
    for (bx, by), (cx, cy), (dx, dy) in segments:
        steps = 2 + int((abs(dx - ax) + abs(dy - ay)) / 2)
        for step in range(steps + 1):
            t = step / steps
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            x, y = (
                sum(weight * value for weight, value in zip(weights, values))
                for values in ((ax, bx, cx, dx), (ay, by, cy, dy))
            )
            sheet.dot(x, y, pen)
        ax, ay = dx, dy


def write(sheet, text, left, baseline, height, gap=0.22, slope=0.0, pen=None):
    """Write a text, letters `gap` apart and rising by `slope`; returns every letter's box."""
    boxes = []
    for sign in text:
        if sign == " ":
            left += 0.7 * height
            continue
        curves = writing.curves(sign, left, baseline - slope * left, height)
        points = [(x, y) for first, *rest in curves for x, y in [first, *(s[-1] for s in rest)]]
        for each in curves:
            curve(sheet, each, pen or max(2, height / 12))
        right = max(x for x, _ in points)
        boxes.append((left, min(y for _, y in points), right, max(y for _, y in points)))
        left = right + gap * height
    return boxes


def line(text, height=40, **options):
    """Return a sheet with one line of text."""
    sheet = Sheet(int((len(text) + 1) * 1.3 * height), int(2.6 * height))
    write(sheet, text, 0.6 * height, 1.8 * height, height, **options)
    return sheet


def planes(sheet):
    """Return a sheet's picture: black on white."""
    return joined(sheet.width, sheet.height, [paper(sheet)])


def paper(sheet):
    return bytes(255 - value for value in sheet.ink)


def png(sheet):
    return png_writer.gray(sheet.width, sheet.height, paper(sheet))
