"""The pictures in a folder, found one by one, so that a million of them take no memory."""

import os

# What `edge` reads by itself, and what Pillow reads for it.
_ITSELF = "png pbm pgm ppm pnm"
_PILLOW = "jpg jpeg webp bmp gif tif tiff avif jp2 qoi psd"
ENDINGS = tuple(f".{ending}" for ending in f"{_ITSELF} {_PILLOW}".split())


def pictures(folder, refuse):
    """Yield the paths of the pictures in a folder and in all below it, as the system lists them.

    Pictures are recognised by their names. `refuse` is called with a path and an error for every
    folder that cannot be listed, and with `folder` if there is no picture in any.
    """
    folders, empty = [folder], True
    while folders:
        place = folders.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name.lower().endswith(ENDINGS):
                        empty = False
                        yield entry.path
        except OSError as error:
            empty = False
            refuse(place, error)
    if empty:
        refuse(folder, ValueError("a folder without pictures"))
