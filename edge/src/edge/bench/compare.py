"""Several devices' results of `edge bench --json` in one table, beside the source work's devices.

A file of results may come from anywhere, so it is checked before it is shown.
"""

import json
import os

from edge.bench import KEYS, PICTURES, VERSION, reported
from edge.text import printable

MAXIMUM_BYTES = 1 << 16
_NAME_LENGTH = 40

# What is compared, by the name of its column, in the order of KEYS.
_COLUMNS = {
    "fp32": ("numpy", "batched", "fp32", "fp32"),
    "fp16": ("numpy", "batched", "fp16", "fp32"),
    "fp16 computed": ("numpy", "batched", "fp16", "fp16"),
    "one at a time": ("numpy", "singly", "fp16", "fp32"),
    "no NumPy": ("pure", "singly", "fp16", "fp64"),
}
_WITH_ACCURACY = ("fp32", "fp16")

_FOOTNOTE = f"""\
Seconds for {PICTURES:,} letters, in proportion where fewer were read. fp16 is stored as such and
computed in fp32, also one at a time; without NumPy it is computed in fp64. The source work read its
own letters with its own network."""


def read(path):
    """Read and check a file of results; return the device's name, seconds and accuracy by column.

    Raises ValueError, or OSError if the file cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"larger than results may be ({MAXIMUM_BYTES} bytes)")
    try:
        results = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("no valid JSON, expected what `edge bench --json` prints") from None
    if not isinstance(results, dict):
        raise ValueError("no JSON object, expected what `edge bench --json` prints")
    if results.get("version") != VERSION or results["version"] is True:
        raise ValueError(f"version: {_shown(results.get('version'))}, expected {VERSION}")
    device = _checked(results, "device", dict, "an object")
    name = _checked(device, "processor", str, "text", "device.")
    cores = device.get("cores")
    if type(cores) is int and 0 < cores < 1 << 20:
        name = f"{name[:_NAME_LENGTH]}, {cores} core{'s' if cores > 1 else ''}"
    seconds, accuracy = {}, {}
    columns = {kind: column for column, kind in _COLUMNS.items()}
    for number, row in enumerate(_checked(results, "results", list, "a list")):
        kind, duration, share = _row(row, f"results[{number}]")
        if kind in columns:
            seconds[columns[kind]], accuracy[columns[kind]] = duration, share
    if not seconds:
        raise ValueError(f"results: none of {', '.join(_COLUMNS)}")
    return {
        "name": printable(name, 60),
        "from": printable(os.path.basename(path), 60),
        "seconds": seconds,
        "accuracy": {column: accuracy.get(column) for column in _WITH_ACCURACY},
    }


def _row(row, where):
    """Check a row; return its kind, as in `_COLUMNS`, seconds for PICTURES letters, accuracy."""
    if not isinstance(row, dict):
        raise ValueError(f"{where}: {_shown(row)}, expected an object")
    where += "."
    kind = tuple(_checked(row, key, str, "text", where) for key in KEYS)
    pictures = _checked(row, "pictures", int, "a whole number", where)
    seconds = _checked(row, "seconds", (int, float), "a number", where)
    if not (0 < pictures < 1e12 and 0 < seconds < 1e12):
        found = f"{_shown(pictures)} in {_shown(seconds)} seconds"
        raise ValueError(f"{where}pictures: {found}, expected more than 0 in more than 0")
    share = row.get("accuracy")
    if share is not None and not (type(share) in (int, float) and 0 <= share <= 1):
        raise ValueError(f"{where}accuracy: {_shown(share)}, expected 0 to 1, or null")
    return kind, seconds / pictures * PICTURES, share


def beside_source(devices):
    """Return devices, as `read` returns them, and after them the five of the source work."""
    source = [
        {"name": name, "from": "source work", "seconds": seconds, "accuracy": reported.ACCURACY}
        for name, seconds in reported.SECONDS.items()
    ]
    return [*devices, *source]


def table(devices):
    """Return devices, as `read` returns them, as a table beside the five of the source work."""
    head = ["device", "from", *_COLUMNS, *(f"accuracy, {name}" for name in _WITH_ACCURACY)]
    rows = [head]
    for device in beside_source(devices):
        seconds = (device["seconds"].get(column) for column in _COLUMNS)
        shares = (device["accuracy"][column] for column in _WITH_ACCURACY)
        rows.append(
            [
                device["name"],
                device["from"],
                *("-" if value is None else f"{value:.4f}" for value in seconds),
                *("-" if share is None else f"{share:.2%}" for share in shares),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:2], widths)]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        lines.append("  ".join(cells))
    return "\n".join([*lines, "", _FOOTNOTE])


def _checked(mapping, key, kind, expected, where=""):
    value = mapping.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{where}{key}: {_shown(value)}, expected {expected}")
    return value


def _shown(value):
    """Show a wrong value in a few characters, and a nested one without walking down into it."""
    kinds = {dict: "an object", list: "a list"}
    return kinds.get(type(value)) or printable(json.dumps(value, ensure_ascii=False), 40)
