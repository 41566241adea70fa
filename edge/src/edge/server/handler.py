"""One request to `edge serve`: a page, what a picture shows, or a refusal in a sentence."""

import base64
import json
import re
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler

import edge
from edge import classifier as classifiers
from edge.pack import PackError
from edge.preparation import PictureError
from edge.server import lessons
from edge.server.limits import CHUNK_BYTES
from edge.server.refusal import Refusal, busy

API, TEXT = "/api/classify", "/api/read"
TOP = 5

# The largest body: a photograph of a phone's camera, as PNG. Larger than LARGE_BYTES is slow.
MAXIMUM_BODY_BYTES = 16 << 20
LARGE_BYTES = 1 << 20

# At most between two bytes of a request; at most until a picture's turn comes.
SILENCE_SECONDS = 10
TURN_SECONDS = 10

PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/word": ("word.html", "text/html; charset=utf-8"),
    **{
        f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8")
        for name in ("sheet", "asking", "letter", "teach", "word", "text")
    },
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/word.css": ("word.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Connection": "close",
}

# A target as proxies get it; its host stands for that of the header (RFC 9112, 3.2.2).
_ABSOLUTE = re.compile("http://([^/?#]*)(/[^#]*)?", re.IGNORECASE)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS
    # Buffered, so that an answer is one packet.
    wbufsize = -1

    def parse_request(self):
        """Pass over an empty line before the request, as RFC 9112, 2.2, asks."""
        if self.raw_requestline == b"\r\n":
            self.raw_requestline = self.rfile.readline(1 << 16)
        return super().parse_request()

    def version_string(self):
        """Name the program, not its Python."""
        return f"edge/{edge.__version__}"

    def log_message(self, *_):
        """Keep quiet."""

    def send_error(self, code, message=None, explain=None):
        """Refuse what the standard library could not parse."""
        self._refuse(Refusal(int(code), (message or self.responses[code][0])[:200]))

    def handle_expect_100(self):
        """Wait: a client that asks whether to send its picture is answered once that is known."""
        return True

    def do_GET(self):
        """Answer any request, of whatever method."""
        try:
            self._answer(*self._respond())
        except Refusal as refusal:
            self._refuse(refusal)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815
    do_OPTIONS = do_TRACE = do_CONNECT = do_GET  # noqa: N815

    def _respond(self):
        """Return the body and its type; raises Refusal."""
        if self.request_version == "HTTP/0.9":
            # Then some releases of Python have no headers, not even an empty message.
            raise Refusal(400, "a request of no version, expected HTTP/1.1")
        hosts = self._values("Host")
        if len(hosts) != 1:
            raise Refusal(400, f"{len(hosts)} Host headers, expected one")
        host, target = hosts[0], self.path
        if match := _ABSOLUTE.fullmatch(target):
            host, target = match[1], match[2] or "/"
        if not self.server.trusts(host):
            raise Refusal(421, f"not the host of this page; open {self.server.address()}")
        path, _, query = target.partition("?")
        taught = lessons.METHODS if self.server.folder else {}
        pages = dict.fromkeys(PAGE, "GET, HEAD")
        allowed = {**pages, API: "POST", TEXT: "POST", **taught}.get(path)
        if not allowed:
            raise Refusal(404, f"nothing is here; the page is /, the API is {API} and {TEXT}")
        if self.command not in allowed.split(", "):
            raise Refusal(405, f"expected {allowed.replace(', ', ' or ')}", {"Allow": allowed})
        if path in PAGE:
            self.server.arrived(self.connection)
            return self.server.page[path], PAGE[path][1]
        changes = path in taught and self.command in ("POST", "DELETE")
        self._check_origin(host, changes)
        if path in taught:
            return _json(lessons.answer(self, path, query)), "application/json"
        if path == TEXT:
            if query:
                raise Refusal(400, "unknown query, expected none")
            return _json(self._read(read_text)), "application/json"
        if query not in ("", "whole"):
            raise Refusal(400, "unknown query, expected ?whole or none")
        return _json(self.read_letter(query == "whole")), "application/json"

    def _values(self, name):
        """Return all values of a header, without the blanks around them."""
        return [value.strip(" \t") for value in self.headers.get_all(name, [])]

    def _check_origin(self, host, changes):
        """Refuse a request that a page of another site has made the browser send.

        What `changes` something must say where it comes from: old browsers do not always.
        """
        ours = [f"{scheme}://{host.lower()}" for scheme in ("http", "https")]
        sites = self._values("Sec-Fetch-Site")
        foreign = [name for name in self._values("Origin") if name.lower() not in ours]
        if foreign or not {*sites} <= {"same-origin", "none"}:
            raise Refusal(403, "sent by a page of another site")
        if changes and "Origin" not in self.headers:
            raise Refusal(403, f"expected the header Origin: {ours[0]}")

    def read_letter(self, whole):
        """Receive a picture and return the API's answer to it. Raises Refusal."""
        return self._read(partial(read_letter, whole=whole))

    def _read(self, read):
        """Receive a picture; return what `read` makes of the classifier and it. Raises Refusal."""
        if any(kind.lower().startswith("multipart/") for kind in self._values("Content-Type")):
            expected = "expected the picture itself, as `curl --data-binary @letter.png` sends it"
            raise Refusal(415, f"a form; {expected}")
        held = []
        try:
            data = self._body(held)
            large = len(data) > LARGE_BYTES
            turn = self.server.large_turn if large else self.server.turn
            if not turn.acquire(timeout=TURN_SECONDS):
                raise busy()
            try:
                return read(self.server.classifier, data)
            finally:
                turn.release()
        finally:
            self.server.hold(-sum(held))

    def _body(self, held):
        """Receive the picture; the sizes of its parts are appended to `held` once they count."""
        missing = self._length()
        asks = "100-continue" in map(str.lower, self._values("Expect"))
        # Of HTTP/1.0 it is to be passed over (RFC 9110, 10.1.1).
        if asks and self.request_version >= "HTTP/1.1":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        parts = []
        while missing:
            try:
                part = self.rfile.read1(min(missing, CHUNK_BYTES))
            except OSError:
                raise Refusal(408, f"{missing} bytes did not come in time") from None
            if not part:
                raise Refusal(400, f"cut short: {missing} bytes are missing")
            if not self.server.hold(len(part)):
                raise busy()
            held.append(len(part))
            parts.append(part)
            missing -= len(part)
        self.server.arrived(self.connection)
        return b"".join(parts)

    def receive_nothing(self):
        """Refuse a body."""
        if "Transfer-Encoding" in self.headers or not {*self._values("Content-Length")} <= {"0"}:
            raise Refusal(400, "expected no body")
        self.server.arrived(self.connection)

    def _length(self):
        lengths = self._values("Content-Length")
        if "Transfer-Encoding" in self.headers or not lengths:
            raise Refusal(411, "expected a picture as the body, with its Content-Length")
        if len(lengths) > 1 or not re.fullmatch("[0-9]+", lengths[0]):
            raise Refusal(400, "Content-Length is not one whole number")
        # Python refuses to convert numbers of thousands of digits.
        if len(lengths[0]) > 18 or int(lengths[0]) > MAXIMUM_BODY_BYTES:
            raise Refusal(413, f"longer than a picture may be here ({MAXIMUM_BODY_BYTES} bytes)")
        return int(lengths[0])

    def _refuse(self, refusal):
        body = _json(refusal.document)
        self._answer(body, "application/json", refusal.status, refusal.headers)

    def _answer(self, body, kind, status=200, headers=None):
        self.send_response(status)
        described = {"Content-Type": kind, "Content-Length": len(body)}
        for name, value in {**HEADERS, **described, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def _refusing():
    """Refuse what cannot be read."""
    try:
        yield
    except PackError as error:
        raise Refusal(500, str(error)) from None
    except ValueError as error:
        raise Refusal(400, str(error)) from None
    except MemoryError:
        raise Refusal(413, "a picture larger than this device's memory") from None


def read_letter(classifier, data, whole=False):
    """Return the API's answer to a picture's bytes; `whole` takes all that it shows for one letter.

    Raises Refusal if there is no picture, no letter, or several.
    """
    with _refusing():
        try:
            if whole:
                found = [classifiers.Letter([classifiers.prepare(data)])]
            else:
                found = classifier.letters_in(data)
        except PictureError as error:
            raise Refusal(422, str(error), letters=error.letters) from None
        (prediction,) = classifier.classify_prepared(found)
    if prediction.letters > 1:
        raise Refusal(422, classifiers.several(prediction), letters=prediction.letters)
    top = [{"letter": letter, "probability": share} for letter, share in prediction.top[:TOP]]
    picture = base64.b64encode(found[0].views[0]).decode()
    return {**top[0], "sure": prediction.sure, "top": top, "picture": picture}


def read_text(classifier, data):
    """Return the API's answer to the bytes of a picture of words or lines.

    Raises Refusal if there is no picture, nothing to read, or more than a page.
    """
    from edge.reading import command

    with _refusing():
        try:
            return command.document(classifier.read_text(data))
        except PictureError as error:
            raise Refusal(422, str(error)) from None


def _json(document):
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
