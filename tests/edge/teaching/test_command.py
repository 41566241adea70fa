"""`edge teach` as a process: folders, names and forms go in, a pack comes out."""

import json

import numpy
import pytest

import edge
from edge import png
from tests.edge.png_writer import gray
from tests.edge.processes import edge as run
from tests.edge.processes import refusal, without_numpy
from tests.edge.teaching import hands

LETTERS = edge.load().letters


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for each letter, with three capitals; small letters lie beside, by their names."""
    path, rng = tmp_path_factory.mktemp("letters"), numpy.random.default_rng(3)
    images, signs = hands.alphabet(3, rng)
    for number, (image, sign) in enumerate(zip(images, signs)):
        (path / sign).mkdir(exist_ok=True)
        (path / sign / f"{number}.png").write_bytes(gray(28, 28, image.tobytes()))
    for image, sign in zip(*hands.alphabet(1, rng, small=True)):
        (path / f"{sign}-1.png").write_bytes(gray(28, 28, image.tobytes()))
    return path


def test_a_folder_is_learned_and_the_pack_reads_everywhere(folder, tmp_path):
    pack = tmp_path / "моя рука.safetensors"
    result = run("teach", folder, "-o", pack)
    assert (result.returncode, result.stderr) == (0, b"")
    taught, read, single, *doubted, model = result.stdout.decode().splitlines()
    assert all(line.startswith("doubtful: ") for line in doubted)
    assert taught == "taught: 132 letters, 33 of 33 different ones"
    assert read.startswith("read right: ") and "99 of 132 were held out" in read
    assert single == "the others, too few of their shape, were bent anew instead, which flatters"
    assert model == f"model: {pack}"
    for backend in ("numpy", "pure"):
        answer = run("classify", "--model", pack, "--backend", backend, folder / "Ж")
        assert [line.split(": ")[1][0] for line in answer.stdout.decode().splitlines()] == ["Ж"] * 3
    card = run("info", "--model", pack).stdout.decode()
    assert f"taught, base             {edge.load().description['sha256']}" in card
    assert "taught, letters          А 4, Б 4" in card


def test_for_machines_there_is_one_object(folder, tmp_path):
    pack = tmp_path / "mine.safetensors"
    document = json.loads(run("teach", folder, "-o", pack, "--json").stdout)
    taught = edge.load(pack).description["taught"]
    assert document.pop("model") == str(pack)
    for doubt in document.pop("doubted"):
        assert set(doubt) == {"path", "letter", "looks_like"}
    assert document == {name: taught[name] for name in document}
    folders = [folder / sign for sign in "АБВГ"]
    some = json.loads(run("teach", *folders, "-o", pack, "--json").stdout)["letters"]
    assert some == {sign: 3 * (sign in "АБВГ") for sign in LETTERS}
    lines = run("teach", *folders, "-o", pack).stdout.decode().splitlines()
    assert lines[:2] == [
        "taught: 12 letters, 4 of 33 different ones",
        f"not taught: {', '.join(LETTERS[4:])}",
    ]
    assert set(document) == {"letters", "held_out", "before", "after"}


def test_pictures_are_named_one_by_one_too(folder, tmp_path):
    paths = [folder / sign / f"{number}.png" for number, sign in enumerate(hands_signs())]
    result = run("teach", *paths, "-o", tmp_path / "mine.safetensors", "--json")
    assert json.loads(result.stdout)["letters"] == dict.fromkeys(LETTERS, 3)


def hands_signs():
    return [sign for sign in sorted(hands.glyphs.UPPERCASE) for _ in range(3)]


def test_what_cannot_be_used_is_named_and_the_rest_is_learned(folder, tmp_path):
    (tmp_path / "Ж").mkdir()
    (tmp_path / "Ж" / "blank.png").write_bytes(gray(28, 28, b"\xff" * 784))
    (tmp_path / "Ж" / "text.png").write_bytes(b"Zh")
    (tmp_path / "nobody.png").write_bytes(gray(28, 28, b"\xff" * 784))
    pack = tmp_path / "mine.safetensors"
    result = run("teach", folder, tmp_path, tmp_path / "missing.png", "-o", pack)
    assert result.returncode == 1
    complaints = sorted(result.stderr.decode().splitlines())
    assert len(complaints) == 4
    for name, complaint in zip(("missing", "nobody", "blank", "text"), complaints):
        assert f"{name}.png: " in complaint
    assert "expected a folder such as Ж, or a name such as Ж1.png" in complaints[1]
    assert edge.load(pack).description["taught"]["held_out"] == 99


def test_too_few_letters_and_no_letters_write_nothing(folder, tmp_path):
    pack = tmp_path / "mine.safetensors"
    line = refusal("teach", folder / "Ж", "-o", pack)
    assert line == f"edge: {pack}: 3 letters to learn from, expected 10 or more"
    assert not pack.exists()
    line = refusal("teach", folder, "-o", tmp_path / "missing" / "mine.safetensors")
    assert "missing/mine.safetensors: No such file" in line
    assert list(tmp_path.iterdir()) == []


def test_without_numpy_one_line_says_that_it_needs_it(folder, tmp_path):
    result = run("teach", folder, "-o", tmp_path / "mine", **without_numpy(tmp_path))
    assert result.returncode == 1
    assert result.stderr.decode() == "edge: teach: it needs NumPy (no NumPy here)\n"


def test_a_photograph_of_a_form_is_learned(tmp_path):
    pytest.importorskip("PIL")
    from edge.form import layout
    from tests.edge.form import paper

    rng, photographs = numpy.random.default_rng(4), []
    for page in layout.pages(LETTERS):
        letters = [hands.written(box.sign, rng) for box in page.boxes]
        photographs.append(tmp_path / f"лист {page.number}.jpg")
        photographs[-1].write_bytes(paper.photographed(paper.filled(page, letters)))
    pack, shown = tmp_path / "mine.safetensors", tmp_path / "taken.png"
    result = run("teach", *photographs, "-o", pack, "--show", shown, "--json")
    assert (result.returncode, result.stderr) == (0, b"")
    document = json.loads(result.stdout)
    assert document["letters"] == dict.fromkeys(LETTERS, 6)
    assert document["held_out"] == 198
    assert document["after"] > document["before"]
    assert png.decode(shown.read_bytes()).width > 500
