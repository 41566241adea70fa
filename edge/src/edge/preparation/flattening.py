"""A photograph of paper made flat: light, dark edges and rules taken away."""

from edge.preparation.gray import CONTRAST, INVERSE, halved, median, noise, sides
from edge.preparation.photograph import RULES, crossings, is_ruled

# Larger photographs are halved until their shorter side is shorter than this.
LARGEST_SIDE = 1024

# What is darker than rules by this factor is ink.
BEYOND_RULES = 1.25

# A rule is at most this many pixels thick; what is thicker is a stroke that crosses it.
RULE_THICKNESS = 6

# Light is taken to be even in a cell: their number across a picture, and the smallest side of one
# in pixels, wider than most pens. The light is interpolated every STEP pixels.
CELLS_ACROSS, SMALLEST_CELL, STEP = 16, 36, 8

# A cell darker than this share of the lightest cell beside it is covered with ink.
COVERED = 0.55

# Ink is darker than this share of the darkest.
INK_SHARE = 0.3

# A dark edge reaches at most this share into a picture, and turns light within EDGE_BLUR pixels.
EDGE_REACH, EDGE_BLUR = 1 / 6, 6


def shrunk(gray, width):
    """Halve a picture that is larger than a letter needs; return it and its width."""
    while min(width, len(gray) // width) >= LARGEST_SIDE:
        gray, width = halved(gray, width)
    return gray, width


def flattened(gray, width):
    """Return the picture on paper of one level, without dark edges and dark rules, and its width.

    The third value is by how many levels rules that are left may be darker than the paper.
    """
    gray, width = _without_edges(gray, width)
    gray = _evenly_lit(gray, width)
    if not is_ruled(gray, width, noise(gray, width)):
        return gray, width, 0
    rules, ink = _depths(gray, width)
    if BEYOND_RULES * rules > ink / 2:
        gray = _without_rules(gray, width)
        rules, ink = _depths(gray, width)
    return gray, width, BEYOND_RULES * rules


def _depths(gray, width):
    """Return by how many levels rules, and the darkest pixel, are darker than the paper."""
    border = sorted(b"".join(sides(gray, width)))
    paper = border[len(border) // 2]
    return paper - border[len(border) // 100], paper - min(gray)


def _without_rules(gray, width):
    """Paint paper over dark lines from side to side, except where a stroke crosses them."""
    for _ in range(2):
        left, right, *_ = crossings(gray, width, noise(gray, width))
        if min(len(left), len(right)) >= RULES:
            gray = _without_lines(gray, width, left, right)
        # The other direction is this one of the picture with its axes exchanged.
        gray, width = b"".join([gray[x::width] for x in range(width)]), len(gray) // width
    return gray


def _without_lines(gray, width, left, right):
    """Paint over lines from `left` to `right`: each the darkest of all straight ways across."""
    height = len(gray) // width
    paper = median(b"".join(sides(gray, width)))
    level = paper - max(CONTRAST // 2, _depths(gray, width)[0] // 3)
    dark = gray.translate(b"\1" * level + bytes(256 - level))
    painted = bytearray(gray)
    gap = median([b - a for a, b in zip(left, left[1:])])
    for first in left:
        ways = [
            [round(first + (last - first) * x / (width - 1)) for x in range(width)]
            for last in right
            if abs(last - first) < 2 * gap
        ]
        way = max(
            ways, key=lambda way: sum([dark[y * width + x] for x, y in enumerate(way)]), default=()
        )
        for x, y in enumerate(way):
            above = below = y
            while above > 0 and dark[(above - 1) * width + x]:
                above -= 1
            while below < height and dark[below * width + x]:
                below += 1
            if below - above <= RULE_THICKNESS:
                for place in range(max(0, above - 1), min(height, below + 1)):
                    painted[place * width + x] = paper
    return bytes(painted)


def _without_edges(gray, width):
    height = len(gray) // width
    left = _edge([gray[x::width] for x in range(int(width * EDGE_REACH))])
    right = _edge([gray[width - 1 - x :: width] for x in range(int(width * EDGE_REACH))])
    rows = [gray[start : start + width] for start in range(0, len(gray), width)]
    top, bottom = (_edge(part[: int(height * EDGE_REACH)]) for part in (rows, rows[::-1]))
    rows = rows[top : height - bottom]
    return b"".join([row[left : width - right] for row in rows]), width - left - right


def _edge(lines):
    """Return how many lines from the border on are dark, up to a sudden change to light, or 0."""
    levels = [median(line) for line in lines]
    for place, (level, further) in enumerate(zip(levels, levels[EDGE_BLUR:])):
        if further - level >= 2 * CONTRAST:
            return place + EDGE_BLUR + EDGE_BLUR // 2
        if level > levels[0] + CONTRAST:
            break
    return 0


def _evenly_lit(gray, width):
    """Bring the paper to one level, and make it lighter than the ink.

    The light is interpolated linearly between the middles of cells (flat-field correction).
    """
    height, size = len(gray) // width, max(SMALLEST_CELL, width // CELLS_ACROSS)
    cells = [
        [_pixels(gray, width, x, y, size) for x in range(0, width - size // 2, size)]
        for y in range(0, height - size // 2, size)
    ]
    if sum([_lighter(cell) for line in cells for cell in line]) > 0:
        gray = gray.translate(INVERSE)
        cells = [[[255 - value for value in reversed(cell)] for cell in line] for line in cells]
    levels = _uncovered([[cell[len(cell) * 9 // 10] for cell in line] for line in cells])
    paper = max(map(max, levels))
    tables = [
        bytes([min(255, value * paper // max(1, level)) for value in range(256)])
        for level in range(paper + 1)
    ]
    steps = range(0, width, STEP)
    evened = []
    for y in range(0, height, STEP):
        above, below, share = _around(levels, y, size)
        line = [a + (b - a) * share for a, b in zip(above, below)]
        chosen = []
        for x in steps:
            left, right, share = _around(line, x, size)
            chosen.append(tables[round(left + (right - left) * share)])
        for start in range(y * width, min(y + STEP, height) * width, width):
            row = gray[start : start + width]
            evened += [row[x : x + STEP].translate(table) for x, table in zip(steps, chosen)]
    return b"".join(evened)


def _pixels(gray, width, x, y, size):
    """Return every fourth pixel of a cell, darkest first."""
    stretch = min(size, width - x)
    starts = range(y * width + x, min((y + size) * width, len(gray)), 2 * width)
    return sorted(b"".join([gray[start : start + stretch : 2] for start in starts]))


def _lighter(cell):
    """Return by how many levels, in sum, ink is lighter than the paper; below 0 if darker."""
    paper = cell[len(cell) // 2]
    differences = [value - paper for value in cell]
    return sum([value for value in differences if abs(value) >= CONTRAST])


def _uncovered(levels):
    """Return the levels, those of cells covered with ink replaced by the lightest beside them."""
    uncovered = []
    for y, row in enumerate(levels):
        near = levels[max(0, y - 1) : y + 2]
        beside = [slice(max(0, x - 1), x + 2) for x in range(len(row))]
        lightest = [max([max(line[cells]) for line in near]) for cells in beside]
        pairs = zip(row, lightest)
        uncovered.append([most if level < COVERED * most else level for level, most in pairs])
    return uncovered


def _around(values, start, size):
    """Return the values before and after a step's middle, and its place between them, 0 to 1."""
    place = max(0, (start + STEP / 2) / size - 0.5)
    before = min(int(place), len(values) - 1)
    after = min(before + 1, len(values) - 1)
    return values[before], values[after], place - before
