"""The pictures in a folder, found one by one, so that a million of them take no memory."""

import os

# What `edge` reads by itself, and what Pillow reads for it.
_ITSELF = "png apng pbm pgm ppm pnm"
_PILLOW = "jpg jpeg jpe jfif webp bmp dib gif tif tiff avif avifs jp2 j2k qoi psd"
ENDINGS = tuple(f".{ending}" for ending in f"{_ITSELF} {_PILLOW}".split())


def pictures(folder, refuse):
    """Yield the paths of the pictures in a folder and in all below it, as the system lists them.

    Pictures are recognised by their names. Names that begin with a dot are left out: they are
    hidden, or what macOS notes of a picture. Links are followed, but no folder is read twice.
    `refuse` is called with a path and an error for every folder that cannot be listed, and with
    `folder` if there is no picture in any.
    """
    folders, known, empty = [folder], set(), True
    while folders:
        place = folders.pop()
        try:
            status = os.stat(place)
            identity = status.st_dev, status.st_ino
            if identity in known:
                continue
            known.add(identity)
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    # Of a link that leads nowhere, or in a circle, `entry.is_dir` may raise.
                    if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
                        folders.append(entry.path)
                    elif entry.name.lower().endswith(ENDINGS):
                        empty = False
                        yield entry.path
        except OSError as error:
            empty = False
            refuse(place, error)
    if empty:
        refuse(folder, ValueError("a folder without pictures"))
