"""`edge read` as a process: what it prints, and with which status it ends."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.edge import limits, packs, png_writer
from tests.edge.drawings import RULED_LETTER
from tests.edge.preparation.written import Sheet
from tests.edge.processes import ENVIRONMENT, refusal
from tests.edge.processes import edge as run
from tests.edge.reading import sheets

# Few letters are read without.
pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a word, two lines, and lists of words."""
    folder = tmp_path_factory.mktemp("read")
    (folder / "дом.png").write_bytes(sheets.png(sheets.line("ДОМ")))
    sheet = Sheet(400, 250)
    sheets.write(sheet, "НИТКА", 30, 90, 40)
    sheets.write(sheet, "ЗИМА", 30, 190, 40)
    (folder / "lines.png").write_bytes(sheets.png(sheet))
    (folder / "words.txt").write_text("дом\nдым\nзима\nНитка\n", encoding="utf-8")
    return folder


def said(*arguments, **options):
    result = run("read", *arguments, **options)
    assert (result.returncode, result.stderr.decode()) == (0, "")
    return result.stdout.decode()


def test_one_picture_is_its_text_and_of_several_each_line_names_its_own(place):
    word, lines = place / "дом.png", place / "lines.png"
    assert said(word, "--no-language") == "ДОМ\n"
    assert said(lines, "--no-language") == "НИТКА\nЗИМА\n"
    expected = f"{word}: ДОМ\n{lines}: НИТКА\n{lines}: ЗИМА\n"
    assert said(word, lines, "--no-language") == expected
    pictures = said(place, "--no-language")
    assert sorted(pictures.splitlines()) == sorted(expected.splitlines())


def test_standard_input_is_a_dash_and_every_backend_reads_alike(place):
    data = (place / "дом.png").read_bytes()
    for backend in ("auto", "numpy", "pure"):
        assert said("-", "--no-language", "--backend", backend, stdin=data) == "ДОМ\n"


def test_json_has_every_letter_its_runners_up_and_its_box(place):
    (line,) = said(place / "lines.png", "--no-language", "--json").splitlines()
    read = json.loads(line)
    assert list(read) == ["path", "text", "lines"]
    assert read["text"] == "НИТКА\nЗИМА"
    for line, text in zip(read["lines"], ("НИТКА", "ЗИМА")):
        assert list(line) == ["text", "letters"]
        assert line["text"] == "".join(letter["letter"] for letter in line["letters"]) == text
        lefts = [letter["box"][0] for letter in line["letters"]]
        assert lefts == sorted(lefts)
        for letter in line["letters"]:
            assert list(letter) == ["letter", "probability", "top", "box"]
            assert letter["top"][0] == {key: letter[key] for key in ("letter", "probability")}
            left, top, right, bottom = letter["box"]
            assert 0 <= left < right <= 400
            assert 0 <= top < bottom <= 250


def test_of_a_list_the_likeliest_word_is_named_or_none(place):
    words = ("--words", place / "words.txt")
    word, share = said(place / "дом.png", *words).split()
    assert word == "дом"
    assert float(share.rstrip("%")) > 90
    lines = said(place / "lines.png", *words).splitlines()
    assert [line.split()[0] for line in lines] == ["Нитка", "зима"]
    (place / "others.txt").write_text("щётка\n", encoding="utf-8")
    others = ("--no-language", "--words", place / "others.txt")
    assert said(place / "дом.png", *others) == "none of the words (ДОМ)\n"
    assert json.loads(said(place / "дом.png", *others, "--json"))["lines"][0]["word"] is None


def test_a_list_of_ten_thousand_words_takes_little_longer(place):
    letters = packs.LETTERS
    words = [a + b + c + "МА" for a in letters for b in letters for c in letters[:10]]
    (place / "many.txt").write_text("\n".join([*words, "НИТКА", "ЗИМА"]), encoding="utf-8")
    code = "import sys, time, edge.cli; edge.cli.main(sys.argv[1:]); print(time.process_time())"
    arguments = ["read", place / "lines.png", "--words", place / "many.txt"]
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    *lines, seconds = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["НИТКА", "ЗИМА"]
    assert float(seconds) < limits.seconds(2)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (None, "No such file or directory"),
        ("folder", "Is a directory"),
        (b"", "no word of the model's letters; expected one a line"),
        (b"\xcb\xee\xf8", "not UTF-8; expected a word in each line"),
    ],
)
def test_what_is_no_list_of_words_is_named_in_one_line(place, tmp_path, data, found):
    path = tmp_path / "list"
    if data == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    assert refusal("read", place / "дом.png", "--words", path) == f"edge: {path}: {found}"


def test_what_cannot_be_read_is_named_and_the_others_are_read(place, tmp_path):
    blank = tmp_path / "blank.png"
    blank.write_bytes(png_writer.gray(50, 50, b"\xff" * 2500))
    missing = tmp_path / "missing.png"
    result = run("read", blank, missing, place / "дом.png", "--no-language")
    assert result.returncode == 1
    assert result.stdout.decode() == f"{place / 'дом.png'}: ДОМ\n"
    first, second = result.stderr.decode().splitlines()
    assert first.startswith(f"edge: {blank}: no letter found")
    assert second == f"edge: {missing}: No such file or directory"


def test_what_is_not_clean_needs_numpy_and_a_model_that_finds_ink(pack, tmp_path):
    path = tmp_path / "ruled.png"
    path.write_bytes(RULED_LETTER)
    line = refusal("read", path, "--backend", "pure")
    assert line.endswith("it needs NumPy, and the backend is pure")
    line = refusal("read", path, "--model", pack)
    assert line.endswith("and the model finds no ink in such")


WRONG = {
    "read": "required: PICTURE",
    "read a.png --boxes --lines": "not allowed with argument",
    "read a.png --backend abacus": "invalid choice: 'abacus'",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_has_status_2(arguments):
    result = run(*arguments.split())
    assert (result.returncode, result.stdout) == (2, b"")
    assert WRONG[arguments] in result.stderr.decode()


def test_a_reader_that_goes_away_is_no_error_message(place):
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "read", *[place / "дом.png"] * 60],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1


def checkers(side, count, paper):
    row = b"".join(bytes([255 * (n % 2)]) * side for n in range(count))
    other = b"".join(bytes([255 - 255 * (n % 2)]) * side for n in range(count))
    rows = b"".join((row if n % 2 else other) * side for n in range(count))
    length = side * count
    if not paper:
        return png_writer.gray(length, length, rows)
    rows = [rows[start : start + length] for start in range(0, length**2, length)]
    blank, wide = b"\xff" * 20, b"\xff" * (length + 40)
    rows = [wide] * 20 + [blank + row + blank for row in rows] + [wide] * 20
    return png_writer.gray(length + 40, length + 40, b"".join(rows))


def printed(down, across):
    """Return a page of `down` lines of `across` letters."""
    sheet = Sheet(24 * across + 40, 1)
    line = Sheet(24 * across + 40, 40)
    sheets.write(line, "НАШ" * (across // 3), 20, 30, 18, gap=0.5)
    blank = bytes(sheet.width)
    ink = blank * 20 + line.ink * down + blank * 20
    data = bytes(255 - value for value in ink)
    return png_writer.gray(sheet.width, len(ink) // sheet.width, data)


def stripes(length, high):
    row = b"\xff" * 20 + b"\0" * length + b"\xff" * 20
    blank = b"\xff" * len(row)
    rows = [blank] * 20 + ([row] * high + [blank] * high) * (length // 2 // high) + [blank] * 20
    return png_writer.gray(len(row), len(rows), b"".join(rows))


HOSTILE = {
    "a checkerboard of pixels": lambda: checkers(1, 1000, True),
    "a checkerboard": lambda: checkers(8, 120, False),
    "a checkerboard on paper": lambda: checkers(8, 120, True),
    "a page of print": lambda: printed(60, 90),
    "200 lines": lambda: printed(200, 6),
    "stripes": lambda: stripes(1000, 4),
    "thick stripes": lambda: stripes(900, 30),
    "a tape": lambda: png_writer.gray(10_000, 1, b"\xff" * 7 + b"\0\xff\xff" * 3331),
    "a black rectangle": lambda: png_writer.gray(700, 500, bytes(350_000)),
    "a zip bomb": lambda: png_writer.png(
        png_writer.header(9, 9, 0, 8), png_writer.chunk(b"IDAT", zlib.compress(bytes(32 << 20)))
    ),
}


# What `wait4` says of memory counts what the tests' own process had when it made the other one.
MEASURED = """
import sys
from edge import cli
from edge.bench import measurement
status = cli.main(sys.argv[1:])
print(measurement.peak_bytes())
sys.exit(status)
"""


@pytest.mark.skipif(os.name != "posix", reason="only POSIX tells what a process took")
@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_picture_shows_takes_two_seconds_and_300_megabytes_at_most(name, tmp_path):
    path = Path(tmp_path, "hostile.png")
    path.write_bytes(HOSTILE[name]())
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        command = [sys.executable, "-c", MEASURED, "read", path, "--backend", "numpy"]
        process = subprocess.Popen(command, stdout=out, stderr=err, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    complaint = (tmp_path / "err").read_text(encoding="utf-8").splitlines()
    assert process.returncode == len(complaint) <= 1
    assert all(line.startswith(f"edge: {path}: ") for line in complaint)
    assert usage.ru_utime < limits.seconds(2)
    if sys.platform == "linux" and not limits.EMULATED:
        assert int((tmp_path / "out").read_text(encoding="utf-8").split()[-1]) < 300 << 20
