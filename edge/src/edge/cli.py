"""The command `edge`: classify pictures, time the device, say what the model is."""

import argparse
import json
import os
import sys

import edge
from edge import classifier as classifiers

# Pictures are prepared and read this many at a time, so that a folder of a million files streams.
PICTURES_AT_ONCE = 256


def main(arguments=None):
    """Run the command line and return its exit status: 0, 1 (unreadable input) or 2 (usage)."""
    for stream in (sys.stdout, sys.stderr):
        # File names and letters must survive whatever encoding the console has.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader has gone (`| head`); Python's own flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, MemoryError) as error:
        _complain(options.model or classifiers.RELEASED_PACK, error)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="edge", description=edge.__doc__)
    parser.add_argument("--version", action="version", version=f"edge {edge.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    classify = commands.add_parser("classify", help="name the letter in each picture")
    classify.add_argument("paths", nargs="+", metavar="PATH", help="a PNG; - is standard input")
    classify.add_argument("--top", type=_count, default=3, metavar="K", help="letters to name (3)")
    classify.add_argument("--backend", choices=classifiers.BACKENDS, default="auto")
    classify.set_defaults(run=_classify)

    bench = commands.add_parser("bench", help="time this device, fp32 against fp16")
    bench.add_argument("--images", metavar="NPZ", help="pictures and labels to read, not generated")
    bench.set_defaults(run=_bench)

    info = commands.add_parser("info", help="say what the model is and how good it is")
    info.set_defaults(run=_info)

    for command in (classify, bench, info):
        command.add_argument("--json", action="store_true", help="for machines")
        command.add_argument("--model", metavar="PACK", help="another pack than the released one")
    return parser


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _classify(options):
    classifier = edge.load(options.model, options.backend)
    show = _as_json if options.json else _as_text
    status = 0
    for start in range(0, len(options.paths), PICTURES_AT_ONCE):
        paths, pictures = [], []
        for path in options.paths[start : start + PICTURES_AT_ONCE]:
            try:
                pictures.append(_prepared(path))
                paths.append(path)
            except (OSError, ValueError, MemoryError) as error:
                _complain(path, error)
                status = 1
        for path, prediction in zip(paths, classifier.read(pictures)):
            print(show(_text(path), prediction, options.top))
    return status


def _prepared(path):
    if path == "-":
        return classifiers.prepared(classifiers.read_bounded(sys.stdin.buffer))
    return classifiers.prepared(path)


def _text(path):
    """Give a file's name as text, whatever the locale took its bytes for."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def _as_text(path, prediction, count):
    others = ", ".join(f"{letter} {share:.1%}" for letter, share in prediction.top[1:count])
    line = f"{path}: {prediction.letter} {prediction.probability:.1%}"
    return f"{line} ({others})" if others else line


def _as_json(path, prediction, count):
    top = [{"letter": letter, "probability": share} for letter, share in prediction.top[:count]]
    record = {"path": path, **top[0], "top": top}
    return json.dumps(record, ensure_ascii=False)


def _bench(options):
    from edge import bench

    try:
        letters = bench.read(options.images) if options.images else bench.noise()
    except (OSError, ValueError) as error:
        _complain(options.images, error)
        return 1
    results = bench.run(options.model, *letters)
    print(json.dumps(results, ensure_ascii=False) if options.json else bench.table(results))
    return 0


def _info(options):
    description = edge.load(options.model).description
    print(json.dumps(description, ensure_ascii=False) if options.json else _table(description))
    return 0


def _table(description):
    sizes = [layer.get("units", layer.get("filters")) for layer in description["network"]["layers"]]
    rows = [
        ("letters", description["letters"]),
        ("network", " - ".join(["28x28", *(str(size) for size in sizes if size)])),
        ("profile", description.get("profile")),
        *description["training"].items(),
        *((f"accuracy, {name}", f"{share:.2%}") for name, share in description["accuracy"].items()),
        ("sha256", description["sha256"]),
    ]
    shown = ((name, ", ".join(value) if isinstance(value, list) else value) for name, value in rows)
    return "\n".join(f"{name:<24} {value}" for name, value in shown)


def _complain(path, error):
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    print(f"edge: {_text(path)}: {reason}", file=sys.stderr)
