"""From any picture of one letter to what the network reads: 28x28, dark ink on white, centred.

Both backends and the workshop use this one preparation, so it needs no NumPy; whatever touches
every pixel is an operation on whole `bytes`, which is what makes it quick.
"""

import struct
from collections import defaultdict
from itertools import accumulate, islice

from edge import photograph
from edge.gray import CONTRAST, INVERSE, halved, median, noise, sides, within

SIZE = 28

# The longest side of a prepared letter, in pixels.
EXTENT = 24

# Below this share of the ink's own contrast a pixel is paper: what scanners and JPEG leave behind.
FAINT = 1 / 8

# Lone pixels of ink, together as dark as so many black ones, are noise or specks; in a clean scan
# some dirt stays below that.
LONE = 2

# So many lone pixels are wiped out one by one; a picture with more is so large that halving does.
MOST = 4096

# Ink differs from the paper by so many times what neighbours on the paper differ by.
NOISE = 6

# Noise is averaged out by halving the picture, but its shorter side keeps so many pixels.
LEAST = 64

# Beside noise, ink that weighs less than this share of the most that hangs together is a speck. The
# dots of an Ё weigh more, even by a thin pen.
SPECK = 1 / 120

# Two letters have so much paper between them, and neither is narrower: shares of their height.
GAP, NARROW = 0.2, 0.3

_WHITE = b"\xff"


class PictureError(ValueError):
    """A picture in which no letter can be seen."""


def letter(planes):
    """Prepare all that stands on the paper in `planes` (`edge.png.Planes`) as one letter.

    Returns 784 bytes of 28x28 pixels; raises PictureError where nothing stands out from the paper.
    """
    return _place(_boxed(*_found(planes)))


def letters(planes):
    """Prepare the letters in `planes` from left to right: a list of what `letter` returns."""
    rows = _boxed(*_found(planes))
    return [_place(_boxed(b"".join(part), len(part[0]))) for part in _parted(rows)]


def _found(planes):
    """Give the ink in the picture, one byte a pixel, and its width."""
    try:
        return _ink_of(_gray(planes), planes.width)
    except PictureError:
        if planes.red == planes.green == planes.blue:
            raise
        # Yellow ink is as bright as paper, but not in blue light.
        return _ink_of(max(planes[2:5], key=_contrast), planes.width)


def _contrast(plane):
    # `min` and `max` would look at every pixel as a number.
    levels = [level for level in range(256) if level in plane]
    return levels[-1] - levels[0]


def _ink_of(gray, width):
    if photograph.is_photograph(gray, width):
        gray, width = photograph.shrunk(gray, width)
        # Light from one side may be all that there is.
        even, rules = _evened(gray, width, photograph.UNEVEN), 0
        if photograph.is_photograph(even, width):
            even, width, rules = photograph.flattened(gray, width)
        faint = NOISE * noise(even, width)
        return _without_specks(_ink(even, width, faint, rules, photograph.SHARE), width), width
    gray = _evened(gray, width)
    ink = _ink(gray, width)
    lone = list(islice(_lone(ink, width), MOST))
    if sum([ink[place] for place in lone]) >= 255 * LONE:
        gray = bytearray(gray)
        for place in lone:
            gray[place] = gray[place - 1]
        while min(width, len(gray) // width) >= 2 * LEAST:
            gray, width = halved(gray, width)
        gray = _evened(bytes(gray), width)
        ink = _without_specks(_ink(gray, width, NOISE * noise(gray, width)), width)
    return ink, width


def _boxed(ink, width):
    """Cut out the rows of the smallest box that holds all ink."""
    first, last = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0")) - 1
    starts = range(first // width * width, last + 1, width)
    rows = [ink[start : start + width] for start in starts]
    left = min(width - len(row.lstrip(b"\0")) for row in rows)
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return [row[left:right] for row in rows]


def _parted(rows):
    """Cut rows of ink into letters where there is enough paper between them, from left to right."""
    height, width = len(rows), len(rows[0])
    columns = 0
    for row in rows:
        columns |= int.from_bytes(row, "little")
    columns = columns.to_bytes(width, "little")
    starts, stops, gap = [0], [], b"\0" * max(2, int(height * GAP))
    place = columns.find(gap)
    while place >= 0:
        stops.append(place)
        starts.append(width - len(columns[place:].lstrip(b"\0")))
        place = columns.find(gap, starts[-1])
    parts = list(zip(starts, [*stops, width]))
    number = 0
    while number < len(parts) > 1:
        start, stop = parts[number]
        if stop - start < height * NARROW:
            # Half of an Ы or an Ю: it belongs to what is nearer.
            other = (
                number - 1
                if number == len(parts) - 1
                or (number and start - parts[number - 1][1] < parts[number + 1][0] - stop)
                else number
            )
            parts[other : other + 2] = [(parts[other][0], parts[other + 1][1])]
            number = 0
        else:
            number += 1
    return [[row[start:stop] for row in rows] for start, stop in parts]


def _gray(planes):
    """Give the picture's brightness, one byte a pixel, as it looks on white paper."""
    red, green, blue, alpha = planes.red, planes.green, planes.blue, planes.alpha
    luma = red if red == green == blue else _luma(red, green, blue)
    if alpha is None:
        return luma
    if luma.count(luma[0]) == len(luma):
        # One colour throughout: the alpha channel alone draws the letter, whatever the colour.
        return alpha.translate(INVERSE)
    on_white = bytes([255 + (value - 255) * share // 255 for value, share in zip(luma, alpha)])
    if min(on_white) > 255 - CONTRAST:
        # Light ink on nothing would vanish on white.
        return bytes([value * share // 255 for value, share in zip(luma, alpha)])
    return on_white


def _luma(red, green, blue):
    """Weigh the channels by ITU-R BT.601, adding whole planes as if each were one number.

    The weighted channels of one pixel never exceed 255 together, so nothing carries over.
    """
    total = sum(
        int.from_bytes(plane.translate(table), "little")
        for plane, table in zip((red, green, blue), _WEIGHTED)
    )
    return total.to_bytes(len(red), "little")


def _evened(gray, width, most=CONTRAST):
    """Brighten and darken where light falls off across the paper by `most` levels and more.

    The light is a plane through the medians of the four sides; it counts where it describes more
    of the border, and four times as closely, than one level does.
    """
    around = sides(gray, width)
    border = b"".join(around)
    paper = median(border)
    near = within(paper, most)
    flat = len(border) - len(border.translate(None, near))
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


def _dark_on_light(gray, width):
    """Give brightness with the ink darker than the paper, inverted if need be, and the paper's.

    The paper is the median of the picture's border; ink is what weighs more against it.
    """
    paper = median(b"".join(sides(gray, width)))
    darker = gray.translate(None, bytes(range(max(0, paper - CONTRAST + 1), 256)))
    lighter = gray.translate(None, bytes(range(min(256, paper + CONTRAST))))
    if not darker and not lighter:
        raise PictureError("no letter found: nothing stands out from the paper")
    if sum(lighter) - paper * len(lighter) > paper * len(darker) - sum(darker):
        return gray.translate(INVERSE), 255 - paper
    return gray, paper


def _ink(gray, width, faint=0, rules=0, share=FAINT):
    """Turn brightness into ink: paper and what is faint 0, the darkest tenth of the ink 255.

    Faint is what differs from the paper by less than `faint` or `rules` levels, or than that
    `share` of the ink, but never by more than half of the ink. What `rules` hides is no ink.
    """
    gray, paper = _dark_on_light(gray, width)
    lightest = max(0, paper - max(CONTRAST, int(rules)) + 1)
    darker = gray.translate(None, bytes(range(lightest, 256)))
    if not darker:
        raise PictureError("no letter found: nothing stands out from the paper")
    contrast = paper - sorted(darker)[len(darker) // 10]
    faint = min(contrast / 2, max(contrast * share, faint, rules))
    return gray.translate(
        bytes(
            min(255, (paper - value) * 255 // contrast) if paper - value > faint else 0
            for value in range(256)
        )
    )


def _lone(ink, width):
    """Yield where ink has paper all around."""
    first = len(ink) - len(ink.lstrip(b"\0"))
    margin = bytes(width + 1)
    marks = margin + ink.strip(b"\0").translate(_MARKS) + margin
    place = marks.find(b"\0\1\0")
    while place >= 0:
        above, below = place - width, place + width
        if 1 not in marks[above : above + 3] and 1 not in marks[below : below + 3]:
            yield first + above
        place = marks.find(b"\0\1\0", place + 2)


def _without_specks(ink, width):
    """Keep the ink that hangs together, also by corners, where it is enough for a stroke."""
    marks = ink.translate(_MARKS)
    runs, parents, above = [], [], []
    for start in range(0, len(ink), width):
        stop, row = start + width, []
        first = marks.find(1, start, stop)
        while first >= 0:
            end = marks.find(0, first, stop)
            if end < 0:
                end = stop
            row.append(len(runs))
            runs.append((first, end))
            parents.append(len(parents))
            first = marks.find(1, end, stop)
        for run in row:
            first, end = (place - width for place in runs[run])
            for other in above:
                if runs[other][0] <= end and first <= runs[other][1]:
                    parents[_root(parents, other)] = _root(parents, run)
        above = row
    weights = defaultdict(int)
    for run, (first, end) in enumerate(runs):
        weights[_root(parents, run)] += sum(ink[first:end])
    least = max(weights.values()) * SPECK
    kept = bytearray(len(ink))
    for run, (first, end) in enumerate(runs):
        if weights[_root(parents, run)] >= least:
            kept[first:end] = ink[first:end]
    return bytes(kept)


def _root(parents, run):
    """Follow the parents to the run that stands for all that hangs together."""
    while parents[run] != run:
        parents[run] = run = parents[parents[run]]
    return run


def _place(rows):
    """Scale the letter's box, rows of ink, to one extent and centre it on white."""
    scale = EXTENT / max(len(rows), len(rows[0]))
    width, height = (max(1, round(len(side) * scale)) for side in (rows[0], rows))
    rows = _resized(_merged(rows, height), width)
    # Averaging pales a thin pen: the darkest spot of every letter is made black again.
    peak = max(map(max, rows))
    left, top = (SIZE - width) // 2, (SIZE - height) // 2
    picture = bytearray(_WHITE * (SIZE * SIZE))
    for start, row in zip(range(top * SIZE + left, SIZE * SIZE, SIZE), rows):
        picture[start : start + width] = bytes([255 - round(value * 255 / peak) for value in row])
    return bytes(picture)


def _merged(rows, count):
    """Resize columns of bytes to `count` cells, adding whole rows as if each were one number.

    In units of 1/count of a row, cell i of n rows covers [i * n, (i + 1) * n); sums stay unscaled.
    """
    length, width = len(rows), len(rows[0])
    merged = []
    for first in range(0, count * length, length):
        total = 0
        for index in range(first // count, -(-(first + length) // count)):
            # Eight bytes a pixel: nothing carries over.
            wide = bytearray(8 * width)
            wide[::8] = rows[index]
            share = min(first + length, (index + 1) * count) - max(first, index * count)
            total += int.from_bytes(wide, "little") * share
        merged.append(struct.unpack(f"<{width}Q", total.to_bytes(8 * width, "little")))
    return merged


def _resized(rows, count):
    """Resize every row to `count` cells, each the mean of the stretch of pixels that it covers."""
    length = len(rows[0])
    step = length / count
    edges = [divmod(cell * step, 1) for cell in range(count)] + [(length, 0)]
    edges = [(int(index), fraction) for index, fraction in edges]
    resized = []
    for row in rows:
        sums = [0, *accumulate(row)]
        sums.append(sums[-1])
        ends = [sums[i] + fraction * (sums[i + 1] - sums[i]) for i, fraction in edges]
        resized.append([(stop - start) / step for start, stop in zip(ends, ends[1:])])
    return resized


# Translates every byte but zero to one, so that `find` sees them all.
_MARKS = b"\0" + b"\1" * 255
_WEIGHTED = [
    bytes(round(weight * value) for value in range(256)) for weight in (0.299, 0.587, 0.114)
]
