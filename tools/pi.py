"""Try the wheel on a Raspberry Pi's userlands: Debian's own Python and NumPy, on this PC.

    sudo make pi    or    python -m tools.pi [USERLAND ...] [--json FILE]

Each userland, a Debian release for an architecture, is unpacked once into the user's cache and run
under qemu. There the wheel is installed as the pages tell a Pi's owner to; `edge` passes its own
tests, reads letters that this PC's `edge` reads too, and runs its benchmark.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy
from build import ProjectBuilder

import edge
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import CORPORA, strokes
from pipeline.data.corpora.corpus import open_archive, read_member, read_members
from pipeline.errors import PipelineError
from pipeline.files import replacing, write_json
from tools.archives import in_reach
from tools.userlands import enter, qemu, refuse, run, unpack

# The last one has the oldest Python and NumPy that `edge` supports, at the full speed of a PC.
USERLANDS = ["bookworm-arm64", "bullseye-arm64", "bookworm-armhf", "bullseye-amd64"]
# pytest, and what it needs before Python 3.11; pip would choose by the Python of this PC.
TEST_PACKAGES = ["pytest<9", "exceptiongroup", "tomli", "typing_extensions"]

# What a backend without NumPy refuses is not given to others.
READER = edge.load(backend="pure")

# Failed tests are counted from their report; any other failure ends the run.
COMMANDS = """
python3 -m venv --system-site-packages /tmp/edge
/tmp/edge/bin/pip install --no-index /mnt/edge-*.whl
/tmp/edge/bin/edge classify --json /mnt/letters/*.png > "$RESULTS/answers"
/tmp/edge/bin/edge bench --json --images /mnt/letters.npz > "$RESULTS/bench"
/tmp/edge/bin/pip install --no-index /mnt/packages/*.whl
cd /mnt/checkout
/tmp/edge/bin/python -m pytest -p no:cacheprovider --junitxml="$RESULTS/tests" || true
"""


def main():
    """Try the userlands of the arguments and print a table; return whether anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = f"RELEASE-ARCHITECTURE, by default {', '.join(USERLANDS)}"
    parser.add_argument("userlands", nargs="*", metavar="USERLAND", help=known)
    parser.add_argument("--wheel", type=Path, help="the wheel to try; else built from edge/")
    parser.add_argument("--letters", type=int, default=500, help="how many to read (default: 500)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    arguments = parser.parse_args()
    names = list(dict.fromkeys(arguments.userlands or USERLANDS))
    try:
        refuse(names)
        if arguments.letters < 1:
            raise PipelineError(f"--letters: {arguments.letters}, expected at least 1")
        rows = measure(names, arguments.wheel, arguments.letters)
    except PipelineError as error:
        raise SystemExit(f"pi: {error}") from None
    print(table(rows))
    if arguments.json:
        write_json(arguments.json, rows)
    return any(row["tests"]["failed"] or row["differing"] for row in rows)


def measure(names, wheel, count):
    """Try the wheel on every userland, one for each core at a time; return a row for each."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bukva/pi"
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        stage = Path(folder)
        wheel = lay_out(stage, cache, wheel, count)
        expected = answers_here(stage, wheel)
        return list(pool.map(partial(attempt, cache=cache, stage=stage, expected=expected), names))


def lay_out(stage, cache, wheel, count):
    """Put what all userlands get into the folder `stage`; return the wheel in it."""
    if wheel is None:
        wheel = Path(ProjectBuilder("edge").build("wheel", stage))
    elif wheel.exists():
        wheel = Path(shutil.copy(wheel, stage))
    else:
        raise PipelineError(f"{wheel}: not found; without --wheel one is built from edge/")
    (stage / "letters").mkdir()
    for number, data in enumerate(letters(stage, count)):
        (stage / f"letters/{number:05}.png").write_bytes(data)
    shutil.copytree("tests/edge", stage / "checkout/tests/edge")
    shutil.copy("pyproject.toml", stage / "checkout")
    if not (cache / "packages").exists():
        with replacing(cache / "packages") as target:
            # No platform and no ABI: pure Python, which every userland can install.
            options = "--only-binary=:all: --python-version=3.9 --abi=none --platform=any"
            pip = [sys.executable, "-m", "pip", "download", "-qq", *options.split()]
            run([*pip, "--dest", target, *TEST_PACKAGES])
    shutil.copytree(cache / "packages", stage / "packages")
    return wheel


def letters(stage, count):
    """Return `count` published PNGs, of all corpora on this machine, or drawn ones without any."""
    archives = {corpus: path for corpus in CORPORA.values() if (path := in_reach(corpus))}
    if not archives:
        archives[strokes.CORPUS] = stage / "strokes.zip"
        strokes.write_archive(stage / "strokes.zip", -(-count // len(RUSSIAN)), seed=1)
    streams = [shuffled(corpus, path) for corpus, path in archives.items()]
    return islice(chain.from_iterable(zip(*streams, strict=False)), count)


def shuffled(corpus, path):
    """Yield the PNGs of a corpus that show a letter, in the same order every time."""
    with open_archive(path) as archive:
        read = read_members(archive, corpus)
        members = [member for member, origin in read if origin and origin.letter in RUSSIAN]
        for member in random.Random(1).sample(members, len(members)):
            data = read_member(archive, member)
            try:
                prepared(data)
            except ValueError:
                continue
            yield data


def prepared(picture):
    """Prepare a path's or bytes' letter as every backend does, without the network that finds ink.

    Raises ValueError on a picture that is not clean, or has none or several.
    """
    (letter,) = READER.letters_in(picture)
    if letter.letters > 1:
        raise ValueError("it may be several letters")
    (view,) = letter.views
    return view


def answers_here(stage, wheel):
    """Return what the wheel's `edge` reads in the letters on this PC; write them for the benchmark.

    Its labels are these answers, so that its accuracy is how often both machines agree.
    """
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(stage / "here")
    paths = sorted((stage / "letters").iterdir())
    command = [sys.executable, "-m", "edge", "classify", "--json", *paths]
    # The working directory comes before PYTHONPATH.
    environment = {**os.environ, "PYTHONPATH": str(stage / "here")}
    said = run(command, cwd=stage, env=environment, stdout=subprocess.PIPE).stdout
    found = answers(said.decode())
    images = numpy.frombuffer(b"".join(map(prepared, paths)), numpy.uint8)
    labels = [RUSSIAN.index(letter) for letter, _ in found.values()]
    numpy.savez(stage / "letters.npz", images=images.reshape(-1, 28, 28), labels=labels)
    return found


def attempt(name, cache, stage, expected):
    """Run everything in a userland, which is unpacked unless the cache has it; return its row."""
    with (cache / f"{name}.log").open("wb") as log:
        print(f"{name}: the log is {log.name}", flush=True)
        if not (cache / name).exists():
            unpack(name, cache / name, log)
        results = stage / name
        results.mkdir()
        # If it is set, the tests have no time limits.
        emulated = {"EDGE_EMULATED": "yes"} if qemu(name) else {}
        enter(name, cache / name, stage, COMMANDS, log, RESULTS=f"/mnt/{name}", **emulated)
    bench = json.loads((results / "bench").read_text(encoding="utf-8"))
    suite = xml.etree.ElementTree.parse(results / "tests").find("testsuite")
    tests, *others = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
    differing, away = compare(expected, answers((results / "answers").read_text(encoding="utf-8")))
    return {
        "userland": name,
        "emulated": bool(emulated),
        "python": bench["device"]["python"],
        "numpy": bench["device"]["numpy"],
        "tests": {"passed": tests - sum(others), "failed": sum(others[:2]), "skipped": others[2]},
        "letters": len(expected),
        "differing": differing,
        "largest_difference": away,
        "bench": bench,
    }


def answers(text):
    """Read what `edge classify --json` prints: letter and probability by the picture's name."""
    records = map(json.loads, text.splitlines())
    return {Path(r["path"]).name: (r["letter"], r["probability"]) for r in records}


def compare(expected, found):
    """Return the answers whose letter differs or is missing, and how far the others differ at most.

    That is a difference of probabilities, None if there are no others.
    """
    read = {name: (letter, found.get(name, (None,))[0]) for name, (letter, _) in expected.items()}
    differing = {name: list(pair) for name, pair in read.items() if pair[0] != pair[1]}
    away = [abs(expected[name][1] - found[name][1]) for name in expected.keys() - differing.keys()]
    return differing, max(away, default=None)


def table(rows):
    """Return the rows as text for people."""
    form = "{:<16} {:<8} {:<8} {:<32} {}".format
    lines = [form("userland", "Python", "NumPy", "tests", "letters read as on this PC")]
    for row in rows:
        tests = ", ".join(f"{count} {what}" for what, count in row["tests"].items())
        same = f"{row['letters'] - len(row['differing'])} of {row['letters']}"
        lines.append(form(row["userland"], row["python"], row["numpy"], tests, same))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
