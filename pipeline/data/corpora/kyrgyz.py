"""The Russian letters of the Database of 36 Kyrgyz letters (Zhumaev): ballpoint on forms, scanned.

A name is `img<sheet>_<row>_<column>.png`, in the folder of its letter. A sheet is a form of one
letter, or two, which several people have filled in. The sheets come in six rounds of all letters,
each filled in by people of its own, as far as can be seen. No terms of use are stated.
"""

import io
import re
import zipfile
from bisect import bisect
from pathlib import Path, PurePosixPath

import numpy
from PIL import Image

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora.corpus import Corpus, Origin, open_archive, read_member, read_members
from pipeline.errors import PipelineError

UPSTREAM_SIDE = 134  # pixels

# The first sheet of every round. Sheet 132, with П, is of the fourth, which has no other: from
# column to column its letters differ as those of that round do.
ROUNDS = (1, 35, 67, 100, 133, 166)

# The newest round lacks С. The one before it has all letters: it counts as newer, and so it is the
# one that is tested on.
TESTED = 5

# ITU-R BT.601, section 2.5.1.
LUMA = (0.299, 0.587, 0.114)

_NAME = re.compile(r"img(\d+)_(-?\d+)_(-?\d+)\.png")


def origin(member: str) -> Origin | None:
    """Read letter, round and place on the sheet off a member's path, None if it is no such name."""
    path = PurePosixPath(member)
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    sheet, row, column = map(int, match.groups())
    number = bisect(ROUNDS, sheet)
    place = (number == TESTED, sheet, row, column)
    return Origin(path.parent.name, f"round {number}", place)


def rounds(origins: list[Origin]) -> list[str]:
    """Name each picture's round: a split that divided one would share writers."""
    return [origin.run for origin in origins]


def make(source: Path, target: Path) -> None:
    """Write the archive, gray pictures half as large, from upstream's of pictures in colour.

    Raises PipelineError if that is damaged or holds other pictures.
    """
    with open_archive(source) as archive, zipfile.ZipFile(target, "w") as made:
        for member, origin in read_members(archive, CORPUS):
            if origin is None or origin.letter not in RUSSIAN:
                continue
            try:
                picture = halved(_opened(read_member(archive, member)))
            except ValueError as error:
                raise PipelineError(f"{source}: member {member.filename}: {error}") from None
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "PNG")
            name = f"letters/{origin.letter}/{PurePosixPath(member.filename).name}"
            # A ZipInfo made by hand is dated 1980 and not today.
            made.writestr(zipfile.ZipInfo(name), file.getvalue())


def halved(picture: Image.Image) -> numpy.ndarray:
    """Return a picture on white paper, its luma half as large: uint8 (67, 67).

    Raises ValueError if it is not 134x134.
    """
    if picture.size != (UPSTREAM_SIDE, UPSTREAM_SIDE):
        raise ValueError(f"found {picture.size}, expected {UPSTREAM_SIDE}x{UPSTREAM_SIDE} pixels")
    rgba = numpy.asarray(picture.convert("RGBA"), numpy.float64)
    on_white = 255 - (255 - rgba[..., :3]) * rgba[..., 3:] / 255
    luma = numpy.rint(on_white @ LUMA).astype(numpy.uint16)
    side = UPSTREAM_SIDE // 2
    sums = luma.reshape(side, 2, side, 2).sum(axis=(1, 3))
    return ((sums + 2) // 4).astype(numpy.uint8)


def pixels(data: bytes) -> bytes:
    """Return the pixels of a gray picture; raises ValueError if it is damaged."""
    return _opened(data).convert("L").tobytes()


def _opened(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except (OSError, SyntaxError) as error:
        raise ValueError(error) from None
    return picture


CORPUS = Corpus(
    name="kyrgyz",
    kind="forms",
    archive="kyrgyz-letters.zip",
    origin=origin,
    sessions=rounds,
    url="https://codeload.github.com/IlgizZhumaev/Database-of-36-Kyrgyz-letters/zip/bdb67ae3db9704532df150547490ec0951f9a8d2",
    sha256="ed45c0a52b901fab599b94126291c950e31cb9f0625eb09abcd0a606203c1dde",
    members_sha256="1b6e62d91f0c299fa5ba8a5da01b5d90611e6c360eed82c1ebf1449831abb9ba",
    content=pixels,
    make=make,
)
