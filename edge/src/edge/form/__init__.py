"""A form to write letters on: printed, and read from a photograph or a scan of it."""


def cut(picture, letters):
    """Read a page of the form for `letters`: a path, a picture's bytes or a uint8 array.

    Returns `(letter, crop)` for every box that is not empty, in the order of the page: the capital
    or small letter that was to be written there, and a uint8 array `(80, 80)`, black ink on white
    paper. Raises ValueError, in one line, on what is no form or one for other letters, OSError on
    an unreadable path.
    """
    # Printing needs no NumPy.
    from edge.form import reading

    taken = reading.read(picture, letters)
    return [(box.sign, crop) for box, crop in taken if crop is not None]


def contact_sheet(taken):
    """Return a PNG that shows `(letter, crop)` pairs, labelled, as many in a row as on a form.

    A crop is a uint8 array `(80, 80)` as `cut` returns them, or None for a box that was left out.
    """
    from edge.form import sheet

    return sheet.drawn(taken)
