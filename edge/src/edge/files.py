"""Files that are there whole or not at all."""

import os
from contextlib import suppress


def write_whole(path, data):
    """Write bytes to a file, in place of one that may be there, at once, even if the power fails.

    Raises OSError, of that path; then nothing has changed.
    """
    folder, name = os.path.split(os.path.abspath(path))
    temporary = os.path.join(folder, f".{name}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        if os.name == "posix":
            # The names, too: the file's, and its folder's, which may be new.
            _to_disk(folder)
            _to_disk(os.path.dirname(folder))
    except BaseException as error:
        with suppress(OSError):
            os.remove(temporary)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, path) from error
        raise


def _to_disk(folder):
    # A folder that one may write to, but not list, cannot be opened.
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
