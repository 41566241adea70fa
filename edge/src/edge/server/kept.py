"""Letters that were named on the page, kept as pictures in folders that are called as they are.

A file's name is the time, in UTC, and a digest of the picture: `Ж/20260131T235959123456-` and 16
digits. `edge teach` takes such folders. What has another name is somebody's own, and is left alone.
"""

import os
import re
import sys
import time
from contextlib import suppress
from hashlib import sha256

from edge import png
from edge.files import write_whole
from edge.picture import SIZE

# Of each letter the newest so many: learning from more takes longer, and a hand changes.
MOST_OF_EACH = 10

TAUGHT_PACK = "mine.safetensors"

_NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{16}\.png")


def usual_folder():
    """Return where this system's programs keep what a user has made: a folder for letters there."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        data = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        data = os.path.join(home, "Library", "Application Support")
    else:
        data = os.environ.get("XDG_DATA_HOME", "")
        # As the XDG Base Directory Specification has it, a relative path is none.
        data = data if os.path.isabs(data) else os.path.join(home, ".local", "share")
    return os.path.join(data, "edge", "taught")


def keep(folder, letters, letter, picture):
    """Keep a prepared picture, 784 bytes, as one of the `letters`.

    It is on the disk once this returns, and nowhere else among the letters; of each of them, the
    newest MOST_OF_EACH stay. Raises OSError.
    """
    digest, now = sha256(picture).hexdigest()[:16], time.time_ns()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9))
    path = os.path.join(folder, letter, f"{moment}{now // 1000 % 10**6:06}-{digest}.png")
    # Nobody else on this machine need see how somebody writes.
    os.makedirs(folder, 0o700, exist_ok=True)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_whole(path, png.encode_gray(SIZE, SIZE, picture))
    for other in letters:
        for found in _files(folder, other):
            if found.endswith(f"-{digest}.png") and found != path:
                _remove(found)
    # A clock may have been set back: what was just kept stays.
    older = [found for found in _files(folder, letter) if found != path]
    for found in older[: -(MOST_OF_EACH - 1)]:
        _remove(found)


def counts(folder, letters):
    """Return how many pictures are kept of each of the letters."""
    return {letter: len(_files(folder, letter)) for letter in letters}


def read(folder, letters):
    """Return the pictures that are kept, 784 bytes each, and a letter for each of them.

    A file that holds no such picture is passed over.
    """
    pictures, named = [], []
    for letter in letters:
        for path in _files(folder, letter):
            with suppress(OSError, png.PngError), open(path, "rb") as file:
                image = png.decode(file.read())
                if (image.width, image.height) == (SIZE, SIZE):
                    pictures.append(image.rgba[::4])
                    named.append(letter)
    return pictures, named


def empty(folder, letters):
    """Remove all pictures that are kept of the letters, and the pack that was taught them.

    Raises OSError.
    """
    _remove(os.path.join(folder, TAUGHT_PACK))
    for letter in letters:
        for path in _files(folder, letter, unfinished=True):
            _remove(path)
        # Unless there is somebody's own file in it.
        with suppress(OSError):
            os.rmdir(os.path.join(folder, letter))


def _files(folder, letter, unfinished=False):
    """Return the paths of a letter's pictures, oldest first, or also of `unfinished` ones."""
    place = os.path.join(folder, letter)
    try:
        names = sorted(os.listdir(place))
    except OSError:
        return []
    kept = [name for name in names if _NAME.fullmatch(name[name.startswith(".") and unfinished :])]
    return [os.path.join(place, name) for name in kept]


def _remove(path):
    # Another server may have done so.
    with suppress(FileNotFoundError):
        os.remove(path)
