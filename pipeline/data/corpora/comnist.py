"""CoMNIST: drawn with a finger or a mouse on a screen (Vial, 2017), CC BY-SA 4.0.

A picture lies in the folder of its letter. Most names begin with the Unix time of the drawing in
eight hexadecimal digits; nothing names the writer, but one who draws letter after letter makes no
long pause.
"""

import re
from pathlib import PurePosixPath

from pipeline.data.corpora.corpus import UNTIMED, Corpus, Origin

SESSION_GAP = 600  # seconds

_TIME = re.compile(r"[0-9a-f]{8}")


def origin(member: str) -> Origin | None:
    """Read letter and time off a member's path, None if it is not in a letter's folder."""
    path = PurePosixPath(member)
    # macOS puts a "._" beside each file that it packs.
    if path.parent.parent.name != "Cyrillic" or path.name.startswith("._"):
        return None
    match = _TIME.match(path.name)
    if match is None:
        return Origin(path.parent.name, UNTIMED, (0, path.name))
    return Origin(path.parent.name, "timed", (int(match[0], 16), path.name))


def sessions(origins: list[Origin]) -> list[str]:
    """Name each picture's session by the time of its first one, a run without time as it was."""
    names = {}
    last = -SESSION_GAP - 1
    for time in sorted({origin.position[0] for origin in origins if origin.run != UNTIMED}):
        names[time] = names[last] if time - last <= SESSION_GAP else f"{time:x}"
        last = time
    return [UNTIMED if origin.run == UNTIMED else names[origin.position[0]] for origin in origins]


CORPUS = Corpus(
    name="comnist",
    kind="touch",
    archive="comnist.zip",
    origin=origin,
    sessions=sessions,
    # No commit is pinned: the digests are, and any packing of the same pictures will do.
    url="https://github.com/GregVial/CoMNIST/raw/master/images/Cyrillic.zip",
    sha256="8390447012b4636a134aa4d384a52c668cd1f903a2bd99042baa14fe363938ab",
    members_sha256="6d409baea77b8c4f658f894ed2eea5dc0e7b1c506a62bc6f84fc331782442c55",
)
