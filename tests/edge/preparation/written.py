"""Block letters written with a round pen, as ink: one byte a pixel, 0 is paper."""

# Width as a share of the height, and strokes: points (x, y) of the unit square, y downwards.
LETTERS = {
    "А": (0.8, [[(0, 1), (0.5, 0), (1, 1)], [(0.2, 0.6), (0.8, 0.6)]]),
    "В": (0.6, [[(0, 0), (0, 1), (1, 0.8), (0, 0.45), (0.8, 0.2), (0, 0)]]),
    "Г": (0.5, [[(0, 1), (0, 0), (1, 0)]]),
    "Д": (0.8, [[(0, 1), (0, 0.8), (1, 0.8), (1, 1)], [(0.15, 0.8), (0.3, 0), (0.85, 0.8)]]),
    "Ж": (1.2, [[(0, 0), (1, 1)], [(1, 0), (0, 1)], [(0.5, 0), (0.5, 1)]]),
    "И": (0.7, [[(0, 0), (0, 1), (1, 0), (1, 1)]]),
    "К": (0.6, [[(0, 0), (0, 1)], [(1, 0), (0.35, 0.5), (1, 1)]]),
    "М": (0.9, [[(0, 1), (0, 0), (0.5, 0.7), (1, 0), (1, 1)]]),
    "Н": (0.7, [[(0, 0), (0, 1)], [(0, 0.5), (1, 0.5)], [(1, 0), (1, 1)]]),
    "О": (0.7, [[(0.5, 0), (0, 0.3), (0, 0.7), (0.5, 1), (1, 0.7), (1, 0.3), (0.5, 0)]]),
    "Ф": (1.1, [[(0.5, 0), (0.5, 1)], [(0.5, 0.2), (0, 0.4), (0.5, 0.7), (1, 0.4), (0.5, 0.2)]]),
    "Ш": (1.2, [[(0, 0), (0, 1), (1, 1), (1, 0)], [(0.5, 0), (0.5, 1)]]),
    "Щ": (1.3, [[(0, 0), (0, 0.8), (1, 0.8), (1, 1)], [(0.5, 0), (0.5, 0.8)], [(1, 0), (1, 1)]]),
    # In separate parts: a bar far away, dots, a breve.
    "Ы": (0.9, [[(0, 0), (0, 1), (0.5, 0.9), (0.5, 0.6), (0, 0.5)], [(1, 0), (1, 1)]]),
    "Ю": (1.0, [[(0, 0), (0, 1)], [(0.6, 0), (0.3, 0.5), (0.6, 1), (1, 0.5), (0.6, 0)]]),
    "Ё": (
        0.6,
        [[(1, 0.25), (0, 0.25), (0, 1), (1, 1)], [(0, 0.6), (0.7, 0.6)], [(0.2, 0)], [(0.8, 0)]],
    ),
    "Й": (0.7, [[(0, 0.3), (0, 1), (1, 0.3), (1, 1)], [(0.25, 0), (0.5, 0.1), (0.75, 0)]]),
}

# Paper around what is written, in pixels.
MARGIN = 12


class Sheet:
    """A sheet of paper to write on."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self._pixels = bytearray(width * height)

    @property
    def ink(self):
        return bytes(self._pixels)

    def ink_at(self, x, y):
        inside = 0 <= x < self.width and 0 <= y < self.height
        return self._pixels[int(y) * self.width + int(x)] if inside else 0

    def dot(self, x, y, diameter):
        """Draw a round dot, its middle at a place of the sheet."""
        reach = diameter / 2
        for row in range(max(0, int(y - reach)), min(self.height, int(y + reach) + 2)):
            for column in range(max(0, int(x - reach)), min(self.width, int(x + reach) + 2)):
                if (row - y) ** 2 + (column - x) ** 2 <= reach**2:
                    self._pixels[row * self.width + column] = 255

    def letter(self, letter, left, top, height, pen=7):
        """Write a letter into a box of this height; returns its width."""
        share, strokes = LETTERS[letter]
        width = share * height
        across, down = width - pen, height - pen
        for points in strokes:
            for (ax, ay), (bx, by) in zip(points, points[1:] or points):
                steps = 1 + height // 2
                for step in range(steps + 1):
                    x, y = (a + (b - a) * step / steps for a, b in ((ax, bx), (ay, by)))
                    self.dot(left + pen / 2 + x * across, top + pen / 2 + y * down, pen)
        return width


def written(*rows, gap=0.2, between=0.3, height=100):
    """Write rows of letters on a sheet, `gap` and `between` as shares of the letters' height."""
    lengths = [sum(LETTERS[letter][0] + gap for letter in row) for row in rows]
    down = height * (len(rows) + between * (len(rows) - 1))
    sheet = Sheet(int(height * max(lengths)) + 2 * MARGIN, int(down) + 2 * MARGIN)
    for number, row in enumerate(rows):
        left, top = MARGIN, MARGIN + number * height * (1 + between)
        for letter in row:
            left += sheet.letter(letter, left, top, height) + gap * height
    return sheet


def mask(sheet, side=48, margin=1.5):
    """Return a sheet as a network gives it, `side` squared: the ink soft, in a square around it."""
    scale = margin * max(sheet.width, sheet.height) / side
    ink = bytearray(side * side)
    for row in range(side):
        for column in range(side):
            x = sheet.width / 2 + (column + 0.5 - side / 2) * scale
            y = sheet.height / 2 + (row + 0.5 - side / 2) * scale
            seen = [
                sheet.ink_at(x + scale * across / 4, y + scale * down / 4)
                for across in range(-3, 4, 2)
                for down in range(-3, 4, 2)
            ]
            # A network is sure of what is half ink, and of what is hardly any.
            ink[row * side + column] = min(255, max(0, 3 * sum(seen) // len(seen) - 127))
    return bytes(ink)
