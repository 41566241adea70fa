"""The command `edge form --cut`, as a process: folders of letters, and a picture of them."""

import pytest

numpy = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

import edge  # noqa: E402
from edge import form, png  # noqa: E402
from edge.form import layout  # noqa: E402
from tests.edge.form import paper  # noqa: E402
from tests.edge.processes import edge as run  # noqa: E402
from tests.edge.processes import refusal, without_numpy  # noqa: E402

READER = edge.load()


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    """A photograph of capitals, the second box of each left empty, and every box of Я."""
    (page, *_), rng = layout.pages(READER.letters), numpy.random.default_rng(1)
    letters = [
        None if place % 3 == 1 or box.letter == "Я" else paper.written(box.letter, rng)
        for place, box in enumerate(page.boxes)
    ]
    path = tmp_path_factory.mktemp("photographs") / "лист 1.jpg"
    path.write_bytes(paper.photographed(paper.filled(page, letters), side=1600))
    return path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_letters_go_into_folders_of_their_names_and_are_read_from_there(photograph, tmp_path):
    folder, shown = tmp_path / "letters", tmp_path / "taken.png"
    result = run("form", "--cut", photograph, "-o", folder, "--show", shown)
    assert (result.returncode, result.stderr) == (0, b"")
    line = f"{photograph}: 64 letters to {folder}, 35 boxes left out\n"
    assert result.stdout.decode() == line
    letters = READER.letters[:-1]
    expected = [f"{letter}/лист 1-{number}.png" for letter in letters for number in (1, 2)]
    assert files(folder) == sorted(expected)
    read = [READER.classify(folder / name).letter == name[0] for name in expected]
    assert sum(read) >= 0.9 * len(read)
    # Nine boxes in a row, each with a label, as on the form.
    with Image.open(shown) as picture:
        assert picture.width // 9 == pytest.approx(picture.height / 11, abs=30)


def test_cut_gives_the_letters_that_are_taken_and_the_command_the_same_pixels(photograph, tmp_path):
    taken = form.cut(photograph, READER.letters)
    assert run("form", "--cut", photograph, "-o", tmp_path).returncode == 0
    for number, (letter, crop) in enumerate(taken[:2], 1):
        stored = png.decode((tmp_path / letter / f"лист 1-{number}.png").read_bytes())
        assert stored.rgba[::4] == crop.tobytes()


def test_the_contact_sheet_shows_every_letter_and_crosses_out_what_was_left_out():
    crop = numpy.full((80, 80), 200, numpy.uint8)
    shown = png.decode(form.contact_sheet([("А", crop), ("Ә", None)]))
    gray = numpy.frombuffer(shown.rgba, numpy.uint8)[::4].reshape(shown.height, shown.width)
    assert (gray == 200).sum() == 78 * 78
    half = shown.width // 9
    assert (gray[:, :half] == 0).any() and not (gray[:, half:] == 0).any()
    assert (gray[:, half + 40 : 2 * half - 10] == 160).sum() > 2 * 60


def test_nothing_that_is_there_is_overwritten(photograph, tmp_path):
    mine = tmp_path / "letters/Э/лист 1-2.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    why = "is there already; remove it, or choose another"
    assert (
        refusal("form", "--cut", photograph, "-o", tmp_path / "letters") == f"edge: {mine}: {why}"
    )
    shown = tmp_path / "taken.png"
    shown.write_bytes(b"mine, too")
    other = ["form", "--cut", photograph, "-o", tmp_path / "other", "--show", shown]
    assert refusal(*other) == f"edge: {shown}: {why}"
    assert files(tmp_path) == ["letters/Э/лист 1-2.png", "taken.png"]
    assert (mine.read_bytes(), shown.read_bytes()) == (b"mine", b"mine, too")


def test_a_folder_that_takes_no_files_gets_no_half_of_them(photograph, tmp_path):
    (tmp_path / "Ю").write_bytes(b"a file, where a folder is wanted")
    said = refusal("form", "--cut", photograph, "-o", tmp_path)
    assert said.startswith(f"edge: {tmp_path / 'Ю'}")
    assert files(tmp_path) == ["Ю"]


def test_what_is_no_form_is_named_and_the_others_are_read(photograph, tmp_path):
    missing, none = tmp_path / "missing.jpg", tmp_path / "none.png"
    none.write_bytes(png.encode_gray(90, 60, bytes(5400)))
    result = run("form", "--cut", missing, none, photograph, "-o", tmp_path / "letters")
    assert result.returncode == 1
    first, second = result.stderr.decode().splitlines()
    assert first == f"edge: {missing}: No such file or directory"
    assert second.startswith(f"edge: {none}: no form: expected a black square in each corner")
    assert result.stdout.decode().startswith(f"{photograph}: 64 letters")


def test_letters_that_cannot_name_a_folder_are_refused(tmp_path, monkeypatch):
    from edge.form import command, reading

    monkeypatch.chdir(tmp_path)
    crop = numpy.zeros((80, 80), numpy.uint8)
    for letter in ("..", ".", "/", "../x", "a/b"):
        box = layout.Box(letter, letter, 0, 0)
        monkeypatch.setattr(reading, "read", lambda *_, box=box: [(box, crop)])
        said = []
        assert (
            command.run(
                "out", ["x.png"], None, [letter], print, lambda *a, said=said: said.append(a)
            )
            == 1
        )
        ((path, error),) = said
        assert path == "x.png"
        assert str(error) == f"letter {letter!r} of the model, after which no folder can be named"
    assert list(tmp_path.iterdir()) == []


def test_without_numpy_cutting_says_so_in_one_line(photograph, tmp_path):
    (tmp_path / "lib").mkdir()
    environment = without_numpy(tmp_path / "lib")
    result = run("form", "--cut", photograph, "-o", tmp_path / "letters", **environment)
    assert result.returncode == 1
    assert result.stderr.decode() == "edge: --cut: it needs NumPy (no NumPy here)\n"
