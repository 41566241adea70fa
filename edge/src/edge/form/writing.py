"""Text as strokes of a pen, where no font can be counted on: smooth curves through points."""

from edge import glyphs

# Further signs, as in `edge.glyphs`.
SIGNS = {
    ".": "0,98 2,100",
    ",": "4,96 0,114",
    ":": "0,58 2,60; 0,98 2,100",
    "0": "28,0 8,14 0,50 8,86 28,100 48,86 56,50 48,14 28,0",
    "1": "4,22 26,0! 26,100",
    "2": "2,22 14,4 36,1 52,18 46,44 0,100! 58,100",
    "3": "2,14 22,1 46,6 50,28 36,44 16,47! 42,51 56,68 46,92 22,101 0,86",
    "4": "44,100 44,0! 0,70! 62,70",
    "5": "50,2 8,2! 4,46! 26,40 48,50 56,70 46,92 22,101 0,90",
    "6": "46,4 22,16 4,46 2,74 16,98 40,98 54,78 48,56 28,48 4,66",
    "7": "0,2 54,2! 18,100",
    "8": "28,47 8,34 6,12 28,0 50,12 48,34 28,47 4,62 2,86 28,100 54,86 52,62 28,47",
    "9": "52,36 28,52 6,42 2,20 16,2 38,2 52,26 50,56 32,86 6,98",
}

# Between two letters, and for a blank, in capital heights.
_GAP, _BLANK = 0.22, 0.45


def can_write(text):
    """Return whether there are strokes for every sign of a text."""
    return all(_glyph(sign) or sign.isspace() for sign in text)


def curves(text, left, baseline, height):
    """Return a text as curves: lists of a first point and cubic Bézier segments.

    Points are `(x, y)`, a segment is three: two to steer by, and the end. `height` is that of a
    capital. Signs without strokes are left out.
    """
    lines, top = [], baseline - height
    for sign in text:
        glyph = _glyph(sign)
        if glyph is None:
            left += _BLANK * height
            continue
        points, runs = glyphs.parse(glyph)
        first = min(x for x, _ in points)
        placed = [(left + (x - first) * height, top + y * height) for x, y in points]
        lines += [_smooth(placed[run]) for run in runs]
        left = max(x for x, _ in placed) + _GAP * height
    return lines


def _glyph(sign):
    capital = sign.upper()
    table = glyphs.UPPERCASE if sign == capital else glyphs.LOWERCASE
    return table.get(capital) or SIGNS.get(sign)


def _smooth(points):
    """Return the uniform Catmull-Rom spline through the points as Bézier segments.

    E. Catmull and R. Rom, A class of local interpolating splines, 1974.
    """
    points = [_beyond(*points[:2]), *points, _beyond(*points[:-3:-1])]
    segments = [points[1]]
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:]):
        segments.append((_steered(start, before, end), _steered(end, after, start), end))
    return segments


def _beyond(end, inner):
    return 2 * end[0] - inner[0], 2 * end[1] - inner[1]


def _steered(point, away, towards):
    return point[0] + (towards[0] - away[0]) / 6, point[1] + (towards[1] - away[1]) / 6
