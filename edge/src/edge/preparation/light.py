"""Light that falls off across the paper, evened out."""

from edge.preparation.gray import CONTRAST, median, sides, within


def without_gradient(gray, width, tolerance=CONTRAST):
    """Brighten and darken the picture if light falls off by at least `tolerance` levels.

    The light is a plane through the medians of the four sides. It counts if it describes more
    pixels of the border, within a quarter of CONTRAST, than one level does within `tolerance`.
    """
    around = sides(gray, width)
    border = b"".join(around)
    paper = median(border)
    flat = len(border) - len(border.translate(None, within(paper, tolerance)))
    if flat == len(border):
        return gray
    height = len(gray) // width
    left, right, top, bottom = map(median, around)
    corner = (3 * (left + top) - right - bottom) / 4
    across = [corner + (right - left) * x / width for x in range(width)]
    down = [(bottom - top) * y / height for y in range(height)]
    light = [corner + y for y in down] + [across[-1] + y for y in down]
    light += across + [x + down[-1] for x in across]
    if sum([abs(value - level) < CONTRAST / 4 for value, level in zip(border, light)]) <= flat:
        return gray
    # One table for eight levels of light: what is left of it is fainter than ink.
    tables = {
        step: bytes([min(255, value * paper // max(1, 8 * step + 4)) for value in range(256)])
        for step in range(int(min(light)) // 8, int(max(light)) // 8 + 1)
    }
    stretch = max(1, round(8 * width / max(1, abs(right - left))))
    parts = [
        (x, min(x + stretch, width), across[min(x + stretch // 2, width - 1)])
        for x in range(0, width, stretch)
    ]
    return b"".join(
        [
            gray[start + first : start + last].translate(tables[int(x + y) // 8])
            for start, y in zip(range(0, len(gray), width), down)
            for first, last, x in parts
        ]
    )
