"""What the tests share: a workplace of their own, and small archives."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from unittest import mock

import numpy
import pytest
import yaml
from PIL import Image

from pipeline import params
from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import strokes
from pipeline.data.corpora.cyrillic_mnist import LOWERCASE_ALPHABET
from pipeline.export import write_pack
from pipeline.files import CLEAN, EXPORT, RAW
from pipeline.nn.network import Network
from pipeline.stages import clean, split

ROOT = Path(__file__).parents[2]

# The parameters that the tests change: whatever those are that somebody trains with meanwhile.
PARAMS = Path(__file__).with_name("params.yaml")

NETWORK = {
    "input_shape": [28, 28],
    "layers": [{"type": "flatten"}, {"type": "dense", "units": len(RUSSIAN)}],
}


def environment(checkout=ROOT):
    """Return the environment of a process that finds the code of a checkout from anywhere."""
    return {**os.environ, "PYTHONPATH": f"{checkout}{os.pathsep}{checkout / 'edge/src'}"}


def python(*arguments, cwd=None, **changes):
    """Run Python on the code of this checkout to its end; return the process with what it said."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment() | changes,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty checkout: parameters, and neither a corpus nor a way to one."""
    folder = tmp_path / "a" / "checkout"
    folder.mkdir(parents=True)
    shutil.copy(PARAMS, folder)
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
    return partial(python, "-m", "pipeline", cwd=workplace)


@pytest.fixture
def set_params(workplace):
    """Change parameters, named as `dvc exp run -S` names them, and read all of them anew."""

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
    """Draw and clean that many letters of each class, in the working directory."""
    RAW.mkdir(parents=True)
    strokes.write_archive(RAW / "strokes.zip", letters_per_class, 7)
    with mock.patch.object(clean, "map_all", in_this_process):
        clean.clean(strokes.CORPUS, RAW / "strokes.zip", [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])


def in_this_process(function, items, *_, **__):
    """Do what `pipeline.parallel.map_all` does: few letters are done before a process has begun."""
    return list(map(function, items))


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
    params = set_params(split__test_per_letter=10)
    split.run(params, "random")
    weights = Network(NETWORK, numpy.random.default_rng(1)).parameters
    description = {"format": 1, "letters": RUSSIAN, "network": NETWORK, "preparation": {}}
    description |= {"profile": "test", "training": {"corpora": ["strokes"]}, "accuracy": {}}
    write_pack(EXPORT / "fp16" / "letters.safetensors", description, weights)
    return params


def picture(seed, size=(28, 28), shade=20):
    """Encode a small gray PNG with some ink on it, a different one for every seed."""
    image = Image.new("L", size, 255)
    for bit in range(16):
        if seed >> bit & 1:
            x, y = 6 + bit % 4 * 4, 6 + bit // 4 * 4
            image.paste(shade, (x, y, x + 3, y + 3))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def scans(per_letter=4):
    """Return pictures of all letters, PNGs by their names in Cyrillic-MNIST, all lowercase."""
    return {
        f"allgr/{LOWERCASE_ALPHABET.index(letter)}_0_{index}_20190729110000.png": picture(
            1 + number * per_letter + index
        )
        for number, letter in enumerate(RUSSIAN)
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
    """Return the names of the files below a folder, to see that nothing half-written is left."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
