"""From the bytes of a picture to its pixels, whatever the format, turned upright.

`planes` needs no NumPy and is quick for small, clean pictures; `pixels` needs it and is quick for
photographs. Both raise ValueError on what is not a whole, valid picture, or what only Pillow, which
is not installed, could read. Faults of a PNG that leave no doubt about its pixels are passed over,
and 16 bits of a PNG or TIFF are shifted so that the largest sample fills a byte.
"""

from edge.decode import png


def planes(data):
    """Decode the bytes of a picture of any format into `edge.decode.png.Planes`."""
    # A PNG must not wait for what only other formats need.
    if _is_png(data):
        return png.upright(data)
    decoder, *name = _decoder(data)
    return decoder.planes(data, *name)


def pixels(data, least):
    """Decode a picture of any format into a uint8 array `(height, width, 3 or 4)`, reduced.

    A whole factor, the largest that keeps the shorter side at least `least` pixels long, makes
    every square of pixels one, their mean; a JPEG is reduced in decoding first. Four channels are
    RGBA of a picture that is not opaque. Raises ImportError without NumPy.
    """
    if _is_png(data):
        from edge.decode import photograph

        return photograph.pixels(data, least)
    from edge.decode import reduction

    decoder, *name = _decoder(data)
    if name:
        return decoder.pixels(data, *name, least)
    return reduction.of_planes(decoder.planes(data), least)


def size(data):
    """Return width and height as stored, before any turning, from the header of a picture alone."""
    if _is_png(data):
        from edge.decode import chunks

        return chunks.size(data)
    decoder, *name = _decoder(data)
    return decoder.size(data, *name)


def _is_png(data):
    return data[:4] == png.SIGNATURE[:4]


def _decoder(data):
    """Return the decoder of what is no PNG, and for Pillow the name of the format."""
    from edge.decode import pillow, pnm

    if pnm.recognised(data):
        return (pnm,)
    name = pillow.recognised(data)
    if name is None:
        # The message says how unknown bytes begin.
        png.planes(data)
    return pillow, name
