"""The alphabet: the letters that are told apart, in the order of their class numbers."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import read_json, write_json

# The letters of the published corpora, А in class 0, Ё in 6, Я in 32.
RUSSIAN = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"

# How many letters an alphabet has: labels are bytes, and one of them is no letter.
FEWEST, MOST = 2, 200

# Signs of Unicode in a letter: some are written as several, Ĝ̃ or Dž.
LONGEST = 6


def letter_of(name: str) -> str | None:
    """Return the letter that a name says, its two cases in one; None if it is no letter.

    Composed: macOS takes Й in a file's name apart. Where a capital does not lead back to the small
    letter, as of ß or ς, the letter stays as it is.
    """
    letter = unicodedata.normalize("NFC", name)
    capital = unicodedata.normalize("NFC", letter.capitalize())
    if capital.lower() == letter.lower():
        letter = capital
    plain = letter.isprintable() and not any(map(str.isspace, letter))
    return letter if plain and 1 <= len(letter) <= LONGEST else None


def in_order(letters: Iterable[str]) -> list[str]:
    """Return letters in the order of Unicode's collation: Ё after Е, Є and Ґ where they belong.

    It is the order of no language in particular. Raises PipelineError if they are too few or many.
    """
    # It reads a table of all of Unicode.
    from pyuca import Collator

    ordered = sorted(letters, key=Collator().sort_key)
    if not FEWEST <= len(ordered) <= MOST:
        raise PipelineError(
            f"params.yaml: fetch.corpora: {len(ordered)} letters in them ({' '.join(ordered)}),"
            f" expected {FEWEST} to {MOST}; list those that you want in `alphabet`"
        )
    return ordered


def write(folder: Path, letters: list[str]) -> None:
    """Write the alphabet beside the letters in `folder`."""
    write_json(folder / "alphabet.json", {"letters": letters})


def read(folder: Path) -> list[str]:
    """Read the alphabet of the letters in `folder`; raises PipelineError if it is not there."""
    path = folder / "alphabet.json"
    if not path.exists():
        raise PipelineError(f"{path}: not found; run the stages `clean` and `split` first")
    return read_json(path)["letters"]
