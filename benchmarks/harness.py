"""What the benchmarks share: the command line, and sides that are measured in turn."""

import argparse
import json
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Of a process that finds the code of this checkout from anywhere.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'edge/src'}"}


def run(documentation, measure, table, **options):
    """Print the report `measure(**options)` as its `table`, or as JSON with `--json`; return it.

    An option is its default and its help. The default gives the type, a type has no default, and a
    list takes one value or more.
    """
    parser = argparse.ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    for name, (default, text) in options.items():
        if isinstance(default, type):
            parser.add_argument(f"--{name}", type=default, help=text)
        else:
            several = {"nargs": "+"} if isinstance(default, list) else {}
            kind = type(default[0] if several else default)
            parser.add_argument(f"--{name}", type=kind, default=default, help=text, **several)
    arguments = vars(parser.parse_args())
    as_json = arguments.pop("json")
    report = measure(**arguments)
    print(json.dumps(report, indent=2) if as_json else table(report))
    return report


def in_turn(cases, runs, measure):
    """Return the results of `measure(case, number)` by case, a list of one for each run.

    The cases take turns, so that a busy moment of the machine slows all of them.
    """
    measured = {case: [] for case in cases}
    for number in range(runs):
        for case, results in measured.items():
            results.append(measure(case, number))
    return measured
