"""What the page is taught: letters that were named, and a pack that has learned from them.

Only for whoever sits at this machine: `edge.server.Server` has no folder otherwise, and none of
this is there.
"""

import base64
import os
from contextlib import contextmanager
from urllib.parse import parse_qsl

from edge import pack as packs
from edge.classifier import Classifier, why_no_numpy
from edge.files import write_whole
from edge.server import kept
from edge.server.refusal import Refusal, busy

STATE, LETTERS, LEARN, MODEL = "/api/taught", "/api/letters", "/api/teach", "/api/model"
METHODS = {STATE: "GET, HEAD", LETTERS: "POST, DELETE", LEARN: "POST", MODEL: "POST"}

# At most until what another client changes is done.
TURN_SECONDS = 10


def taught(folder, base):
    """Return a `Classifier` of the pack in a folder that `base`, another one, has become, or None.

    Raises PackError, or OSError if there is none that can be read.
    """
    pack = packs.read(os.path.join(folder, kept.TAUGHT_PACK))
    lesson = pack.description.get("taught")
    ours = isinstance(lesson, dict) and lesson.get("base") == base.description["sha256"]
    if not ours or pack.description["letters"] != base.letters:
        return None
    return Classifier(pack, base.backend)


def answer(handler, path, query):
    """Carry out one request of METHODS; return the document that answers it. Raises Refusal."""
    server = handler.server
    fields = _fields(query)
    if path == LETTERS and handler.command == "POST":
        return _kept(handler, fields)
    handler.receive_nothing()
    if path == MODEL:
        return _read_with(server, fields)
    if fields:
        raise Refusal(400, "unknown query, expected none")
    if path == LEARN:
        return _learned(server)
    if handler.command == "DELETE":
        with _turn(server.learning), _turn(server.keeping), _disk():
            kept.empty(server.folder, server.released.letters)
            server.classifier, server.taught = server.released, None
    return _state(server)


def _fields(query):
    # It comes as if it were Latin-1; who does not escape what is beyond ASCII sends UTF-8.
    text = query.encode("latin-1").decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=2))
    except ValueError:
        raise Refusal(400, "unknown query, expected at most two fields") from None


def _kept(handler, fields):
    server, letters = handler.server, handler.server.released.letters
    if not {"letter"} <= {*fields} <= {"letter", "whole"} or fields.get("whole"):
        raise Refusal(400, "unknown query, expected ?letter= and one, or ?letter=...&whole")
    letter = fields["letter"]
    if letter not in [*letters]:
        raise Refusal(400, f"no letter of {' '.join(letters)}")
    if {*letter} & {*"./\\:"}:
        raise Refusal(400, "this letter cannot be the name of a folder")
    # The first view of several: of letters found on papers, all of them teach no more.
    picture = base64.b64decode(handler.read_letter("whole" in fields)["picture"])
    with _turn(server.keeping), _disk():
        kept.keep(server.folder, letters, letter, picture)
    return _state(server)


def _learned(server):
    if why := why_no_numpy():
        raise Refusal(501, f"learning needs NumPy ({why})")
    from edge import teaching

    with _turn(server.learning):
        with _turn(server.keeping):
            pictures, named = kept.read(server.folder, server.released.letters)
        try:
            lesson = teaching.learn(server.released.pack, [[each] for each in pictures], named)
        except teaching.NothingLearned as nothing:
            raise Refusal(422, str(nothing)) from None
        except packs.PackError as error:
            raise Refusal(500, str(error)) from None
        except ValueError as error:
            raise Refusal(409, str(error)) from None
        except MemoryError:
            raise Refusal(500, "learning needs more memory than this device has") from None
        with _disk():
            write_whole(os.path.join(server.folder, kept.TAUGHT_PACK), lesson.pack)
        server.taught = server.classifier = Classifier(packs.parse(lesson.pack), "numpy")
    return _state(server)


def _read_with(server, fields):
    name = fields.get("use")
    if [*fields] != ["use"] or name not in ("released", "taught"):
        raise Refusal(400, "unknown query, expected ?use=released or ?use=taught")
    with _turn(server.learning):
        if name == "taught" and not server.taught:
            raise Refusal(409, "nothing has been learned yet")
        server.classifier = server.taught if name == "taught" else server.released
    return _state(server)


def _state(server):
    pack = server.taught
    return {
        "folder": server.folder,
        "letters": kept.counts(server.folder, server.released.letters),
        "enough": _enough(),
        "model": "taught" if pack and server.classifier is pack else "released",
        "taught": pack and pack.description["taught"],
    }


def _enough():
    """Return how many letters are enough to learn from, or None if that cannot be done here."""
    if why_no_numpy():
        return None
    from edge import teaching

    return teaching.LEAST_LETTERS


@contextmanager
def _turn(lock):
    if not lock.acquire(timeout=TURN_SECONDS):
        raise busy("another page is changing this")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk():
    """Refuse what the disk does."""
    try:
        yield
    except OSError as error:
        raise Refusal(507, f"{error.filename or 'the disk'}: {error.strerror or error}") from None
