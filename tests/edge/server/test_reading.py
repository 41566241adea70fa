"""`edge serve` reads words: what its API answers to pictures of them, and what it refuses."""

import json

import pytest

import edge
from edge.reading.command import document
from edge.server import handler
from tests.edge import packs, serving
from tests.edge.drawings import CROSS, LETTER, TWO_LETTERS, beside, drawing
from tests.edge.png_writer import gray
from tests.edge.serving import running

BLANK = gray(90, 60, b"\xff" * 5400)

# Crosses stand in two of five boxes of 56 pixels, 4 pixels apart.
BOXES, SIDE, MARGIN, HEIGHT = [True, False, True, False, False], 60, 30, 120


@pytest.fixture
def server(pack, capfd):
    with running(pack) as server:
        yield server
    assert capfd.readouterr().err == ""


def ask(server, body, path=handler.TEXT, method="POST", **headers):
    """Send one request; return the status and the document that is answered."""
    status, answered, body = serving.ask(server.server_port, method, path, body, headers)
    assert answered["Content-Type"] == "application/json"
    return status, json.loads(body)


def expected(classifier, picture):
    """Return what `edge read --json` says of a picture, without its path."""
    return json.loads(json.dumps(document(classifier.read_text(picture))))


def form():
    """Draw a form of one row of boxes, gray, some with crosses in them."""
    width = 2 * MARGIN + SIDE * len(BOXES)
    sheet = bytearray(b"\xff" * width * HEIGHT)
    for number, filled in enumerate(BOXES):
        frame = (SIDE - 4, SIDE - 4)
        rows = drawing(*frame, (14, 10, 42, 46)) if filled else b"\xff" * frame[0] * frame[1]
        for y in range(frame[1]):
            row = bytearray(rows[y * frame[0] : (y + 1) * frame[0]])
            row = bytearray(b"\x80") * len(row) if y in (0, 1, 54, 55) else row
            row[:2] = row[-2:] = b"\x80\x80"
            start = (MARGIN + y) * width + MARGIN + SIDE * number
            sheet[start : start + len(row)] = row
    return gray(width, HEIGHT, bytes(sheet))


def test_a_word_is_answered_with_what_read_says_in_json(server, pack):
    status, answer = ask(server, TWO_LETTERS)
    assert (status, answer) == (200, expected(edge.load(pack, "pure"), TWO_LETTERS))
    (line,) = answer["lines"]
    assert answer["text"] == line["text"]
    assert [letter["box"] for letter in line["letters"]] == [[10, 10, 50, 50], [95, 10, 150, 50]]
    assert [len(letter["top"]) for letter in line["letters"]] == [5, 5]


def test_lines_are_read_from_above(server):
    sheet = CROSS + drawing(90, 60, (20, 10, 60, 50))
    answer = ask(server, gray(90, 120, sheet))[1]
    assert [line["letters"][0]["box"][1] for line in answer["lines"]] == [10, 70]
    assert answer["text"] == "\n".join(line["text"] for line in answer["lines"])


def test_an_empty_box_of_a_form_has_a_place_and_no_letter(dark_pack, capfd):
    pytest.importorskip("numpy")
    with running(dark_pack) as server:
        server.warm_up()
        status, answer = ask(server, form())
    assert (status, answer) == (200, expected(edge.load(dark_pack, "numpy"), form()))
    letters = answer["lines"][0]["letters"]
    assert [letter["letter"] is not None for letter in letters] == BOXES
    assert letters[1]["box"][0] == pytest.approx(MARGIN + SIDE, abs=4)
    assert capfd.readouterr().err == ""


def test_the_model_that_is_in_use_reads(server, tmp_path):
    other = tmp_path / "surest.safetensors"
    # Whatever it is shown, it is an А.
    data = b"\0" * (len(packs.tensors()[1]) - 66) + b"\0\x54" + b"\0" * 64
    other.write_bytes(packs.pack(data=data))
    server.classifier = edge.load(other, "pure")
    assert ask(server, TWO_LETTERS)[1]["text"] == "А А"


def test_what_cannot_be_read_is_said_in_a_sentence_with_its_status(server):
    def refused(*arguments, **options):
        status, answer = ask(server, *arguments, **options)
        assert list(answer) == ["error"] and "\n" not in answer["error"]
        return status

    specks = beside(b"\0\xff" * 5000, b"\xff\0" * 5000, 100)
    for picture in (BLANK, gray(200, 100, specks)):
        assert refused(picture) == 422
    for picture in (b"no picture", b"", LETTER[:-20], gray(4097, 4096, b"\xff" * 4097 * 4096)):
        assert refused(picture) == 400
    assert refused(LETTER, f"{handler.TEXT}?whole") == 400
    assert refused(LETTER, **{"Content-Type": "multipart/form-data; boundary=x"}) == 415
    assert refused(bytes(handler.MAXIMUM_BODY_BYTES + 1)) == 413
    assert refused(LETTER, Origin="https://evil.example") == 403
    assert refused(None, method="GET") == 405
    assert refused(LETTER, f"{handler.TEXT}/") == 404


def test_a_pack_that_computes_no_probability_is_the_servers_fault(tmp_path):
    path = tmp_path / "infinite.safetensors"
    path.write_bytes(packs.pack(data=b"\0\x7c" * (len(packs.tensors()[1]) // 2)))
    with running(path) as server:
        assert ask(server, TWO_LETTERS)[0] == 500


def test_one_picture_is_read_at_a_time_and_a_large_one_beside_it(server, monkeypatch):
    monkeypatch.setattr(handler, "TURN_SECONDS", 0.1)
    large = TWO_LETTERS + bytes(handler.LARGE_BYTES)
    with server.turn:
        assert ask(server, TWO_LETTERS)[0] == 503
        assert ask(server, large)[0] == 200
    with server.large_turn:
        assert ask(server, TWO_LETTERS)[0] == 200
