"""The commands of `edge` and their options."""

import argparse

import edge
from edge.classifier import BACKENDS


def parser(run, classify):
    """Return the parser; `run` has each command's function, `classify` that one's defaults."""

    def count(text):
        if not text.isdecimal() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"{text!r}, expected a whole number from 1 on")
        return int(text)

    def port(text):
        if not text.isdecimal() or int(text) > 65535:
            raise argparse.ArgumentTypeError(f"{text!r}, expected a port from 0 to 65535")
        return int(text)

    whole = argparse.ArgumentParser(prog="edge", description=edge.__doc__)
    whole.add_argument("--version", action="version", version=f"edge {edge.__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)

    reading = commands.add_parser("classify", help="name the letter in each picture")
    reading.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a picture, a folder of pictures, or - for standard input",
    )
    reading.add_argument("--top", type=count, metavar="K", help="letters to name (3)")
    reading.add_argument("--backend", choices=BACKENDS)

    text = commands.add_parser("read", help="read words and lines of block letters")
    text.add_argument("paths", nargs="+", metavar="PICTURE", help="as for classify")
    form = text.add_mutually_exclusive_group()
    form.add_argument(
        "--lines",
        action="store_const",
        const="lines",
        dest="form",
        help="take nothing for boxes of a form",
    )
    form.add_argument(
        "--boxes",
        action="store_const",
        const="boxes",
        dest="form",
        help="read rows of boxes, one letter in each, and nothing else",
    )
    text.add_argument(
        "--words", metavar="FILE", help="name the likeliest of the words in a file, one a line"
    )
    text.add_argument(
        "--no-language",
        action="store_false",
        dest="language",
        help="read letters as they are, whatever words there are",
    )
    text.add_argument("--backend", choices=BACKENDS, default="auto")

    teach = commands.add_parser("teach", help="learn to read your hand from letters of yours")
    teach.add_argument(
        "paths",
        nargs="+",
        metavar="LETTERS",
        help="a folder with a folder for each letter, a picture named after its letter, or a "
        "photograph of a filled form",
    )
    teach.add_argument(
        "-o", required=True, dest="output", metavar="PACK", help="the model to write"
    )
    teach.add_argument("--show", metavar="PNG", help="a picture of what was taken from forms")

    bench = commands.add_parser("bench", help="time this device, fp32 against fp16")
    given = bench.add_mutually_exclusive_group()
    given.add_argument("--images", metavar="NPZ", help="pictures and labels to read, not generated")
    given.add_argument(
        "--compare", nargs="+", metavar="JSON", help="show several devices' results in one table"
    )

    commands.add_parser("info", help="say what the model is and how good it is")

    serve = commands.add_parser("serve", help="show a page on which to draw letters")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=port, default=8000, help="0 takes any that is free (8000)")
    serve.add_argument(
        "--letters",
        dest="folder",
        metavar="FOLDER",
        help="where to keep letters that are named on the page",
    )
    serve.add_argument(
        "--no-teach", action="store_false", dest="teach", help="keep no letters, learn nothing"
    )

    form = commands.add_parser("form", help="print a form to write letters on, or cut one up")
    form.add_argument(
        "-o",
        required=True,
        dest="output",
        metavar="PATH",
        help="a .pdf or .svg; of --cut, a folder",
    )
    form.add_argument(
        "--cut", nargs="+", metavar="PHOTO", help="put the letters on filled forms into folders"
    )
    form.add_argument("--show", metavar="PNG", help="a picture of what was cut out")

    for name, command in commands.choices.items():
        if name not in ("serve", "form"):
            command.add_argument("--json", action="store_true", help="for machines")
        command.add_argument("--model", metavar="PACK", help="another pack than the released one")
        command.set_defaults(run=run[name])
    reading.set_defaults(**classify)
    return whole
