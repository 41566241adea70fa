"""What the tests of the stages share: a workplace of their own, and small archives."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
import yaml
from PIL import Image

from edge.alphabet import LETTERS
from pipeline import params, robustness
from pipeline.corpora import strokes
from pipeline.files import RAW
from pipeline.nn.network import Network
from pipeline.stages import clean, export, split

ROOT = Path(__file__).parents[2]

NETWORK = {
    "input_shape": [28, 28],
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 33}],
}


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty checkout: parameters, and neither a corpus nor a way to one."""
    folder = tmp_path / "a" / "checkout"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "params.yaml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("BUKVA_MIRROR", raising=False)
    # Nothing listens there: whatever the machine reaches, the tests reach nothing.
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    return folder


@pytest.fixture
def committed(tmp_path):
    """A clone of what is committed, whatever experiments have made of the checkout around it."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout: nothing says what was committed")
    folder = tmp_path / "committed"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture
def stage(workplace):
    """Run `python -m pipeline ARGUMENTS` in the workplace, as DVC does."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=workplace,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}"}
            | environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def set_params(workplace):
    """Change parameters, named as `dvc exp run -S` names them, and give the whole of them."""

    def change(**changes):
        document = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
        for name, value in changes.items():
            *sections, key = name.split("__")
            place = document
            for section in sections:
                place = place[section]
            place[key] = value
        Path("params.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
        return params.read()

    return change


def clean_strokes(letters_per_class):
    """Draw so many letters of each class, and clean them, in the working directory."""
    RAW.mkdir(parents=True)
    strokes.write_archive(RAW / "strokes.zip", letters_per_class, 7)
    clean.clean(strokes.CORPUS, RAW / "strokes.zip")


@pytest.fixture
def letter():
    """An uneven letter that does not stand in the middle, uint8 (90, 90)."""
    page = numpy.full((90, 90), 255, numpy.uint8)
    page[20:70, 10:16] = 40
    page[20:26, 10:40] = 0
    return page


@pytest.fixture
def exported(workplace, set_params):
    """A workplace with letters and a pack, of a network that has learned nothing."""
    clean_strokes(20)
    params = set_params(split__test_per_letter=10, robustness__letters_per_class=1)
    split.run(params, "random")
    weights = Network(NETWORK, numpy.random.default_rng(1)).parameters
    description = {"format": 1, "letters": LETTERS, "network": NETWORK, "preparation": {}}
    description |= {"profile": "test", "training": {"corpora": ["strokes"]}, "accuracy": {}}
    export.write_pack(robustness.PACK, description, weights)
    return params


def picture(seed, size=(28, 28), shade=20):
    """Encode a small gray PNG with some ink on it, another one for every seed."""
    image = Image.new("L", size, 255)
    for bit in range(16):
        if seed >> bit & 1:
            image.paste(
                shade, (6 + bit % 4 * 4, 6 + bit // 4 * 4, 9 + bit % 4 * 4, 9 + bit // 4 * 4)
            )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def scans(per_letter=4):
    """Name and encode pictures of all 33 letters as Cyrillic-MNIST has them, lowercase sheets."""
    from pipeline.corpora.cyrillic_mnist import LOWERCASE_ALPHABET

    return {
        f"allgr/{LOWERCASE_ALPHABET.index(letter)}_0_{index}_20190729110000.png": picture(
            1 + number * per_letter + index
        )
        for number, letter in enumerate(LETTERS)
        for index in range(per_letter)
    }


def write_zip(path, members):
    """Write members, a dict of names to bytes, to a ZIP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def remains(folder):
    """List the files below a folder, to see that nothing half-written is left."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
