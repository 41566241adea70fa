"""Programs that use `edge` can be checked with mypy, and what mypy is told is true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import edge
from tests.edge.processes import ENVIRONMENT

SOURCE = Path(edge.__file__).parent
# The modules with types, whose stubs lie beside them.
TYPED = ["edge.classifier", "edge.form", "edge.pack", "edge.png", "edge.reading"]

# A line that must be refused says so: `--strict` complains of those that need not.
PROGRAM = """
from pathlib import Path

import numpy

import edge
from edge.classifier import prepare
from edge.form import contact_sheet, cut
from edge.pack import PackError
from edge.png import Image, PngError, decode
from edge.reading import Text


def read(folder: Path) -> dict[str, float]:
    try:
        classifier = edge.load(folder / "a.safetensors", backend="numpy", threads=2)
    except PackError as error:
        raise SystemExit(f"{folder}: {error}") from None
    found: dict[str, float] = {}
    for path in folder.iterdir():
        prediction: edge.Prediction = classifier.classify(path)
        if prediction.sure and prediction.letters == 1:
            found[prediction.letter] = prediction.probability
        letter, probability, top = classifier.classify(path.read_bytes())
        found.update(top)
        found[letter] = probability
    return found


def drawn(data: bytes) -> Image:
    try:
        image = decode(data, strict=True)
    except PngError:
        raise SystemExit(1) from None
    assert len(image.rgba) == 4 * image.width * image.height
    return image


classifier: edge.Classifier = edge.load()
images = numpy.frombuffer(prepare("letter.png"), numpy.uint8).reshape(1, 28, 28)
likeliest: int = int(classifier.predict(images).argmax())
letters: list[str] = [classifier.letters[likeliest], classifier.classify(images[0]).letter]
found_text: Text = classifier.read_text("word.png", language=False, boxes=None)
for line in found_text.lines:
    left, top, right, bottom = line.letters[0].box
    letters += [line.text, *(each.letter for each in line.letters if each.letter is not None)]
print(edge.__version__, letters)
mine: edge.Classifier = edge.teach([Path("letter.png"), images[0]], letters, base=classifier)
mine.save("mine.safetensors")
taken = cut("form.jpg", classifier.letters)
Path("taken.png").write_bytes(contact_sheet(taken))

edge.load(backend="fast")  # type: ignore[arg-type]
classifier.classify(3)  # type: ignore[arg-type]
classifier.classify("letter.png").likelihood  # type: ignore[attr-defined]
decode("letter.png")  # type: ignore[arg-type]
"""


@pytest.fixture
def check(tmp_path):
    pytest.importorskip("mypy")

    def run(module, *arguments):
        return subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            env={**ENVIRONMENT, "MYPYPATH": os.fspath(SOURCE.parent)},
            check=False,
        )

    return run


def test_mypy_takes_a_program_that_uses_edge_and_refuses_what_is_wrong_in_it(check, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    result = check("mypy", "--strict", "program.py")
    assert result.stdout == "Success: no issues found in 1 source file\n", result.stderr


def test_the_types_are_those_of_the_code(check):
    options = ["--ignore-missing-stub", "--ignore-disjoint-bases", "--concise"]
    result = check("mypy.stubtest", *TYPED, *options)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr


def test_every_module_with_types_has_them_beside_it_and_the_package_says_so():
    assert (SOURCE / "py.typed").is_file()
    stubs = {path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.pyi")}
    names = {".".join(("edge", *path.parts)).removesuffix(".__init__") for path in stubs}
    assert names == {"edge", *TYPED}
