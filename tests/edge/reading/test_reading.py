"""Words and lines from Python: the text, where its letters stand, and what is refused."""

import pytest

import edge
from edge import decode
from edge.classifier import SURELY
from edge.preparation import PictureError
from tests.edge import packs
from tests.edge.png_writer import gray
from tests.edge.preparation.written import Sheet
from tests.edge.reading import sheets

# Few letters are read without.
pytest.importorskip("numpy")

# Upright lines, a pixel wide and a pixel apart, on white paper.
TEXTURE = [b"\xff" * 6200, (b"\xff" * 10 + b"\xff\0" * 300 + b"\xff" * 10) * 680, b"\xff" * 6200]
TEXTURE = b"".join(TEXTURE)


@pytest.fixture(scope="module")
def reader():
    return edge.load()


def text_of(reader, picture, **options):
    return [line.text for line in reader.read_text(picture, **options).lines]


@pytest.mark.parametrize("text", ["АБВГДЕЁЖЗИЙ", "КЛМНОПРСТУ", "ФХЦЧШЩЪЫЬЭЮЯ", "МОСТ ЧЕРЕЗ РЕКУ"])
@pytest.mark.parametrize("height", [40, 60])
def test_a_line_of_block_letters_is_read(reader, text, height):
    assert text_of(reader, sheets.png(sheets.line(text, height)), language=False) == [text]


def test_unsure_letters_are_looked_at_again_as_classify_does(reader):
    """Letters that lean over: which of them are unsure is the model's to say."""
    unsure = 0
    for letter in "ГЁЗТШЩ":
        slant = 0.6 if letter == "Т" else -0.6
        sheet = sheets.line(letter, 80)
        picture = bytearray()
        for start in range(0, len(sheet.ink), sheet.width):
            left = 60 + int(slant * (sheet.height / 2 - start / sheet.width))
            row = sheets.paper(sheet)[start : start + sheet.width]
            picture += b"\xff" * left + row + b"\xff" * (120 - left)
        picture = gray(sheet.width + 120, sheet.height, bytes(picture))
        (found,) = reader.read_text(picture, language=False).lines[0].letters
        alone = reader.classify(picture)
        unsure += alone.probability < SURELY
        assert found.letter == alone.letter == letter
        assert found.probability == pytest.approx(alone.probability, abs=1e-4)
    assert unsure >= 2


def test_a_word_needs_no_numpy():
    picture = sheets.png(sheets.line("ДОМ"))
    read = [edge.load(backend=name).read_text(picture) for name in ("pure", "numpy")]
    pure, numbers = ([letter for line in text.lines for letter in line.letters] for text in read)
    for one, other in zip(pure, numbers):
        assert (one.letter, one.box) == (other.letter, other.box)
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_lines_stand_in_the_order_of_the_page_and_letters_where_they_are(reader):
    sheet = Sheet(500, 400)
    written = [
        sheets.write(sheet, "НИТКА", 40, 90, 50),
        sheets.write(sheet, "ЁЖИК", 60, 220, 50),
        sheets.write(sheet, "ЗИМА", 20, 340, 50),
    ]
    found = reader.read_text(sheets.png(sheet), language=False)
    assert [line.text for line in found.lines] == ["НИТКА", "ЁЖИК", "ЗИМА"]
    for line, boxes in zip(found.lines, written):
        for letter, box in zip(line.letters, boxes):
            assert max(abs(a - b) for a, b in zip(letter.box, box)) < 6
            assert letter.top[0] == (letter.letter, letter.probability)
            assert sum(share for _, share in letter.top) == pytest.approx(1)
            assert {name for name, _ in letter.top} == set(reader.letters)


def test_boxes_are_those_of_the_picture_however_much_it_was_reduced(reader):
    sheet = Sheet(260, 250)
    written = sheets.write(sheet, "ДОМ", 30, 170, 60)
    rows = [sheets.paper(sheet)[start : start + 260] for start in range(0, 260 * 250, 260)]
    rows = [b"".join(bytes([value]) * 10 for value in row) * 10 for row in rows]
    picture = gray(2600, 2500, b"".join(rows))
    assert decode.pixels(picture, 1200).shape[:2] == (1250, 1300)
    (line,) = reader.read_text(picture, language=False).lines
    assert line.text == "ДОМ"
    for letter, box in zip(line.letters, written):
        assert max(abs(a - 10 * b) for a, b in zip(letter.box, box)) < 60


def test_letters_of_several_signs_make_a_text(tmp_path):
    letters = [*packs.LETTERS[:-1], "Дж"]
    (tmp_path / "pack").write_bytes(packs.pack(letters=letters))
    reader = edge.load(tmp_path / "pack")
    (line,) = reader.read_text(sheets.png(sheets.line("ДОМ"))).lines
    assert line.text == "".join(letter.letter for letter in line.letters)


def test_a_language_may_decide_what_a_letter_is_and_need_not_be_asked(tmp_path):
    dear = bytearray([255]) * 34**3
    for a in range(34):
        for b in range(34):
            dear[(a * 34 + b) * 34 + packs.LETTERS.index("Щ")] = 0
    language = {"name": "test", "step": 1.0, "weight": 1.0, "usual": 1.0}
    (tmp_path / "pack").write_bytes(packs.with_language(bytes(dear), language=language))
    reader = edge.load(tmp_path / "pack")
    picture = sheets.png(sheets.line("ДОМ"))
    (line,) = reader.read_text(picture).lines
    assert set(line.text) == {"Щ"}
    assert text_of(reader, picture, language=False) != [line.text]


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        (gray(50, 50, b"\xff" * 2500), "no letter found"),
        (gray(1, 1, b"\0"), "no letter found"),
        (gray(1, 3000, b"\xff\0" * 1500), "no letter found"),
        (gray(620, 700, TEXTURE), "a texture; expected letters"),
    ],
)
def test_what_holds_no_letter_is_refused(reader, picture, found):
    with pytest.raises(PictureError, match=found):
        reader.read_text(picture)


@pytest.mark.parametrize("picture", [None, 7, b"", b"no picture", []])
def test_what_is_no_picture_is_refused(reader, picture):
    with pytest.raises(ValueError):
        reader.read_text(picture)
