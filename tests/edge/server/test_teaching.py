"""The API that teaches `edge serve`: what is kept, learned, refused and forgotten."""

import json
import socket
import stat
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from types import SimpleNamespace
from urllib.parse import quote

import pytest

import edge
from edge import classifier, png
from edge import pack as edge_pack
from edge.server import Server, kept, lessons
from tests.edge import packs, processes
from tests.edge.drawings import LETTER, TWO_LETTERS, drawing
from tests.edge.png_writer import gray
from tests.edge.serving import ask, command, running

DENSE = [packs.FLATTEN, {"type": "dense", "units": 16}, packs.RELU, {"type": "dense", "units": 3}]
NETWORK = {"input_shape": [28, 28], "layers": DENSE}
SHAPES = {name: list(shape) for name, shape in edge_pack.parameter_shapes(NETWORK).items()}
LETTERS = "ЖЧЯ"

TALL = [gray(90, 60, drawing(90, 60, (10, 5, 30 + 2 * k, 55))) for k in range(8)]
WIDE = [gray(90, 60, drawing(90, 60, (10, 5, 70, 27 + k))) for k in range(8)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A pack of three letters that reads some wide crosses as it does tall ones, Я."""
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    path.write_bytes(packs.pack(shapes=SHAPES, network=NETWORK, letters=LETTERS))
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "letters" / "taught"


@pytest.fixture
def server(base, folder, capfd):
    with running(base, folder) as server:
        yield client(server)
    assert capfd.readouterr().err == ""


def client(server):
    """Return a server with what its page sends along."""
    ours = {"Origin": f"http://127.0.0.1:{server.server_port}"}
    return SimpleNamespace(server_port=server.server_port, headers=ours, server=server)


def of_process(line):
    """Return a server that has printed this line, as `client` does."""
    port = int(line.strip().strip("/").rpartition(":")[2])
    return SimpleNamespace(server_port=port, headers={"Origin": f"http://127.0.0.1:{port}"})


def asked(server, method, path, body=None):
    """Send a request as the page does; return the status and the document."""
    status, headers, body = ask(server.server_port, method, path, body, server.headers)
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(body)


def name(server, letter, picture=LETTER, query="&whole"):
    return asked(server, "POST", f"{lessons.LETTERS}?letter={quote(letter)}{query}", picture)


def named(server, shown):
    """Keep pictures, pairs of them and their letters."""
    for picture, letter in shown:
        assert name(server, letter, picture)[0] == 200


def read(server, picture):
    return json.loads(ask(server.server_port, path="/api/classify?whole", body=picture)[2])[
        "letter"
    ]


def state(server):
    status, document = asked(server, "GET", lessons.STATE)
    assert status == 200
    return document


def files(folder):
    """Return the names of all files in a folder and below it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_at_first_nothing_is_kept_and_the_released_model_reads(server, folder):
    document = state(server)
    assert document["folder"] == str(folder)
    assert document["letters"] == {"Ж": 0, "Ч": 0, "Я": 0}
    assert (document["model"], document["taught"]) == ("released", None)
    assert not folder.exists()


def test_a_letter_is_kept_as_the_network_sees_it_where_other_programs_find_it(server, folder):
    status, document = name(server, "Ч")
    assert (status, document["letters"]) == (200, {"Ж": 0, "Ч": 1, "Я": 0})
    (path,) = folder.rglob("*.png")
    assert path.parent == folder / "Ч"
    image = png.decode(path.read_bytes(), strict=True)
    assert (image.width, image.height) == (28, 28)
    assert image.rgba[::4] == classifier.prepare(LETTER)
    # A program that prepares it again sees the same.
    assert edge.load().letters_in(path)[0].views == [classifier.prepare(LETTER)]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_picture_is_kept_once_under_the_letter_that_was_named_last(server, folder):
    named(server, [(LETTER, "Ч"), (LETTER, "Ч"), (LETTER, "Ж")])
    assert state(server)["letters"] == {"Ж": 1, "Ч": 0, "Я": 0}
    assert len(files(folder)) == 1


def test_of_each_letter_the_newest_ten_stay(folder):
    pictures = [bytes([shade]) * 784 for shade in range(kept.MOST_OF_EACH + 3)]
    for picture in pictures:
        kept.keep(folder, LETTERS, "Я", picture)
    kept.keep(folder, LETTERS, "Ж", bytes(784 * [99]))
    found, letters = kept.read(folder, LETTERS)
    assert letters == ["Ж"] + ["Я"] * kept.MOST_OF_EACH
    assert found[1:] == pictures[3:]


def test_what_was_just_kept_stays_even_if_the_clock_was_set_back(folder, monkeypatch):
    now = kept.time.time_ns()
    for shade in range(kept.MOST_OF_EACH + 3):
        monkeypatch.setattr(kept.time, "time_ns", lambda shade=shade: now - shade * 10**9)
        kept.keep(folder, LETTERS, "Я", bytes([shade]) * 784)
        assert bytes([shade]) * 784 in kept.read(folder, LETTERS)[0]


def test_ones_own_files_in_the_folder_are_neither_read_nor_removed(server, folder):
    (folder / "Ж").mkdir(parents=True)
    (folder / "Ж" / "1.png").write_bytes(LETTER)
    (folder / "notes.txt").write_text("mine")
    named(server, [(LETTER, "Ж")])
    assert state(server)["letters"]["Ж"] == 1
    assert asked(server, "DELETE", lessons.LETTERS)[0] == 200
    assert files(folder) == ["notes.txt", "Ж/1.png"]


def test_a_file_that_is_no_such_picture_is_not_learned_from(server, folder):
    named(server, [(LETTER, "Ж")])
    (path,) = folder.rglob("*.png")
    for number, data in enumerate((b"", path.read_bytes()[:-20], LETTER)):
        path.with_name(f"20260101T00000000000{number}-0123456789abcdef.png").write_bytes(data)
    assert kept.read(folder, LETTERS) == ([classifier.prepare(LETTER)], ["Ж"])


NO_LETTERS = ["", "Q", "%D0%96%D0%96", "..", "../%D0%96", "%2e%2e%2fx", "%D0%96%00", "%FF"]
NO_QUERIES = ["", "?whole", "?letter=%D0%96&whole=1", "?letter=%D0%96&x=1", "?Letter=%D0%96"]
NO_QUERIES += ["?letter=%D0%96&whole&a", *(f"?letter={letter}" for letter in NO_LETTERS)]


@pytest.mark.parametrize("query", NO_QUERIES)
def test_nothing_but_a_letter_of_the_alphabet_can_be_named(server, folder, query):
    status, document = asked(server, "POST", f"{lessons.LETTERS}{query}", LETTER)
    assert status == 400 and document["error"]
    assert not folder.parent.exists()


def test_a_letter_that_would_be_another_folder_cannot_be_kept(tmp_path, folder):
    path = tmp_path / "dots.safetensors"
    path.write_bytes(packs.pack(shapes=SHAPES, network=NETWORK, letters=["..", "a/b", "a\u0301"]))
    with running(path, folder) as server:
        for letter in ("..", "a/b"):
            assert name(client(server), letter)[0] == 400
        assert not folder.parent.exists()
        assert name(client(server), "a\u0301")[0] == 200


def test_an_address_may_hold_the_letter_as_it_is(server):
    head = [f"POST {lessons.LETTERS}?letter=Ж HTTP/1.1", f"Host: 127.0.0.1:{server.server_port}"]
    head += [f"Origin: {server.headers['Origin']}", f"Content-Length: {len(LETTER)}", "", ""]
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as connection:
        connection.sendall("\r\n".join(head).encode() + LETTER)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert state(server)["letters"]["Ж"] == 1


def test_a_picture_that_cannot_be_read_is_not_kept(server, folder):
    for picture, query, expected in (
        (b"no picture", "&whole", 400),
        (gray(90, 60, b"\xff" * 5400), "&whole", 422),
        (TWO_LETTERS, "", 422),
    ):
        assert name(server, "Ж", picture, query)[0] == expected
    assert not folder.exists()


def test_ten_letters_are_learned_read_with_and_gone_back_from(server, base, folder):
    pytest.importorskip("numpy")
    assert state(server)["enough"] == 10
    named(server, [(picture, "Ж") for picture in WIDE])
    named(server, [(TALL[0], "Я")])
    status, document = asked(server, "POST", lessons.LEARN)
    assert (status, document["error"]) == (409, "9 letters to learn from, expected 10 or more")
    named(server, [(picture, "Я") for picture in TALL])
    assert read(server, WIDE[0]) == "Я"

    status, document = asked(server, "POST", lessons.LEARN)
    assert (status, document["model"]) == (200, "taught")
    assert document["taught"]["letters"] == {"Ж": 8, "Я": 8}
    assert document["taught"]["held_out"] == 16
    assert document["taught"]["before"] < document["taught"]["after"]
    assert read(server, WIDE[0]) == "Ж"
    assert edge.load(folder / kept.TAUGHT_PACK).description["taught"] == document["taught"]
    assert [read(server, picture) for picture in TALL] == ["Я"] * 8

    for name_of_model, expected in (("released", "Я"), ("taught", "Ж")):
        status, document = asked(server, "POST", f"{lessons.MODEL}?use={name_of_model}")
        assert (status, document["model"]) == (200, name_of_model)
        assert read(server, WIDE[0]) == expected

    with running(base, folder) as another:
        assert state(client(another))["model"] == "taught"
        assert read(client(another), WIDE[0]) == "Ж"
        another.warm_up()
        assert read(client(another), WIDE[0]) == "Ж"
    assert asked(server, "DELETE", lessons.LETTERS)[1]["taught"] is None
    assert read(server, WIDE[0]) == "Я"
    assert files(folder) == []
    assert asked(server, "POST", f"{lessons.MODEL}?use=taught")[0] == 409


def test_a_pack_that_another_model_was_taught_is_not_read(base, folder, tmp_path):
    lesson = {"base": edge.load(base).description["sha256"]}
    path = tmp_path / "other.safetensors"
    path.write_bytes(packs.pack(dtype="F32", shapes=SHAPES, network=NETWORK, letters=LETTERS))
    for changes in ({}, {"taught": {}}, {"taught": lesson}):
        data = packs.pack(shapes=SHAPES, network=NETWORK, letters=LETTERS, **changes)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / kept.TAUGHT_PACK).write_bytes(data)
        with running(base, folder) as server:
            assert bool(server.taught) == (changes == {"taught": lesson})
        with running(path, folder) as server:
            assert server.taught is None


def test_a_damaged_taught_pack_is_named_in_one_line_and_the_released_model_reads(base, folder):
    folder.mkdir(parents=True)
    (folder / kept.TAUGHT_PACK).write_bytes(b"{}")
    with command("--model", base, "--letters", folder) as (process, line):
        assert state(of_process(line))["model"] == "released"
        process.terminate()
        (said,) = process.communicate()[1].splitlines()
    assert said.startswith(f"edge: {folder / kept.TAUGHT_PACK}: header too small")


def test_what_is_read_rightly_and_surely_already_teaches_nothing(tmp_path, folder):
    pytest.importorskip("numpy")
    _, data = packs.tensors("F32", shapes=SHAPES)
    weights = struct.unpack(f"<{len(data) // 4}f", data)
    large = struct.pack(f"<{len(weights)}f", *(9 * weight for weight in weights))
    path = tmp_path / "sure.safetensors"
    path.write_bytes(packs.pack("F32", SHAPES, large, network=NETWORK, letters=LETTERS))
    with running(path, folder) as server:
        page = client(server)
        named(page, [(picture, read(page, picture)) for picture in (*TALL, *WIDE)])
        status, document = asked(page, "POST", lessons.LEARN)
        assert (status, document["error"][:15]) == (422, "nothing learned")
        assert state(page)["model"] == "released"
    assert kept.TAUGHT_PACK not in files(folder)


def test_without_numpy_letters_are_kept_and_not_learned(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert name(server, "Ж")[0] == 200
    assert state(server)["enough"] is None
    status, document = asked(server, "POST", lessons.LEARN)
    assert status == 501 and "NumPy" in document["error"]


def test_one_lesson_is_learned_at_a_time(server, monkeypatch):
    monkeypatch.setattr(lessons, "TURN_SECONDS", 0.05)
    with server.server.learning:
        for method, path in (("POST", lessons.LEARN), ("DELETE", lessons.LETTERS)):
            assert asked(server, method, path)[0] == 503
        # Letters do not wait for it.
        assert name(server, "Ж")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_other_sites_pages_cannot_teach(server, folder, headers):
    for method, path in (
        ("POST", f"{lessons.LETTERS}?letter={quote('Ж')}"),
        ("DELETE", lessons.LETTERS),
        ("POST", lessons.LEARN),
        ("POST", f"{lessons.MODEL}?use=released"),
    ):
        body = LETTER if "letter=" in path else None
        assert ask(server.server_port, method, path, body, headers)[0] == 403
        # What a browser asks before it sends another site's request with headers of its own.
        assert ask(server.server_port, "OPTIONS", path, None, headers)[0] == 405
    if headers and "none" not in headers.values():
        assert ask(server.server_port, "GET", lessons.STATE, None, headers)[0] == 403
    assert not folder.exists()


def test_other_methods_and_names_and_bodies_are_refused(server):
    for path, allowed in lessons.METHODS.items():
        status, headers, _ = ask(server.server_port, "PUT", path, None, server.headers)
        assert (status, headers["Allow"]) == (405, allowed)
    for path in ("?use=mine", "?use=", "", "?use=released&x=1"):
        assert asked(server, "POST", f"{lessons.MODEL}{path}")[0] == 400
    assert asked(server, "POST", f"{lessons.LEARN}?x")[0] == 400
    assert asked(server, "POST", lessons.LEARN, b"body")[0] == 400
    form = {**server.headers, "Content-Type": "multipart/form-data; boundary=x"}
    path = f"{lessons.LETTERS}?letter={quote('Ж')}"
    assert ask(server.server_port, "POST", path, LETTER, form)[0] == 415


@pytest.mark.parametrize("options", [["--host", "0.0.0.0"], ["--no-teach"]])
def test_opened_to_the_network_or_told_not_to_it_keeps_nothing(base, folder, options):
    lesson = {"base": edge.load(base).description["sha256"]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / kept.TAUGHT_PACK).write_bytes(
        packs.pack(shapes=SHAPES, network=NETWORK, letters=LETTERS, taught=lesson)
    )
    with command("--model", base, "--letters", folder, *options) as (_, line):
        page = of_process(line)
        port = page.server_port
        for path, methods in lessons.METHODS.items():
            for method in methods.split(", "):
                query = f"?letter={quote('Ж')}" if path == lessons.LETTERS else ""
                assert ask(port, method, f"{path}{query}", LETTER, page.headers)[0] == 404
        assert b'class="teachable"' not in ask(port, "GET", "/", None)[2]
        assert ask(port)[0] == 200
    assert files(folder) == [kept.TAUGHT_PACK]


def test_in_process_only_a_server_for_this_machine_can_be_taught(base, folder):
    for host in ("0.0.0.0", "127.0.0.1"):
        with Server(host, 0, edge.load(base, "pure"), folder) as server:
            assert bool(server.folder) == (host == "127.0.0.1")


def test_a_disk_that_takes_nothing_is_told_of_in_a_sentence(base, folder):
    # No file may be longer than nothing.
    with command("--model", base, "--letters", folder, before="ulimit -f 0") as (_, line):
        page = of_process(line)
        status, document = name(page, "Ж")
        assert status == 507
        assert "File too large" in document["error"]
        assert state(page)["letters"]["Ж"] == 0
    assert files(folder) == []


def test_a_pack_that_cannot_be_written_leaves_the_released_model(base, folder):
    pytest.importorskip("numpy")
    # Files of 4 KiB, or of half that: the letters are shorter, the pack is longer.
    with command("--model", base, "--letters", folder, before="ulimit -f 4") as (_, line):
        page = of_process(line)
        named(page, [(picture, "Ж") for picture in WIDE])
        named(page, [(picture, "Я") for picture in TALL])
        assert asked(page, "POST", lessons.LEARN)[0] == 507
        document = state(page)
        assert (document["model"], document["taught"]) == ("released", None)
        assert document["letters"] == {"Ж": 8, "Ч": 0, "Я": 8}
    assert len(files(folder)) == 16


def test_a_folder_that_is_none_is_told_of_in_a_sentence(base, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    with command("--model", base, "--letters", place / "taught") as (_, line):
        status, document = name(of_process(line), "Ж")
        assert status == 507
        assert document["error"] == f"{place}/taught: Not a directory"


def crosses(count):
    """Return pictures of crosses, all different once prepared."""
    return [
        gray(90, 60, drawing(90, 60, (5, 5, 30 + number % 7 * 5, 30 + number // 7 * 4)))
        for number in range(count)
    ]


def test_two_clients_at_once_lose_nothing(server, folder):
    shown = [(picture, LETTERS[number % 3]) for number, picture in enumerate(crosses(24))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: named(server, [one]), shown))
    assert sorted(zip(*kept.read(folder, LETTERS))) == sorted(
        (classifier.prepare(picture), letter) for picture, letter in shown
    )


def test_a_killed_server_loses_no_letter_that_it_has_said_is_kept(base, folder):
    shown = [(picture, LETTERS[number % 3]) for number, picture in enumerate(crosses(28))]
    acknowledged = []
    with command("--model", base, "--letters", folder) as (process, line):
        page = of_process(line)

        def show(part):
            for picture, letter in part:
                try:
                    status, _ = name(page, letter, picture)
                except (OSError, HTTPException):
                    return
                assert status == 200
                acknowledged.append((classifier.prepare(picture), letter))

        threads = [threading.Thread(target=show, args=(shown[first::2],)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 8 and any(thread.is_alive() for thread in threads):
            threading.Event().wait(0.001)
        process.kill()
        for thread in threads:
            thread.join()
    assert len(acknowledged) >= 8
    found = {*zip(*kept.read(folder, LETTERS))}
    assert {*acknowledged} <= found <= {(classifier.prepare(p), letter) for p, letter in shown}
    # What it was writing has a hidden name, which goes with the others.
    kept.empty(folder, LETTERS)
    assert files(folder) == []


def test_the_usual_folder_is_the_systems_own(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/a")
    monkeypatch.setattr(sys, "platform", "linux")
    for given, expected in (
        ("/data", "/data/edge/taught"),
        ("", "/home/a/.local/share/edge/taught"),
        ("relative", "/home/a/.local/share/edge/taught"),
    ):
        monkeypatch.setenv("XDG_DATA_HOME", given)
        assert kept.usual_folder() == expected
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kept.usual_folder() == "/home/a/Library/Application Support/edge/taught"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert kept.usual_folder() == "/local/edge/taught"


def test_the_command_keeps_letters_in_the_usual_folder(base, tmp_path, monkeypatch):
    monkeypatch.setitem(processes.ENVIRONMENT, "XDG_DATA_HOME", str(tmp_path))
    with command("--model", base) as (_, line):
        assert state(of_process(line))["folder"] == str(tmp_path / "edge" / "taught")
    assert list(tmp_path.iterdir()) == []
