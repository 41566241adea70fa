"""Pictures and the letters that they are said to show: by folder, by name, or on a form."""

import os
import unicodedata

from edge import folders, form
from edge.teaching import letter_of


def labelled(paths, alphabet, refuse):
    """Yield `(name, picture, letter)` for what the paths hold; a picture as `classify` takes it.

    A picture's letter is its folder's name or what its own begins with; a picture without one is
    a filled form. `refuse` is called with a path and an error for what is neither.
    """
    for path in paths:
        if os.path.isdir(path):
            for picture in folders.pictures(path, refuse):
                if letter := _label(picture, alphabet):
                    yield picture, picture, letter
                else:
                    refuse(picture, ValueError(_NO_LABEL))
            continue
        if letter := _label(path, alphabet):
            yield path, path, letter
            continue
        try:
            taken = form.cut(path, alphabet)
        except (OSError, ValueError, MemoryError) as error:
            refuse(path, error)
            continue
        for number, (letter, crop) in enumerate(taken, 1):
            yield f"{path}, letter {number}", crop, letter


_NO_LABEL = "no letter's name: expected a folder such as Ж, or a name such as Ж1.png"


def _label(path, alphabet):
    """Return the letter, as it is written, that a picture is labelled with, or None."""
    folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
    name = unicodedata.normalize("NFC", os.path.splitext(os.path.basename(path))[0])
    starts = [name[:length] for length in range(max(map(len, alphabet)), 0, -1)]
    # What goes on as a word is one: `Форма.jpg`.
    starts = [start for start in starts if not name[len(start) : len(start) + 1].isalpha()]
    for text in (unicodedata.normalize("NFC", folder), *starts):
        try:
            letter_of(text, alphabet)
        except ValueError:
            continue
        return text
    return None
