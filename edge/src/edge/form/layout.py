"""Where everything is on a form: A4, in millimetres from the upper left corner."""

import zlib
from collections import namedtuple

WIDTH, HEIGHT = 210, 297

# Four black squares in the corners, by which a photograph is straightened. The first one has a
# hole, so that it is known which way up the sheet lies.
MARK, HOLE = 9, 3
CORNERS = ((12, 12), (WIDTH - 12, 12), (WIDTH - 12, HEIGHT - 12), (12, HEIGHT - 12))

# Between the lower marks, squares that say which page it is, and of which letters: black is 1. Over
# and under them, at CLEAR from their middles, is nothing but paper.
SQUARE, CLEAR = 4, 4.5
PAGE_BITS, LETTERS_BITS, CHECK_BITS = 6, 16, 8
BITS = PAGE_BITS + LETTERS_BITS + CHECK_BITS
CODE = tuple((26.7 + 5.4 * place, HEIGHT - 12) for place in range(BITS))

# A letter, its label and its boxes, takes a place in a grid.
BOX, SAMPLES = 15, 3
COLUMNS, MOST_ROWS = 3, 14
LEFT, COLUMN, LABEL, STEP = 13.5, 62, 10, 17
TOP, BOTTOM, MOST_STEP = 26, 275, 22.5

# Raised by what moves a box.
VERSION = 1

Box = namedtuple("Box", "letter sign left top")
Box.__doc__ = """A square of BOX millimetres a side for a sample of a letter, its class's name.

The `sign` is what is to be written there, the capital or the small letter."""

Label = namedtuple("Label", "text left middle")
Label.__doc__ = "What is to be written into the boxes to the right of it."

Page = namedtuple("Page", "number count labels boxes code")
Page.__doc__ = """One of `count` pages, the first is 1; its boxes are in the order of reading.

The code is a tuple of BITS booleans, True for black."""


def pages(letters):
    """Return the `Page`s of a form for letters (strings): all capitals, then all small letters.

    Raises ValueError if they are more than the code can count pages for.
    """
    letters = list(letters)
    small = [(letter, letter.lower()) for letter in letters if letter.lower() != letter]
    forms = [(letter, letter) for letter in letters] + small
    count = -(-len(forms) // (COLUMNS * MOST_ROWS))
    if count >= 1 << PAGE_BITS:
        raise ValueError(f"{len(letters)} letters, more than a form has room for")
    each = -(-len(forms) // count)
    return [
        _page(number, count, forms[each * (number - 1) : each * number], checksum(letters))
        for number in range(1, count + 1)
    ]


def _page(number, count, forms, letters):
    step = min(MOST_STEP, (BOTTOM - TOP) / -(-len(forms) // COLUMNS))
    labels, boxes = [], []
    for place, (letter, form) in enumerate(forms):
        left, top = LEFT + COLUMN * (place % COLUMNS), TOP + step * (place // COLUMNS)
        labels.append(Label(form, left, top + BOX / 2))
        boxes += [Box(letter, form, left + LABEL + STEP * sample, top) for sample in range(SAMPLES)]
    return Page(number, count, labels, boxes, code(number, letters))


def checksum(letters):
    """Return a number of LETTERS_BITS bits that other letters, or another layout, hardly have."""
    return zlib.crc32("\n".join([f"{VERSION}", *letters]).encode()) & ((1 << LETTERS_BITS) - 1)


def code(page, letters):
    """Return the squares, BITS booleans, of a page's number and the `checksum` of the letters."""
    told = page << LETTERS_BITS | letters
    number = told << CHECK_BITS | _check(told)
    return tuple(bool(number >> place & 1) for place in reversed(range(BITS)))


def decoded(squares):
    """Return page and checksum of squares, BITS booleans, or None if they are no code."""
    number = sum(1 << place for place, black in enumerate(reversed(squares)) if black)
    told, check = number >> CHECK_BITS, number & ((1 << CHECK_BITS) - 1)
    if check != _check(told):
        return None
    return told >> LETTERS_BITS, told & ((1 << LETTERS_BITS) - 1)


def _check(told):
    return zlib.crc32(told.to_bytes(4, "big")) & ((1 << CHECK_BITS) - 1)
