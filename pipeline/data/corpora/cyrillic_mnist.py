"""Cyrillic-MNIST: pen and pencil on paper, scanned (Tleubayev et al., LREC 2022, 2022.lrec-1.510).

A name is `<a>_<p>_<index>_<timestamp>.png`. `a` is the index of the letter on the sheet; `p` is a
classifier's guess, neither the label nor the case. Uppercase and lowercase sheets were cut with two
different alphabets, and reading all names with one of them mistakes 707 Ч for Ц.
"""

import re
from pathlib import PurePosixPath

from pipeline.data.corpora.corpus import Corpus, Origin

LOWERCASE_ALPHABET = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"
UPPERCASE_ALPHABET = "".join(letter for letter in LOWERCASE_ALPHABET if letter not in "ҺЪЬ")

# In some fifty names the 14 digits of the time are followed by one more, to tell two files apart.
_NAME = re.compile(r"(\d{1,2})_\d+_(\d+)_(\d{14})\d?\.png")

_FIRST_LOWERCASE_SHEET = "20190729095800"


def origin(member: str) -> Origin | None:
    """Read letter, case and capture order off a member's path, None if it is not such a name."""
    path = PurePosixPath(member)
    match = _NAME.fullmatch(path.name)
    if match is None or path.parent.name != "allgr":
        return None
    index, timestamp = int(match[1]), match[3]
    uppercase = timestamp < _FIRST_LOWERCASE_SHEET or (
        index == 35 and timestamp.startswith("20190730")
    )
    alphabet = UPPERCASE_ALPHABET if uppercase else LOWERCASE_ALPHABET
    if index >= len(alphabet):
        return None
    case = "uppercase" if uppercase else "lowercase"
    return Origin(alphabet[index], case, (timestamp, int(match[2])))


CORPUS = Corpus(
    name="cyrillic-mnist",
    kind="scans",
    archive="cyrillic-mnist.zip",
    origin=origin,
    url="https://codeload.github.com/bolattleubayev/cmnist/zip/adc9aa40ace165c279a46851303519bf07274798",
    sha256="d59469514cef4d2a976148023026e3b8ee081289217afd4d05f194e06a3ff674",
    members_sha256="bb76b39b4fde50e0123053d160995dcc2336b186e2c38dc5c9fe34b74a3af8f0",
)
