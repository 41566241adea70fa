"""How a camera was held, by its EXIF data, and planes turned upright (CIPA DC-008, 4.6.5.1.4)."""

ORIENTATION = 0x0112

_SHORT = 3
# Once columns have become rows, 5 to 8 are 1 to 4.
_AS_ROWS = {5: 1, 6: 2, 7: 3, 8: 4}

_ORDERS = {b"II*\0": "little", b"MM\0*": "big"}


def orientation(data):
    """Return what the bytes of EXIF data say of the orientation, 1 to 8: 1 if damaged or silent."""
    if data[:6] == b"Exif\0\0":
        # This belongs into a JPEG, but some programs write it everywhere.
        data = data[6:]
    order = _ORDERS.get(data[:4])
    if order is None:
        return 1
    start = int.from_bytes(data[4:8], order)
    count = int.from_bytes(data[start : start + 2], order)
    for position in range(start + 2, min(start + 2 + 12 * count, len(data) - 9), 12):
        tag, kind, value = (
            int.from_bytes(data[position + at : position + at + 2], order) for at in (0, 2, 8)
        )
        if tag == ORIENTATION:
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1


def turned(planes, data):
    """Return `edge.decode.png.Planes` turned upright as the bytes of EXIF data say."""
    turn = orientation(data)
    if turn == 1:
        return planes
    width, height, colours = planes.width, planes.height, planes[2:5]
    if planes.red is planes.green is planes.blue:
        colours = colours[:1]
    colours = [_turned(plane, width, turn) for plane in colours]
    alpha = None if planes.alpha is None else _turned(planes.alpha, width, turn)
    if turn > 4:
        width, height = height, width
    return type(planes)(width, height, *(colours * (3 // len(colours))), alpha)


def _turned(plane, width, turn):
    if turn > 4:
        plane, width = b"".join([plane[x::width] for x in range(width)]), len(plane) // width
        turn = _AS_ROWS[turn]
    if turn == 3:
        return plane[::-1]
    if turn == 1:
        return plane
    rows = [plane[start : start + width] for start in range(0, len(plane), width)]
    return b"".join([row[::-1] for row in rows] if turn == 2 else rows[::-1])


def turned_array(pixels, data):
    """Return an array `(height, width, channels)` turned upright as EXIF data say, or None."""
    turn = 1 if data is None else orientation(data)
    if turn > 4:
        pixels, turn = pixels.swapaxes(0, 1), _AS_ROWS[turn]
    return pixels[:: -1 if turn in (3, 4) else 1, :: -1 if turn in (2, 3) else 1]
