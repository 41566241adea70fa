"""From the bytes of a picture to its planes, whatever the format."""

from edge.decode import png


def planes(data):
    """Decode the bytes of a picture of any format into `edge.decode.png.Planes`.

    Raises ValueError if they are not a whole, valid picture, or if only Pillow, which is not
    installed, could read it.
    """
    if data[:4] == png.SIGNATURE[:4]:
        return png.upright(data)
    # Not above: a PNG must not wait for what only other formats need.
    from edge.decode import pillow, pnm

    if pnm.recognised(data):
        return pnm.planes(data)
    name = pillow.recognised(data)
    # The message of the PNG decoder says how unknown bytes begin.
    return pillow.planes(data, name) if name else png.upright(data)
