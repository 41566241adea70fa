"""Pictures to time a device with: from an NPZ that may come from anywhere, or noise.

Nothing in an archive is believed unchecked or executed, and no more of it is unpacked than is used.
NumPy's own reader makes room for whatever a header claims.
"""

import random
import re
import struct
import zipfile
from collections import namedtuple
from math import prod

from edge.picture import SIZE

# The list of an archive's members, of which a thousand fit; an array's header, which takes 118.
MAXIMUM_DIRECTORY_BYTES = 1 << 16
MAXIMUM_HEADER_BYTES = 1 << 10

_END_BYTES, _LOCATOR_BYTES = 22, 20
_VERSIONS = {b"\x93NUMPY\1\0": 2, b"\x93NUMPY\2\0": 4, b"\x93NUMPY\3\0": 4}
_HEADER = re.compile(
    rb"\{'descr': ?'([^']*)', ?'fortran_order': ?(False|True), ?'shape': ?\(([\d, ]*)\),? ?\}\s*"
)
_CODES = {"1": "b", "2": "h", "4": "i", "8": "q"}

_Array = namedtuple("_Array", "name dtypes sides expected")
_IMAGES = _Array("images", r"\|u1", (SIZE, SIZE), "uint8 (n, 28, 28)")
_LABELS = _Array("labels", "[<>|][iu][1248]", (), "whole numbers (n,)")

Sample = namedtuple("Sample", "pictures labels")
Sample.__doc__ = "Pictures, 784 bytes each in one row, and their classes, or None if unknown."


def noise(count):
    """Make `count` pictures without labels, for a device that has no letters at hand."""
    # As sparse as a letter: three pixels of four are paper.
    pixels = bytes(255 - max(0, value - 192) * 4 for value in range(256))
    noise = random.Random(0).randbytes(count * SIZE * SIZE)  # nosec B311
    return Sample(noise.translate(pixels), None)


def read(path, most, classes):
    """Read the first pictures, at most `most`, of an NPZ with `images` and `labels`.

    `images` is uint8 `(n, 28, 28)`, `labels` whole numbers `(n,)` below `classes`; other arrays are
    left alone.
    Raises ValueError on another content, OSError on a file that cannot be read.
    """
    try:
        with open(path, "rb") as file:
            _check_end(file)
            with zipfile.ZipFile(file) as archive:
                images, count, _ = _first(archive, _IMAGES, most)
                labels, labelled, code = _first(archive, _LABELS, most)
    except (OSError, ValueError):
        raise
    except Exception as error:  # zipfile and zlib each raise their own kinds
        raise ValueError(f"no NPZ with images and labels ({error})") from None
    if labelled != count:
        raise ValueError(f"{labelled} labels for {count} images")
    labels = struct.unpack(code, labels)
    if min(labels) < 0 or max(labels) >= classes:
        found = f"{min(labels)} to {max(labels)}"
        raise ValueError(f"labels from {found}, expected 0 to {classes - 1}")
    return Sample(images, labels)


def _check_end(file):
    """Bound the list of members, which `zipfile` reads whole.

    The end record must be the last thing in the file, as NumPy writes it, and no zip64 record may
    stand before it, so that `zipfile` believes the same numbers.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _LOCATOR_BYTES - _END_BYTES))
    tail = file.read(_LOCATOR_BYTES + _END_BYTES)
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or end[:4] != b"PK\5\6" or end[-2:] != b"\0\0":
        raise ValueError(f"no NPZ: {size} bytes that do not end as a zip archive does")
    directory_bytes = int.from_bytes(end[12:16], "little")
    if directory_bytes > MAXIMUM_DIRECTORY_BYTES or tail[:-_END_BYTES][:4] == b"PK\6\7":
        found = f"its list of members takes {directory_bytes} bytes, or zip64 is needed for it"
        raise ValueError(f"{found}; expected at most {MAXIMUM_DIRECTORY_BYTES}")


def _first(archive, array, most):
    """Read the bytes of an array's first rows, at most `most`.

    Returns them, the number of all rows, and the format that `struct` unpacks the bytes by.
    """
    name = array.name
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise ValueError(f"no {name} in it, expected images and labels") from None
    # The others may need more memory for unpacking than a device has.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name}: compression {member.compress_type}, expected none or deflate")
    with archive.open(member) as file:
        dtype, shape, header_bytes = _header(file, name)
        fits = re.fullmatch(array.dtypes, dtype) and len(shape) == 1 + len(array.sides)
        if not fits or shape[1:] != array.sides or not shape[0]:
            raise ValueError(f"{name} are {dtype} {shape}, expected {array.expected}")
        row_bytes = prod(array.sides) * int(dtype[-1])
        if member.file_size != header_bytes + shape[0] * row_bytes:
            needed = f"their shape {shape} needs {shape[0] * row_bytes}"
            raise ValueError(f"{name} take {member.file_size - header_bytes} bytes, {needed}")
        count = min(shape[0], most)
        data = file.read(count * row_bytes)
    if len(data) < count * row_bytes:
        raise ValueError(f"{name}: cut short")
    code = _CODES[dtype[-1]]
    order = dtype[0].replace("|", "<")
    return data, shape[0], f"{order}{count}{code.upper() if dtype[1] == 'u' else code}"


def _header(file, name):
    """Read an array's header, without `eval`: its dtype, its shape and the header's length."""
    width = _VERSIONS.get(file.read(8))
    if not width:
        raise ValueError(f"{name}: no array of NumPy's")
    length = int.from_bytes(file.read(width), "little")
    if length > MAXIMUM_HEADER_BYTES:
        raise ValueError(f"{name}: a header of {length} bytes, at most {MAXIMUM_HEADER_BYTES}")
    match = _HEADER.fullmatch(file.read(length))
    if not match:
        raise ValueError(f"{name}: a header that is no plain array's")
    dtype, fortran, sides = (group.decode("latin-1") for group in match.groups())
    shape = tuple(int(side) for side in sides.split(",") if side.strip())
    if fortran == "True":
        raise ValueError(f"{name}: in Fortran order, expected C order")
    return dtype, shape, 8 + width + length
