"""Letters drawn pixel by pixel."""

from tests.edge.png_writer import gray


def drawing(width, height, box, ink=0, paper=255):
    """Draw an upright cross of `ink` that fills `box` (left, top, right, bottom) on `paper`."""
    left, top, right, bottom = box
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    thick = max(1, (right - left) // 8)
    rows = []
    for y in range(height):
        row = bytearray([paper]) * width
        if top <= y < bottom:
            row[middle_x : middle_x + thick] = bytes([ink]) * thick
        if middle_y <= y < middle_y + thick:
            row[left:right] = bytes([ink]) * (right - left)
        rows.append(bytes(row))
    return b"".join(rows)


def beside(left, right, width):
    """Set two pictures of one width beside each other."""
    starts = range(0, len(left), width)
    return b"".join(part[start : start + width] for start in starts for part in (left, right))


CROSS = drawing(90, 60, (10, 10, 50, 50))
LETTER = gray(90, 60, CROSS)
# A letter beside a pale upright line: not clean.
RULED = b"".join(
    [
        CROSS[start : start + 3] + b"\xe1" + CROSS[start + 4 : start + 90]
        for start in range(0, len(CROSS), 90)
    ]
)
RULED_LETTER = gray(90, 60, RULED)
TWO_LETTERS = gray(180, 60, beside(CROSS, drawing(90, 60, (5, 10, 60, 50)), 90))
