"""Check a wheel before it is released: its version, and that its model is the measured one.

    PYTHONPATH=edge/src python -m tools.release v1.0.0 dist

Writes `SHA256SUMS` and, from CHANGELOG.md, `NOTES.md` beside the wheel. It needs `edge` and the
standard library: the runner that releases has nothing else.
"""

import argparse
import hashlib
import json
import re
import zipfile
from pathlib import Path

from edge import pack

PACK = "edge/letters.safetensors"


class ReleaseError(Exception):
    """The wheel must not be released: one line that says why, and what to do."""


def main():
    """Check the wheel in the folder that the arguments name, and write the files beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="the tag of the release: v and the wheel's version")
    parser.add_argument("folder", type=Path, help="the folder that holds the wheel alone")
    arguments = parser.parse_args()
    try:
        wheel = the_wheel(arguments.folder)
        version = check_version(wheel, arguments.tag)
        check_model(wheel)
        notes = changes(Path("CHANGELOG.md"), version)
    except (ReleaseError, pack.PackError, OSError) as error:
        raise SystemExit(f"release: {error}") from None
    (arguments.folder / "NOTES.md").write_text(notes, encoding="utf-8")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (arguments.folder / "SHA256SUMS").write_text(f"{digest}  {wheel.name}\n", encoding="utf-8")
    print(f"{wheel}: {arguments.tag}, sha256 {digest}")


def the_wheel(folder):
    """Return the one wheel in a folder; raises ReleaseError if there is none, or more."""
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        found = f"{len(wheels)} wheels, expected 1"
        raise ReleaseError(f"{folder}: {found}; build into an empty folder")
    return wheels[0]


def check_version(wheel, tag):
    """Return the version in the wheel's metadata; raises ReleaseError unless the tag names it."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    version = re.search(r"^Version: (.+)$", text, flags=re.M)[1]
    if tag != f"v{version}":
        raise ReleaseError(
            f"{wheel}: version {version}, but the tag is {tag}; expected v{version}: change "
            "__version__ in edge/src/edge/__init__.py, or tag anew"
        )
    return version


def check_model(wheel):
    """Raise ReleaseError unless the wheel has a model of handwriting, the one that was measured."""
    with zipfile.ZipFile(wheel) as archive:
        if PACK not in archive.namelist():
            raise ReleaseError(f"{wheel}: no {PACK}; commit one with `python -m pipeline promote`")
        description = pack.parse(archive.read(PACK)).description
    if "strokes" in description["training"]["corpora"]:
        raise ReleaseError(
            f"{wheel}: its model was trained on `strokes`, a demonstration; run `dvc repro` beside "
            "the corpora, then `python -m pipeline promote`"
        )
    for method, suffix in (("random", ""), ("tail", "-tail")):
        path = Path(f"metrics/{method}/evaluate.json")
        for kind, shares in json.loads(path.read_text(encoding="utf-8"))["accuracy"].items():
            claimed = description["accuracy"].get(f"{kind}{suffix}")
            if claimed != shares["fp16"]:
                raise ReleaseError(
                    f"{wheel}: its model claims {claimed} on {kind}{suffix}, {path} says "
                    f"{shares['fp16']}; run `dvc repro`, then `python -m pipeline promote`"
                )


def changes(path, version):
    """Return what the changelog says of a version; raises ReleaseError unless it has a date."""
    expected = f"## {version} (YEAR-MONTH-DAY)"
    _, *sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.M)
    for section in sections:
        title, text = section.split("\n", 1)
        if title.split()[0] == version:
            if not re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", title.strip()):
                raise ReleaseError(f"{path}: `## {title}`, expected `{expected}`")
            return text.strip() + "\n"
    raise ReleaseError(f"{path}: nothing about {version}; add `{expected}`")


if __name__ == "__main__":
    main()
