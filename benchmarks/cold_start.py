"""Time `edge classify letter.png` as a whole process, beside a bare Python and `import numpy`.

    PYTHONPATH=.:edge/src python benchmarks/cold_start.py [--json] [--runs 20] [--wheel WHEEL]

The wheel, built from this checkout unless one is given, is installed by pip into an environment of
its own, with the NumPy of this one. The letters are those of CoMNIST if it is on this machine, RGBA
of 278x278 pixels as published, or drawn like them. The processes run in turn, so that a busy moment
of the machine slows all of them. Figures are medians over the runs, each on another letter.

It also measures from how many pictures on NumPy is quicker than the standard library alone: the
meaning of `edge.classifier.PURE_PICTURES`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from time import perf_counter

import numpy
from harness import ROOT, in_turn, run
from PIL import Image, ImageDraw

from edge import bench
from edge.classifier import PURE_PICTURES
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora.comnist import CORPUS
from tools.archives import in_reach

SIDE, PEN = 278, 15

# What `edge classify` may take at most, in bare starts and in starts with NumPy.
BARS = {"bare": 5, "numpy": 0.5}
COUNTS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
CROSSOVER_RUNS = 7


def install(folder, wheel):
    """Install the wheel, built here if none is given, and NumPy; return the environment's bin."""
    if wheel is None:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
        subprocess.run([*build, folder, ROOT / "edge"], check=True, stdout=subprocess.DEVNULL)
        (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [programs / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel, f"numpy=={numpy.__version__}"], check=True)
    return programs


def published(count):
    """Return `count` PNGs, of as many different letters as there are, and where they are from."""
    archive = in_reach(CORPUS)
    if archive is None:
        return [drawn(seed) for seed in range(count)], "drawn"
    with zipfile.ZipFile(archive) as opened:
        by_letter = {}
        for member in sorted(opened.namelist()):
            found = CORPUS.origin(member) if member.endswith(".png") else None
            if found and found.letter in RUSSIAN:
                by_letter.setdefault(found.letter, member)
        chosen = [member for _, member in sorted(by_letter.items())]
        chosen = [chosen[number % len(chosen)] for number in range(count)]
        return [opened.read(member) for member in chosen], CORPUS.name


def drawn(seed):
    """Draw a few strokes with CoMNIST's pen on a transparent picture."""
    points = numpy.random.default_rng(seed).integers(40, SIDE - 40, (6, 2))
    picture = Image.new("RGBA", (SIDE, SIDE))
    line = [tuple(point) for point in points.tolist()]
    ImageDraw.Draw(picture).line(line, fill=(0, 0, 0, 255), width=PEN, joint="curve")
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def seconds(command):
    """Time one process from its start to its end."""
    # As on a user's machine: no module from this checkout, and bytecode that pip has compiled.
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return perf_counter() - start


def medians(commands, runs):
    """Return the median seconds of commands by name; `commands` makes them for a run's number."""
    for command in commands(0).values():  # from now on the files are in the system's cache
        seconds(command)
    measured = in_turn(commands(0), runs, lambda name, number: seconds(commands(number)[name]))
    return {name: statistics.median(times) for name, times in measured.items()}


def cold_start(programs, pictures, runs):
    """Time `edge classify` of one picture, and Python without and with NumPy."""

    def commands(number):
        return {
            "bare": [programs / "python", "-c", "pass"],
            "numpy": [programs / "python", "-c", "import numpy"],
            "edge": [programs / "edge", "classify", pictures[number % len(pictures)]],
        }

    times = medians(commands, runs)
    ratios = {name: times["edge"] / times[name] for name in BARS}
    within = {name: ratios[name] <= bar for name, bar in BARS.items()}
    return {"seconds": times, "ratios": ratios, "bars": BARS, "within": within}


def crossover(programs, pictures, runs):
    """Time both backends on 1, 2, 4, ... pictures, and find where NumPy gets quicker."""
    counts = [count for count in COUNTS if count <= len(pictures)]
    edge = [programs / "edge", "classify"]

    def commands(number):
        # Different ones in every run: a letter with more ink takes longer.
        turned = pictures[number % len(pictures) :] + pictures[: number % len(pictures)]
        return {
            (backend, count): [*edge, "--backend", backend, *turned[:count]]
            for count in counts
            for backend in ("pure", "numpy")
        }

    by_command = medians(commands, runs)
    times = {name: [by_command[name, count] for count in counts] for name in ("pure", "numpy")}
    # Each is a line: the seconds of a start, and those of a picture.
    lines = {backend: numpy.polyfit(counts, values, 1) for backend, values in times.items()}
    slope, start = lines["pure"] - lines["numpy"]
    return {
        "pictures": counts,
        "seconds": times,
        "seconds_a_picture": {backend: line[0] for backend, line in lines.items()},
        "crossover": -start / slope if slope > 0 else None,
        "constant": PURE_PICTURES,
    }


def table(report):
    """Return a report as text."""
    start, cross = report["cold_start"], report["crossover"]
    names = {"bare": "python -c pass", "numpy": "import numpy", "edge": "edge classify"}
    lines = [f"{names[name]:16}{value * 1e3:7.1f} ms" for name, value in start["seconds"].items()]
    for name, ratio in start["ratios"].items():
        verdict = "within" if start["within"][name] else "MORE THAN"
        lines.append(f"edge / {names[name]}: {ratio:.2f}, {verdict} {start['bars'][name]}")
    lines += ["", "pictures   pure    numpy"]
    for count, pure, with_numpy in zip(cross["pictures"], *cross["seconds"].values(), strict=True):
        lines.append(f"{count:8}{pure * 1e3:7.0f}{with_numpy * 1e3:9.0f} ms")
    place = "nowhere" if cross["crossover"] is None else f"at {cross['crossover']:.1f} pictures"
    lines.append(f"the lines cross {place}; PURE_PICTURES is {cross['constant']}")
    lines.append(f"letters: {report['letters']}")
    return "\n".join(lines)


def measure(runs, pictures, wheel, programs):
    """Install the wheel unless `programs` has it, time its processes and return the report."""
    wheel, programs = wheel and wheel.resolve(), programs and programs.absolute()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = programs or install(folder, wheel)
        data, source = published(pictures)
        paths = [folder / f"{number}.png" for number in range(len(data))]
        for path, content in zip(paths, data, strict=True):
            path.write_bytes(content)
        return {
            "runs": runs,
            "letters": source,
            "device": bench.device(),
            "cold_start": cold_start(programs, paths, runs),
            "crossover": crossover(programs, paths, min(CROSSOVER_RUNS, runs)),
        }


if __name__ == "__main__":
    run(
        __doc__,
        measure,
        table,
        runs=(20, "runs of each process"),
        pictures=(64, "at most, where backends cross"),
        wheel=(Path, "a wheel to install instead of a new one"),
        programs=(Path, "installed already: a folder with edge in it"),
    )
