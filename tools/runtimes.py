"""Try the exported ONNX models in other runtimes: the code of docs/runtimes.md, on test letters.

    python -m tools.runtimes [SECTION ...] [--json FILE]

Every runtime is installed, once, from PyPI or npm into the user's cache. Its code reads the letters
at once, and some of them singly, and the answers are compared with those of `edge`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy

import edge
from pipeline import params
from pipeline.data.letters import drawn, read_split
from pipeline.errors import PipelineError
from pipeline.files import EXPORT, write_json
from tools.pages.runtimes import comparison

PAGE = Path(__file__).parents[1] / "docs/runtimes.md"
ALL = FP32, FP16, FLOAT = "fp32/letters.onnx", "fp16/letters.onnx", "fp32/letters.float.onnx"
LETTERS, SINGLY = 300, 10


class Trial(NamedTuple):
    """A section of the page, what to install for its code, and the files that it is tried on."""

    section: str
    packages: Sequence[str]
    """For pip; for npm, if the section is JavaScript."""
    files: Sequence[str]


TRIALS = [
    Trial("ONNX Runtime", ["onnxruntime"], ALL),
    Trial("onnxruntime-node", ["onnxruntime-node"], [FP32, FP16]),
    Trial("onnxruntime-web", ["onnxruntime-web"], [FP32, FP16]),
    # Of Debian 12 and 13, which Raspberry Pi OS is made of, and the newest.
    Trial("OpenCV", ["opencv-python-headless==4.6.0.66", "numpy<2"], [FP32, FLOAT]),
    Trial("OpenCV", ["opencv-python-headless==4.10.0.84", "numpy<2"], ALL),
    Trial("OpenCV", ["opencv-python-headless>=5"], ALL),
    Trial("OpenVINO", ["openvino"], ALL),
    Trial("MNN", ["MNN", "numpy"], [FP32, FP16]),
    Trial("tract", ["tract", "numpy"], [FP32, FP16]),
    Trial("tinygrad", ["tinygrad", "numpy"], ALL),
    Trial("PyTorch", ["onnx2torch", "torch"], [FP32, FLOAT]),
    Trial("ncnn", ["ncnn", "pnnx"], [FLOAT]),
    Trial("TFLite", ["ai-edge-litert", "onnx2tf", "tensorflow-cpu"], [FLOAT]),
]

# Both take names of files of pictures, and write `NAME.probabilities` for each.
PYTHON = """
import sys
import numpy
code = open("code", encoding="utf-8").read()
for name in sys.argv[1:]:
    images = numpy.fromfile(name, numpy.uint8).reshape(-1, 28, 28)
    scope = {"images": images, "ink": 1 - images[:, None].astype(numpy.float32) / 255}
    exec(code, scope)
    numpy.asarray(scope["probabilities"], numpy.float32).tofile(f"{name}.probabilities")
"""
JAVASCRIPT = """
const fs = require("node:fs");
async function read(images) {
%s
return probabilities.data;
}
(async () => {
    for (const name of process.argv.slice(2)) {
        const images = new Uint8Array(fs.readFileSync(name));
        fs.writeFileSync(`${name}.probabilities`, await read(images));
    }
})();
"""


def main() -> bool:
    """Try the runtimes of the arguments and print a table; return whether any did not agree."""
    sections = list(dict.fromkeys(trial.section for trial in TRIALS))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = f"one of {', '.join(sections)}; by default all"
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=known)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    arguments = parser.parse_args()
    wanted = arguments.sections or sections
    try:
        if unknown := set(wanted) - set(sections):
            raise PipelineError(f"{min(unknown)}: no such runtime; expected {known}")
        rows = measure([trial for trial in TRIALS if trial.section in wanted])
    except PipelineError as error:
        raise SystemExit(f"runtimes: {error}") from None
    if arguments.json:
        write_json(arguments.json, rows)
    print(comparison(rows), end="")
    return not all(map(agrees, rows))


def measure(trials: Sequence[Trial]) -> list[dict]:
    """Install and try the runtimes; return a row for each file that each has read.

    Raises PipelineError if there are no exported models or no test letters.
    """
    images = pictures()
    expected = {precision: read_here(precision, images) for precision in ("fp32", "fp16")}
    rows = []
    for trial in trials:
        print(f"{trial.section}: {', '.join(trial.packages)}", flush=True)
        for file in trial.files:
            row = {"runtime": trial.section, "packages": "", "file": file}
            try:
                folder = installed(trial)
                row |= versions(trial, folder)
                answers = expected[file.partition("/")[0]]
                row |= attempt(trial, folder, file, images, answers)
            except (PipelineError, ValueError) as error:
                row["error"] = str(error)
            rows.append(row)
    return rows


def pictures() -> numpy.ndarray:
    """Return test letters of all corpora alike, uint8 (n, 28, 28), the same ones every time."""
    parts = read_split(params.read().split.method, "test")
    return drawn(parts, LETTERS, numpy.random.default_rng(1)).images


def read_here(precision: str, images: numpy.ndarray) -> numpy.ndarray:
    """Return what `edge` reads with the exported pack of a precision."""
    path = EXPORT / precision / "letters.safetensors"
    if not path.exists():
        raise PipelineError(f"{path}: not found; run the stage `package` first")
    return edge.load(path, "numpy").predict(images)


def is_javascript(trial: Trial) -> bool:
    """Return whether a section's code is JavaScript."""
    return "js" in code_of(trial.section)


def code_of(section: str) -> dict[str, str]:
    """Return the code in a section of the page, by its language."""
    text = PAGE.read_text(encoding="utf-8")
    _, _, after = text.partition(f"\n## {section}\n")
    part, _, _ = after.partition("\n## ")
    return dict(re.findall(r"^```(\w+)\n(.*?)^```", part, flags=re.M | re.S))


def installed(trial: Trial) -> Path:
    """Return the folder of an environment for a trial; make it unless it is there.

    Raises PipelineError if its packages cannot be installed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "bukva/runtimes" / re.sub(r"[^\w.]+", "-", "-".join(trial.packages))
    # An environment cannot be renamed: its programs have its name in them.
    whole = folder / ".installed"
    if whole.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    if is_javascript(trial):
        folder.mkdir(parents=True)
        # The libraries for a CPU are in the packages; scripts would fetch those for others.
        run(["npm", "install", "--ignore-scripts", *trial.packages], folder)
    else:
        venv.create(folder, with_pip=True)
        run([folder / "bin/python", "-m", "pip", "install", "-q", *trial.packages], folder)
    whole.touch()
    return folder


def versions(trial: Trial, folder: Path) -> dict[str, str]:
    """Return the versions of the packages, and the `language` that runs them."""
    names = [re.split("[<>=]", package)[0] for package in trial.packages]
    if is_javascript(trial):
        packages = [folder / "node_modules" / name / "package.json" for name in names]
        found = [json.loads(path.read_bytes())["version"] for path in packages]
        language = f"Node {run(['node', '--version'], folder).strip()}"
    else:
        code = "import platform, sys; from importlib.metadata import version;"
        code += "print(platform.python_version(), *map(version, sys.argv[1:]))"
        python, *found = run([folder / "bin/python", "-c", code, *names], folder).split()
        language = f"Python {python}"
    said = [f"{name} {version}" for name, version in zip(names, found, strict=True)]
    return {"packages": ", ".join(said), "language": language}


def attempt(
    trial: Trial, folder: Path, file: str, images: numpy.ndarray, expected: numpy.ndarray
) -> dict:
    """Read letters at once, and some singly; return how many are read as expected, and how far off.

    Raises PipelineError on code that fails, ValueError on probabilities of another shape.
    """
    code = code_of(trial.section)
    if file == FLOAT:
        code = {language: of_ink(text) for language, text in code.items()}
    names = ["all", *map(str, range(SINGLY))]
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        shutil.copy(EXPORT / file, work)
        for name, part in zip(names, [images, *images[:SINGLY]], strict=True):
            part.tofile(work / name)
        if "sh" in code:
            run(["sh", "-ec", code["sh"]], work, folder)
        if is_javascript(trial):
            (work / "node_modules").symlink_to(folder / "node_modules")
            (work / "read.cjs").write_text(JAVASCRIPT % code["js"], encoding="utf-8")
            run(["node", "read.cjs", *names], work)
        else:
            (work / "code").write_text(code["python"], encoding="utf-8")
            run([folder / "bin/python", "-c", PYTHON, *names], work)
        read = [numpy.fromfile(work / f"{name}.probabilities", numpy.float32) for name in names]
    at_once = read[0].reshape(expected.shape)
    singly = numpy.reshape(read[1:], (SINGLY, expected.shape[1]))
    away = abs(
        numpy.concatenate([at_once, singly]) - numpy.concatenate([expected, expected[:SINGLY]])
    )
    return {
        "at_once": compared(at_once, expected),
        "singly": compared(singly, expected[:SINGLY]),
        "difference": float(away.max()),
    }


def of_ink(code: str) -> str:
    """Return code that reads images as code that reads their ink."""
    return code.replace("letters.onnx", "letters.float.onnx").replace("images", "ink")


def compared(shares: numpy.ndarray, expected: numpy.ndarray) -> dict[str, int]:
    """Return of how many letters the likeliest is the expected one."""
    same = shares.argmax(axis=1) == expected.argmax(axis=1)
    return {"letters": len(same), "same": int(same.sum())}


def agrees(row: dict) -> bool:
    """Return whether a runtime has read all letters as `edge` does."""
    return "error" not in row and all(
        row[way]["same"] == row[way]["letters"] for way in ("at_once", "singly")
    )


def run(command: Sequence, where: Path, environment: Path | None = None) -> str:
    """Run a command, with an environment's programs first, and return its standard output.

    Raises PipelineError with the last line that it has said if it fails.
    """
    path = os.pathsep.join([*([f"{environment}/bin"] if environment else []), os.environ["PATH"]])
    # Nothing of this checkout, and nothing that pip has been told elsewhere.
    variables = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables.pop("PYTHONPATH", None)
    try:
        process = subprocess.run(
            list(map(str, command)),
            cwd=where,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise PipelineError(f"{command[0]}: not found; install it") from None
    if process.returncode:
        said = (process.stderr + process.stdout).strip().splitlines()
        what = said[-1] if said else f"status {process.returncode}"
        raise PipelineError(f"{Path(str(command[0])).name}: {what}")
    return process.stdout


if __name__ == "__main__":
    sys.exit(main())
