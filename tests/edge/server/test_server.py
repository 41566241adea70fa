"""`edge serve`: what the API answers, to whom, and what no client can do to it."""

import base64
import contextlib
import json
import random
import re
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection

import pytest

import edge
from edge import classifier
from edge.server import API, Server, handler, lessons
from edge.server import limits as bounds
from tests.edge import limits, mutations, packs, processes, serving
from tests.edge.drawings import LETTER, RULED_LETTER, TWO_LETTERS
from tests.edge.png_writer import gray as png
from tests.edge.serving import command, running

BLANK = png(90, 60, b"\xff" * 5400)


@pytest.fixture
def server(pack, tmp_path, capfd):
    """A server that can be taught, and must have nothing to say on standard error."""
    with running(pack, tmp_path / "taught") as server:
        yield server
    assert capfd.readouterr().err == ""


def ask(server, *arguments, **options):
    """Send one request; return the status, the headers and the body."""
    return serving.ask(server.server_port, *arguments, **options)


def refused(server, *arguments, **options):
    """Send a request that is refused; return the status and the sentence."""
    status, headers, body = ask(server, *arguments, **options)
    assert headers["Content-Type"] == "application/json"
    error = json.loads(body)["error"]
    assert "\n" not in error
    return status, error


def send(server, data, finish=True):
    """Send bytes that need be no request; return all that comes back."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
    return answer


def request(*lines, body=b"", host="127.0.0.1:{port}", port=0):
    head = [lines[0], f"Host: {host}".format(port=port), *lines[1:]]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def post(server, *lines, body=b""):
    return request(f"POST {API} HTTP/1.1", *lines, body=body, port=server.server_port)


def eventually(condition):
    """Wait until it holds, ten seconds at most."""
    until = time.monotonic() + limits.seconds(10)
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def at_rest(server):
    """Check that a letter is still read, and that no thread and no byte is left of any client."""
    assert ask(server)[0] == 200
    eventually(lambda: server._free._value == bounds.CONNECTIONS)
    assert server._arriving == {}
    assert server._held_bytes == 0
    assert not server.turn.locked() and not server.large_turn.locked()


def test_a_picture_is_answered_with_what_classify_says_in_json(server, pack):
    status, headers, body = ask(server)
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    answer = json.loads(body)
    assert list(answer) == ["letter", "probability", "sure", "top", "picture"]
    expected = edge.load(pack).classify(LETTER)
    top = [{"letter": letter, "probability": share} for letter, share in expected.top[:5]]
    assert answer["top"] == top
    assert {name: answer[name] for name in top[0]} == top[0]
    assert base64.b64decode(answer["picture"]) == classifier.prepare(LETTER)


def test_numpy_takes_over_and_reads_the_same_letter(server):
    pytest.importorskip("numpy")
    before = json.loads(ask(server)[2])
    assert server.classifier.backend == "pure"
    server.warm_up()
    assert server.classifier.backend == "numpy"
    after = json.loads(ask(server)[2])
    assert after["letter"] == before["letter"]
    assert abs(after["probability"] - before["probability"]) < 1e-6


def test_a_pack_that_computes_no_probability_is_the_servers_fault(tmp_path, capfd):
    path = tmp_path / "infinite.safetensors"
    path.write_bytes(packs.pack(data=b"\0\x7c" * (len(packs.tensors()[1]) // 2)))
    with running(path) as server:
        server.warm_up()
        assert refused(server)[0] == 500
    assert capfd.readouterr().err == ""


def test_an_ink_network_that_overflows_is_the_servers_fault(tmp_path, capfd):
    pytest.importorskip("numpy")
    path = tmp_path / "huge.safetensors"
    weights = {"convolution_1/weights": [1e38] * 48}
    path.write_bytes(packs.with_ink(packs.DARK, "F32", weights))
    with running(path) as server:
        server.warm_up()
        assert refused(server, body=RULED_LETTER)[0] == 500
        assert ask(server)[0] == 200
    assert capfd.readouterr().err == ""


def test_a_letter_that_a_network_has_found_is_answered_as_classify_reads_it(dark_pack, capfd):
    pytest.importorskip("numpy")
    with running(dark_pack) as server:
        status, _, body = ask(server, body=RULED_LETTER)
        assert (status, json.loads(body)["letters"]) == (422, 0)
        server.warm_up()
        status, _, body = ask(server, body=RULED_LETTER)
    answer, expected = json.loads(body), edge.load(dark_pack, "numpy")
    assert (status, answer["sure"]) == (200, True)
    assert answer["letter"] == expected.classify(RULED_LETTER).letter
    assert base64.b64decode(answer["picture"]) == expected.letters_in(RULED_LETTER)[0].views[0]
    assert capfd.readouterr().err == ""


def test_without_numpy_it_stays_with_the_standard_library(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    server.warm_up()
    assert server.classifier.backend == "pure"
    assert ask(server)[0] == 200


def test_several_letters_are_refused_unless_all_of_the_picture_is_one(server):
    status, _, body = ask(server, body=TWO_LETTERS)
    error = "looks like 2 letters or more; one is expected"
    assert (status, json.loads(body)) == (422, {"error": error, "letters": 2})
    assert ask(server, path=f"{API}?whole", body=TWO_LETTERS)[0] == 200


def test_what_is_wrong_is_said_in_a_sentence_with_its_status(server):
    status, _, body = ask(server, body=BLANK)
    assert (status, json.loads(body)["letters"]) == (422, 0)
    for picture in (b"no picture", b"", LETTER[:-20]):
        assert refused(server, body=picture)[0] == 400
    for length in ("-1", "1e3"):
        assert refused(server, headers={"Content-Length": length})[0] == 400
    assert refused(server, path=f"{API}?top=7")[0] == 400
    assert refused(server, path="/api")[0] == 404
    assert refused(server, headers={"Host": "127.0.0.1:1"})[0] == 421
    status, error = refused(server, body=png(4097, 4096, b"\xff" * 4097 * 4096))
    assert (status, error) == (400, "4097 x 4096 pixels, more than the limit of 16,777,216")
    at_rest(server)


@pytest.mark.parametrize("headers", [True, False], ids=["as here", "without headers"])
def test_a_request_without_a_version_is_told_which_one_is_expected(server, headers, monkeypatch):
    """From 3.13.18 and 3.14.10 on, the standard library leaves its headers a bare dictionary."""
    parse = handler.Handler.parse_request

    def parse_request(self):
        parsed = parse(self)
        if self.request_version == "HTTP/0.9":
            self.headers = {}
        return parsed

    if not headers:
        monkeypatch.setattr(handler.Handler, "parse_request", parse_request)
    for start in ("GET /", f"GET {API}", "GET / HTTP/0.9"):
        answer = json.loads(send(server, f"{start}\r\n\r\n".encode()))
        assert answer == {"error": "a request of no version, expected HTTP/1.1"}
    at_rest(server)


def test_a_target_may_be_a_whole_address_of_this_server(server):
    ours, port = f"http://localhost:{server.server_port}", server.server_port
    for target in (f"{ours}/", ours, f"{ours}/letter.js"):
        # Its host counts, the header's does not.
        answer = send(server, request(f"GET {target} HTTP/1.1", host="evil.example"))
        assert answer.startswith(b"HTTP/1.1 200 ")
    length = f"Content-Length: {len(LETTER)}"
    whole = request(f"POST {ours}{API}?whole HTTP/1.1", length, body=LETTER, port=port)
    assert send(server, whole).startswith(b"HTTP/1.1 200 ")
    assert send(server, request(f"GET {ours}/etc/passwd HTTP/1.1")).startswith(b"HTTP/1.1 404 ")
    for target in (f"http://evil.example:{port}/", f"http://x@localhost:{port}/", "http:///"):
        answer = send(server, request(f"GET {target} HTTP/1.1", port=port))
        assert answer.startswith(b"HTTP/1.1 421 ")


def test_blanks_after_headers_and_an_empty_line_before_the_request_are_passed_over(server):
    host = f"127.0.0.1:{server.server_port} \t"
    length = f"Content-Length:\t{len(LETTER)} \t"
    data = request(f"POST {API} HTTP/1.1", length, body=LETTER, host=host)
    assert send(server, data).startswith(b"HTTP/1.1 200 ")
    assert send(server, b"\r\n" + data).startswith(b"HTTP/1.1 200 ")
    assert send(server, b"\r\n") == b""
    assert send(server, post(server, "Content-Length: 1 2")).startswith(b"HTTP/1.1 400 ")
    at_rest(server)


def test_a_form_is_told_what_is_expected(server):
    form = {"Content-Type": 'multipart/form-data; boundary="x"'}
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + LETTER + b"\r\n--x--\r\n"
    status, error = refused(server, body=body, headers=form)
    assert status == 415
    assert "--data-binary" in error
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(server, headers=plain)[0] == 200  # what `curl --data-binary` says
    at_rest(server)


def test_http_1_0_is_not_told_to_go_on(server):
    head = f"POST {API} HTTP/1.0", "Expect: 100-continue", f"Content-Length: {len(LETTER)}"
    data = request(*head, body=LETTER, port=server.server_port)
    assert send(server, data).startswith(b"HTTP/1.1 200 ")


def test_a_request_of_no_length_or_in_chunks_is_refused(server):
    assert send(server, post(server)).startswith(b"HTTP/1.1 411 ")
    chunked = ("Transfer-Encoding: chunked", "Content-Length: 5")
    answer = send(server, post(server, *chunked, body=b"0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b" 400 " in send(server, post(server, "Content-Length: 1", "Content-Length: 2"))


def test_a_body_too_long_is_refused_before_it_is_sent_and_while_it_is_being_sent(server):
    for length in (str(handler.MAXIMUM_BODY_BYTES + 1), "9" * 5000):
        assert refused(server, body=b"", headers={"Content-Length": length})[0] == 413
    assert refused(server, body=bytes(handler.MAXIMUM_BODY_BYTES + 1))[0] == 413
    at_rest(server)


def test_who_asks_whether_to_send_is_told(server):
    for length, expected in ((len(LETTER), b"HTTP/1.1 100 "), (1 << 30, b"HTTP/1.1 413 ")):
        asking = ("Expect: 100-continue", f"Content-Length: {length}")
        address = ("127.0.0.1", server.server_port)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(post(server, *asking))
            assert connection.recv(65536).startswith(expected)
            if expected.endswith(b"100 "):
                connection.sendall(LETTER)
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_another_method_is_told_which_one_is_expected(server, method):
    status, headers, body = ask(server, method)
    assert (status, headers["Allow"]) == (405, "POST")
    assert bool(body) == (method != "HEAD")
    if method not in ("GET", "HEAD"):
        status, headers, _ = ask(server, method, "/")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert ask(server, "BREW")[0] == 501


def test_the_page_is_served_whole_and_names_no_other_host(server):
    for path, (_, kind) in handler.PAGE.items():
        status, headers, body = ask(server, "GET", path, None)
        assert (status, headers["Content-Type"]) == (200, kind)
        assert int(headers["Content-Length"]) == len(body) > 100
        assert ask(server, "HEAD", path, None)[2] == b""
        links = set(re.findall(rb"""(?:https?:)?//[^\s"']+\.[^\s"']+""", body))
        assert links <= {b"http://www.w3.org/2000/svg"}
    for path in ("/", "/word"):
        page = ask(server, "GET", path, None)[2].decode()
        assert " ".join(packs.LETTERS) in page
        # What the policy would refuse: scripts and styles in the page itself.
        assert re.findall(r"<script(?! src=)|<style|\son\w+=|\sstyle=", page) == []
        for link in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert link in handler.PAGE


@pytest.mark.parametrize("path", ["/", API, "/nothing"])
def test_every_answer_has_the_headers_that_shut_others_out(server, path):
    _, headers, _ = ask(server, "GET", path, None)
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Python" not in headers["Server"]


FILES = ["/../handler.py", "/page/../../handler.py", "/..%2fhandler.py", "/%2e%2e/handler.py"]
FILES += ["//etc/passwd", "/index.html/../../letters.safetensors", "/letter.js/", "/./page.js"]
FILES += ["\\..\\handler.py", "/letter.js%00", "file:///etc/passwd"]
FILES += ["/letters.safetensors"]


@pytest.mark.parametrize("path", FILES)
def test_no_file_but_the_page_is_reachable(server, path):
    answer = send(server, request(f"GET {path} HTTP/1.1", port=server.server_port))
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "a b"]
)
def test_a_foreign_name_for_this_machine_is_refused(server, host):
    """A page whose name has come to stand for this address: DNS rebinding."""
    for name in (f"{host}:{server.server_port}", host):
        answer = send(server, request("GET / HTTP/1.1", host=name))
        assert answer.startswith(b"HTTP/1.1 421 ")


def test_a_request_without_a_host_or_with_two_is_refused(server):
    assert b" 400 " in send(server, b"GET / HTTP/1.1\r\n\r\n").split(b"\n")[0]
    two = request("GET / HTTP/1.1", "Host: evil.example", port=server.server_port)
    assert b" 400 " in send(server, two).split(b"\n")[0]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost."])
def test_this_machine_is_known_by_its_names(server, name):
    answer = send(server, request("GET / HTTP/1.1", host=f"{name}:{server.server_port}"))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_in_a_network_it_is_known_by_addresses_and_by_its_own_name(pack):
    with Server("0.0.0.0", 0, edge.load(pack)) as server:
        port = server.server_port
        known = ["192.168.1.7", "[fe80::1]", "raspberrypi.local", socket.gethostname(), "localhost"]
        known += ["raspberrypi.local.", "localhost."]
        for name in known:
            assert server.trusts(f"{name}:{port}")
        for name in ("evil.example", "local", "192.168.1.7.evil.example", "1e3", "evil.example."):
            assert not server.trusts(f"{name}:{port}")
        assert re.fullmatch(rf"http://[^/]+:{port}/", server.address())
        assert "0.0.0.0" not in server.address()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_are_refused(server, headers):
    assert refused(server, headers=headers)[0] == 403


def test_its_own_page_and_programs_may_ask(server):
    ours = {"Origin": f"http://127.0.0.1:{server.server_port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(server, headers=ours)[0] == 200
    assert ask(server, headers={"Sec-Fetch-Site": "none"})[0] == 200


class Slow:
    """Clients that send a byte now and then, in one thread."""

    def __init__(self, server, count, start):
        self.connections = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
            connection.sendall(start)
            self.connections.append(connection)

    def trickle(self):
        """Send a byte each; return how many connections still stand."""
        for connection in list(self.connections):
            try:
                connection.sendall(b"x")
            except OSError:
                connection.close()
                self.connections.remove(connection)
        return len(self.connections)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()


STARTS = {
    "silent": b"",
    "in the head": b"GET / HTTP/1.1\r\nX: ",
    "in the body": request(f"POST {API} HTTP/1.1", "Content-Length: 9999", port="%d"),
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_forty_slow_clients_hinder_nobody(server, start):
    start = start.replace(b"%d", str(server.server_port).encode())
    with Slow(server, 40, start) as slow:
        for _ in range(3):
            if start:
                slow.trickle()
            begin = time.monotonic()
            assert ask(server)[0] == 200
            assert time.monotonic() - begin < limits.seconds(2)
    at_rest(server)


def test_more_slow_clients_than_threads_lose_their_places_to_quick_ones(server, monkeypatch):
    monkeypatch.setattr(bounds, "PATIENCE_SECONDS", 0.2)
    with Slow(server, bounds.CONNECTIONS + 20, b"GET / HTTP/1.1\r\nX: ") as slow:
        time.sleep(0.4)
        for _ in range(5):
            slow.trickle()
            assert ask(server)[0] == 200
    at_rest(server)


def test_a_request_that_never_ends_is_ended(server, monkeypatch):
    monkeypatch.setattr(bounds, "ARRIVAL_SECONDS", 0.3)
    with Slow(server, 3, b"GET / HTTP/1.1\r\nX: ") as slow:
        eventually(lambda: not slow.trickle())
    at_rest(server)


def test_a_client_that_falls_silent_is_let_go(server, monkeypatch):
    monkeypatch.setattr(handler.Handler, "timeout", 0.2)
    head = post(server, "Content-Length: 9")
    assert send(server, head, finish=False).startswith(b"HTTP/1.1 408 ")
    assert send(server, b"GET / HT", finish=False) == b""
    at_rest(server)


def test_whom_there_is_no_thread_for_is_turned_away(server):
    with Slow(server, bounds.CONNECTIONS, b""):
        eventually(lambda: server._free._value == 0)
        answer = send(server, b"", finish=False)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1" in answer
    at_rest(server)


def test_whose_turn_does_not_come_is_told_to_try_again(server, monkeypatch):
    monkeypatch.setattr(handler, "TURN_SECONDS", 0.1)
    with server.turn:
        status, headers, body = ask(server)
    assert (status, headers["Retry-After"]) == (503, "1")
    assert "try again" in json.loads(body)["error"]
    at_rest(server)


def test_a_small_picture_does_not_wait_for_a_large_one(server, monkeypatch):
    monkeypatch.setattr(handler, "TURN_SECONDS", 0.1)
    # Bytes after a PNG's end are no part of it.
    large = LETTER + bytes(handler.LARGE_BYTES)
    with server.large_turn:
        assert ask(server)[0] == 200
        assert refused(server, body=large)[0] == 503
    assert ask(server, body=large)[0] == 200
    at_rest(server)


def test_pictures_in_memory_are_bounded(server, monkeypatch):
    monkeypatch.setattr(bounds, "MAXIMUM_HELD_BYTES", 2_000_000)
    head = post(server, "Content-Length: 3000000")
    with Slow(server, 1, head + bytes(1_500_000)):
        eventually(lambda: server._held_bytes >= 1_500_000)
        status, headers, _ = ask(server, body=bytes(1_000_000))
        assert (status, headers["Retry-After"]) == (503, "1")
        assert ask(server)[0] == 200
    at_rest(server)


def test_thirty_two_clients_at_once_are_all_answered(server):
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: [ask(server)[0] for _ in range(3)], range(32)))
    assert answers == [[200] * 3] * 32
    at_rest(server)


def test_clients_that_leave_are_not_spoken_of(server):
    head = post(server, f"Content-Length: {len(LETTER)}")
    for sent in (b"", head[:20], head, head + LETTER[:50], head + LETTER):
        connection = socket.create_connection(("127.0.0.1", server.server_port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(sent)
        connection.close()
    at_rest(server)


SPICES = [b"\r\n", b"\0", b"\n", b" ", b":", b"\xff", b"HTTP/9.9", b"HTTP/0.9", b"%00", b"\r\n\r\n"]
SPICES += [
    b"Content-Length: 7\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: x\r\n",
    b"a" * 70000,
]
SPICES += [b"Expect: 100-continue\r\n", b"Origin: null\r\n", b"X: y\r\n" * 120, b"-1", b"9" * 5000]


TEACHING = [*lessons.METHODS, f"{lessons.MODEL}?use=taught", f"{lessons.LETTERS}?letter=\xc6&whole"]
TEACHING += [f"{lessons.LETTERS}?letter={letter}" for letter in ("%D0%96", "\xd0\x96", "..", "%00")]


def mutated(rng, port):
    """Make a request of almost the right form."""
    picture = mutations.mutated_png(rng) if rng.random() < 0.5 else LETTER
    method = rng.choice(["POST", "POST", "POST", "GET", "HEAD", "DELETE", "post", "", "CONNECT"])
    path = rng.choice(
        [API, API, f"{API}?whole", handler.TEXT, *handler.PAGE, *TEACHING, "/x", "*", ""]
    )
    data = request(
        f"{method} {path} {rng.choice(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2', ''])}",
        f"Content-Length: {len(picture) + rng.choice([0, 0, 0, -3, 3])}",
        f"Origin: http://127.0.0.1:{port}",
        body=picture,
        port=port,
    )
    for _ in range(rng.choice([0, 1, 1, 2, 4])):
        at = rng.randrange(min(len(data), rng.choice([100, 100, 1 << 20])) + 1)
        data = data[:at] + rng.choice(SPICES) + data[at + rng.choice([0, 0, 1, 9]) :]
    return data


def pester(server, number):
    """Send a mutated request; return the status of the answer."""
    answer = send(server, mutated(random.Random(number), server.server_port))
    found = re.match(rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n", answer)
    # HTTP/0.9 has answers without a head; who sends half a request gets none.
    return found[1].decode() if found else answer[:1].decode("latin-1")


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_mutated_requests_are_answered_or_dropped_and_leave_nothing_behind(server, count):
    threads = threading.active_count()
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(partial(pester, server), range(count)))
    at_rest(server)
    eventually(lambda: threading.active_count() <= threads)
    assert {"200", "400", "404", "405"} <= statuses
    assert "500" not in statuses


def test_the_command_prints_its_address_and_ends_quietly_on_control_c(pack):
    with command("--model", pack, "--no-teach") as (process, line):
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", line)[1])
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", API, LETTER)
        assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_control_c_while_a_connection_begins_is_not_lost(pack, monkeypatch):
    """The thread is there already, and ends the connection: it is counted out once."""
    failed, begun, start = [], [], threading.Thread.start

    def interrupted(thread):
        start(thread)
        begun.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading, "excepthook", failed.append)
    with (
        Server("127.0.0.1", 0, edge.load(pack, "pure")) as server,
        socket.create_connection(server.server_address) as client,
    ):
        client.shutdown(socket.SHUT_WR)
        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            server.handle_request()
        begun[0].join(timeout=30)
    assert failed == []


def test_a_port_in_use_is_one_line_and_status_1(server):
    line = processes.refusal("serve", "--port", server.server_port)
    assert line.startswith(f"edge: 127.0.0.1:{server.server_port}: Address already in use; ")


def test_a_pack_that_cannot_be_read_is_one_line_and_status_1(tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"{}")
    for path in (broken, tmp_path / "none.safetensors"):
        line = processes.refusal("serve", "--port", 0, "--model", path)
        assert line.startswith(f"edge: {path}: ")
