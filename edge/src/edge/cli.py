"""The command `edge`: what each of its commands does, and what it says if it cannot."""

import errno
import os
import sys
from itertools import islice

import edge
from edge import classifier as classifiers
from edge.pack import RELEASED_PACK, PackError

# Pictures are found, prepared and read this many at a time: a folder of a million files streams.
PICTURES_AT_ONCE = 256

# The reason in an error message is cut to this length.
MAXIMUM_REASON_LENGTH = 300

# What `edge classify` does unless told otherwise.
CLASSIFY = {"top": 3, "backend": "auto", "json": False, "model": None}


class OutputError(Exception):
    """Standard output that cannot be written to; the cause is an OSError."""


def main(arguments=None):
    """Run the command line and return its exit status: 0, 1 (unreadable input) or 2 (usage)."""
    if sys.stderr is None:
        # Closed (`2>&-`): complaints would come out amid the results.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # File names and letters must survive whatever encoding the console has.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Read when NumPy is imported: in batches as small as `edge`'s, more only hinder each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        command, options = _parsed(sys.argv[1:] if arguments is None else arguments)
        status = command(**options)
        _write(flush=True)
        return status
    except OutputError as error:
        # That the reader has gone (`| head`) is nothing to speak of.
        if not isinstance(error.__cause__, BrokenPipeError):
            _complain("standard output", error.__cause__)
        _to_nowhere(sys.stdout)
        return 1
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, MemoryError) as error:
        _complain(options["model"] or RELEASED_PACK, error)
        return 1


def _parsed(arguments):
    """Return the function of a command and its options."""
    if arguments[:1] == ["classify"] and arguments[1:] and "-" not in {a[:1] for a in arguments}:
        # Nothing but paths: `argparse` would take as long as the letters do.
        return _classify, {**CLASSIFY, "paths": arguments[1:]}
    try:
        from edge import options

        chosen = vars(options.parser(COMMANDS, CLASSIFY).parse_args(arguments))
    except SystemExit as end:
        if not end.code:
            _write(flush=True)
        raise
    except OSError as error:
        # Later releases of `argparse` leave it to whoever flushes.
        raise OutputError from error
    return chosen.pop("run"), chosen


def _classify(paths, top, backend, json, model):
    try:
        classifier = edge.load(model, backend)
    except ImportError as error:
        _complain(f"--backend {backend}", error)
        return 1
    show = _as_json if json else _as_text
    status = 0

    def refuse(path, error):
        nonlocal status
        _complain(path, error)
        status = 1

    found = _pictures(paths, refuse)
    while batch := list(islice(found, PICTURES_AT_ONCE)):
        origins, prepared = [], []
        for path in batch:
            try:
                picture = _standard_input() if path == "-" else path
                prepared += classifier.letters_in(picture)
                origins.append(path)
            except PackError:
                raise  # the pack's fault, not the picture's
            except (OSError, ValueError, MemoryError) as error:
                refuse(path, error)
        for path, prediction in zip(origins, classifier.classify_prepared(prepared)):
            if prediction.letters > 1:
                several = classifiers.several(prediction)
                refuse(path, ValueError(f"{several}; `edge read` reads words"))
            else:
                _write(show(_text(path), prediction, top) + "\n")
    return status


def _standard_input():
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    return classifiers.read_bounded(sys.stdin.buffer)


def _pictures(paths, refuse):
    """Yield the paths, and for a folder the paths of the pictures in it."""
    for path in paths:
        if os.path.isdir(path):
            from edge import folders

            yield from folders.pictures(path, refuse)
        else:
            yield path


def _text(path):
    """Return a file's name as text, whatever the locale took its bytes for."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def _one_line(text):
    """Escape, as `ls -b` does, what would end the line or be a terminal's to obey."""
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in text])


def _as_text(path, prediction, count):
    others = ", ".join(f"{letter} {share:.1%}" for letter, share in prediction.top[1:count])
    line = f"{_one_line(path)}: {prediction.letter} {prediction.probability:.1%}"
    line = f"{line} ({others})" if others else line
    return line if prediction.sure else f"{line}, unsure"


def _as_json(path, prediction, count):
    top = [{"letter": letter, "probability": share} for letter, share in prediction.top[:count]]
    return _json({"path": path, **top[0], "sure": prediction.sure, "top": top})


def _json(document):
    import json

    return json.dumps(document, ensure_ascii=False)


def _read(paths, form, words, language, backend, json, model):
    from edge.reading import command
    from edge.reading import words as lists

    try:
        classifier = edge.load(model, backend)
    except ImportError as error:
        _complain(f"--backend {backend}", error)
        return 1
    try:
        wanted = None if words is None else lists.read(words, classifier.letters)
    except (OSError, ValueError) as error:
        _complain(words, error)
        return 1
    status, single = 0, len(paths) == 1 and not os.path.isdir(paths[0])

    def refuse(path, error):
        nonlocal status
        _complain(path, error)
        status = 1

    boxes = {"boxes": True, "lines": False}.get(form)
    for path in _pictures(paths, refuse):
        try:
            picture = _standard_input() if path == "-" else path
            read = command.document(classifier.read_text(picture, language, boxes), wanted)
        except PackError:
            raise
        except (OSError, ValueError, MemoryError) as error:
            refuse(path, error)
            continue
        if json:
            _write(_json({"path": _text(path), **read}) + "\n")
        else:
            before = "" if single else f"{_one_line(_text(path))}: "
            _write("".join(f"{before}{_one_line(line)}\n" for line in command.shown(read)))
    return status


def _teach(paths, output, show, json, model):
    if why := classifiers.why_no_numpy():
        _complain("teach", ValueError(f"it needs NumPy ({why})"))
        return 1
    from edge.teaching import command

    return command.run(paths, output, model, show, json, _write, _complain)


def _bench(images, compare, json, model):
    if compare:
        return _compare(compare, json)
    from edge import bench
    from edge.bench import pictures

    count, classes = bench.PICTURES, len(edge.load(model).letters)
    try:
        sample = pictures.read(images, count, classes) if images else pictures.noise(count)
    except (OSError, ValueError, MemoryError) as error:
        _complain(images, error)
        return 1
    progress = _progress if sys.stderr.isatty() else None
    try:
        results = bench.run(model, sample, progress)
    finally:
        if progress:
            progress("")
    _write((_json(results) if json else bench.table(results)) + "\n")
    return 0


def _progress(what):
    """Show on a terminal what is being measured, in a line that the next one replaces."""
    print(f"\r{'':<60}\r{what}", end="", file=sys.stderr, flush=True)


def _compare(paths, json):
    from edge.bench import compare

    devices, status = [], 0
    for path in paths:
        try:
            devices.append(compare.read(path))
        except (OSError, ValueError, MemoryError) as error:
            _complain(path, error)
            status = 1
    if devices:
        shown = _json(compare.beside_source(devices)) if json else compare.table(devices)
        _write(shown + "\n")
    return status


def _info(json, model):
    description = edge.load(model).description
    if json:
        _write(_json(description) + "\n")
    else:
        from edge import card

        _write(card.table(description) + "\n")
    return 0


def _serve(host, port, folder, teach, model):
    # No other command has to wait for the standard library's server to be imported.
    from edge import server

    folder = (folder or server.usual_folder()) if teach else None

    def announce(address):
        _write(address + "\n", flush=True)

    try:
        server.serve(host, port, model, folder, announce, _complain)
    except OSError as error:
        if error.filename is not None:
            raise  # the pack, not the address
        reason = error.strerror or error
        _complain(f"{host}:{port}", ValueError(f"{reason}; choose another --host or --port"))
        return 1
    return 0


def _form(output, cut, show, model):
    from edge.form import command

    letters = edge.load(model).letters
    return command.run(output, cut, show, letters, lambda line: _write(line + "\n"), _complain)


def _write(text="", flush=False):
    """Write to standard output; raises OutputError if it is closed, full or gone."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except OSError as error:
        raise OutputError from error


def _to_nowhere(stream):
    """Drop what a stream still holds: Python's own flush at exit must not complain again."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _complain(path, error):
    """Write one line of bounded length to standard error."""
    from edge.text import printable

    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    # A foreign file may have put text of its own into it.
    line = f"edge: {_one_line(_text(path))}: {printable(reason, MAXIMUM_REASON_LENGTH)}"
    try:
        print(line, file=sys.stderr)
    except OSError:
        _to_nowhere(sys.stderr)


COMMANDS = {
    "classify": _classify,
    "read": _read,
    "teach": _teach,
    "form": _form,
    "bench": _bench,
    "info": _info,
    "serve": _serve,
}
