"""Ink cut into letters."""

# The least paper between two letters, and the least width of either: shares of their height.
GAP, NARROW = 0.2, 0.3


def boxed(ink, width):
    """Return the rows of the smallest box that holds all ink."""
    first, last = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0")) - 1
    starts = range(first // width * width, last + 1, width)
    rows = [ink[start : start + width] for start in starts]
    left = min(width - len(row.lstrip(b"\0")) for row in rows)
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return [row[left:right] for row in rows]


def parted(rows):
    """Cut rows of ink into letters where there is enough paper between them, from left to right.

    Returns a list of letters, each a list of rows.
    """
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
            before = start - parts[number - 1][1] if number else width
            after = parts[number + 1][0] - stop if number < len(parts) - 1 else width
            first = number - 1 if before < after else number
            parts[first : first + 2] = [(parts[first][0], parts[first + 1][1])]
            number = 0
        else:
            number += 1
    return [[row[start:stop] for row in rows] for start, stop in parts]
