"""What a photograph shows besides the letter: uneven light, a dark edge, rules on the paper."""

from edge.gray import CONTRAST, INVERSE, halved, median, noise, sides, within

# Smaller pictures are no photographs, and larger ones are halved.
LEAST, MOST = 128, 1024

# So much of the border is of one level where light is even, and one level is no wider than this.
EVEN, UNEVEN = 0.85, CONTRAST // 4

# Rules cross two opposite sides at least so often; what is so many times darker is ink.
RULES, BEYOND = 3, 1.25

# A line is looked for on so many lines from the side inwards; it is no thicker than this.
INWARDS, THICKEST = (0, 3, 6, 9), 6

# Cells across a picture in which light is taken to be even, the smallest, wider than most pens, and
# pixels that share one level of it.
CELLS, CELL, STEP = 16, 36, 8

# A cell so much darker than one beside it is covered with ink.
COVERED = 0.55

# Ink is darker than this share of the darkest.
SHARE = 0.3

# A dark edge reaches no further into a picture, and ends within so many pixels.
EDGE, BLUR = 1 / 6, 6


def is_photograph(gray, width):
    """Tell whether light falls unevenly or rules cross the paper."""
    if min(width, len(gray) // width) < LEAST:
        return False
    border, depth = b"".join(sides(gray, width)), 3 * noise(gray, width)
    uneven = border.translate(None, within(median(border), max(UNEVEN, depth)))
    if len(uneven) > (1 - EVEN) * len(border):
        return True
    return _is_ruled(gray, width)


def shrunk(gray, width):
    """Halve a picture that is larger than a letter needs; give its width too."""
    while min(width, len(gray) // width) >= MOST:
        gray, width = halved(gray, width)
    return gray, width


def flattened(gray, width):
    """Give the picture on paper of one level, without dark edges and dark rules, and its width.

    Last comes how much darker than the paper what is no ink may still be.
    """
    gray, width = _without_edges(gray, width)
    gray = _evened(gray, width)
    if not _is_ruled(gray, width):
        return gray, width, 0
    rules, ink = _depths(gray, width)
    if BEYOND * rules > ink / 2:
        gray = _without_rules(gray, width)
        rules, ink = _depths(gray, width)
    return gray, width, BEYOND * rules


def _depths(gray, width):
    """Give how much darker than the paper rules are, and the darkest of the picture."""
    border = sorted(b"".join(sides(gray, width)))
    paper = border[len(border) // 2]
    return paper - border[len(border) // 100], paper - min(gray)


def _is_ruled(gray, width):
    left, right, top, bottom = map(len, _crossings(gray, width))
    return min(left, right) >= RULES or min(top, bottom) >= RULES


def _crossings(gray, width):
    """Find where dark lines cross the four sides: their middles."""
    depth = max(CONTRAST // 2, 3 * noise(gray, width))
    found = []
    for lines in (
        [gray[x::width] for x in INWARDS],
        [gray[width - 1 - x :: width] for x in INWARDS],
        [gray[y * width : (y + 1) * width] for y in INWARDS],
        [gray[len(gray) - (y + 1) * width : len(gray) - y * width] for y in INWARDS],
    ):
        # Dark on all lines: specks and noise are not.
        marks = -1
        for line in lines:
            level = max(0, median(line) - depth)
            marks &= int.from_bytes(line.translate(b"\1" * level + bytes(256 - level)), "little")
        marks = marks.to_bytes(len(lines[0]), "little")
        middles, start = [], marks.find(1)
        while start >= 0:
            end = marks.find(0, start)
            end = len(marks) if end < 0 else end
            middles.append((start + end - 1) / 2)
            start = marks.find(1, end)
        found.append(middles)
    return found


def _without_rules(gray, width):
    """Paint paper over dark lines from side to side, but where a stroke crosses them."""
    for _ in range(2):
        left, right, *_ = _crossings(gray, width)
        if min(len(left), len(right)) >= RULES:
            gray = _without_lines(gray, width, left, right)
        # The other direction is this one of the picture with its axes exchanged.
        gray, width = b"".join([gray[x::width] for x in range(width)]), len(gray) // width
    return gray


def _without_lines(gray, width, left, right):
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
            if below - above <= THICKEST:
                for place in range(max(0, above - 1), min(height, below + 1)):
                    painted[place * width + x] = paper
    return bytes(painted)


def _without_edges(gray, width):
    height = len(gray) // width
    left = _edge([gray[x::width] for x in range(int(width * EDGE))])
    right = _edge([gray[width - 1 - x :: width] for x in range(int(width * EDGE))])
    rows = [gray[start : start + width] for start in range(0, len(gray), width)]
    top, bottom = (_edge(part[: int(height * EDGE)]) for part in (rows, rows[::-1]))
    rows = rows[top : height - bottom]
    return b"".join([row[left : width - right] for row in rows]), width - left - right


def _edge(lines):
    """Count the lines from the border on that are dark until it becomes light at once."""
    levels = [median(line) for line in lines]
    for place, (level, further) in enumerate(zip(levels, levels[BLUR:])):
        if further - level >= 2 * CONTRAST:
            return place + BLUR + BLUR // 2
        if level > levels[0] + CONTRAST:
            break
    return 0


def _evened(gray, width):
    """Bring the paper to one level and make it lighter than the ink.

    Between the middles of cells, light changes evenly.
    """
    height, size = len(gray) // width, max(CELL, width // CELLS)
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
    """Give every fourth pixel of a cell, darkest first."""
    stretch = min(size, width - x)
    starts = range(y * width + x, min((y + size) * width, len(gray)), 2 * width)
    return sorted(b"".join([gray[start : start + stretch : 2] for start in starts]))


def _lighter(cell):
    """Sum by how much ink is lighter than the paper, or less than 0, darker."""
    paper = cell[len(cell) // 2]
    differences = [value - paper for value in cell]
    return sum([value for value in differences if abs(value) >= CONTRAST])


def _uncovered(levels):
    """Give a cell that is covered with ink the level of the lightest beside it."""
    uncovered = []
    for y, row in enumerate(levels):
        near = levels[max(0, y - 1) : y + 2]
        lightest = [
            max([max(line[max(0, x - 1) : x + 2]) for line in near]) for x in range(len(row))
        ]
        uncovered.append(
            [most if level < COVERED * most else level for level, most in zip(row, lightest)]
        )
    return uncovered


def _around(values, start, size):
    """Give the values of the cells before and after a step's middle, and its place between them."""
    place = max(0, (start + STEP / 2) / size - 0.5)
    before = min(int(place), len(values) - 1)
    after = min(before + 1, len(values) - 1)
    return values[before], values[after], place - before
