"""A folder of one's own: `corpora/<name>/<letter>/` with any pictures that `edge` reads.

The folder of a letter is named after it, in either case, and may have folders in it. The order of
the names is taken for that of the writing.
"""

import zipfile
from pathlib import Path, PurePosixPath

from edge.folders import ENDINGS
from pipeline.data.alphabet import letter_of
from pipeline.data.corpora.corpus import Corpus, Origin
from pipeline.errors import PipelineError
from pipeline.files import replacing

FOLDERS = Path("corpora")

# The run of all pictures: the name of their folder need not tell their case.
RUN = "unknown"


def origin(member: str) -> Origin | None:
    """Read the letter off a picture's path in the folder, None if it lies in no letter's folder."""
    folder, *rest = PurePosixPath(member).parts
    letter = letter_of(folder) if rest else None
    return Origin(letter, RUN, (member,)) if letter else None


def corpus(name: str) -> Corpus:
    """Return the corpus of a folder's name."""
    return Corpus(
        name=name,
        kind=name,
        archive=f"{name}.zip",
        origin=origin,
        own=True,
    )


def write_archive(folder: Path, path: Path) -> int:
    """Put the pictures of a folder into a ZIP, the same bytes each time; return their number.

    Hidden files, and what is no picture by its name, are left out. Raises PipelineError if the
    folder is missing, or if there is no picture in it.
    """
    if not folder.is_dir():
        raise PipelineError(
            f"params.yaml: fetch.corpora: {folder.name} is no published corpus, and {folder}/ is"
            " no folder; make it, with a folder of pictures for each letter"
        )
    names = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*")}
    wanted = [
        name
        for name in sorted(names)
        if name.lower().endswith(ENDINGS) and not any(p.startswith(".") for p in name.split("/"))
    ]
    if not wanted:
        raise PipelineError(f"{folder}: no picture in it, expected {folder}/А/1.png or the like")
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in wanted:
            # A ZipInfo made by hand is dated 1980 and not today.
            archive.writestr(zipfile.ZipInfo(name), names[name].read_bytes())
    return len(wanted)
