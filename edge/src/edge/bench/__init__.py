"""`edge bench`: how long this device takes for many letters, at fp32 and at fp16.

Every measurement is a process that imports this package. So that the memory of a measurement is its
own, what only `run` needs is imported there.
"""

import json
import os
import struct
import sys
from math import prod

from edge import pack as packs
from edge.bench.hardware import device
from edge.bench.reported import PICTURES

__all__ = ["PICTURES", "VERSION", "device", "run", "table"]

# Of the results' JSON, which `edge.bench.compare` reads.
VERSION = 1

# What is measured, in the order of KEYS.
KEYS = ("backend", "mode", "stored", "computed")
ROWS = [
    ("numpy", "batched", "fp32", "fp32"),
    ("numpy", "batched", "fp16", "fp32"),
    ("numpy", "batched", "fp16", "fp16"),
    ("numpy", "singly", "fp32", "fp32"),
    ("numpy", "singly", "fp16", "fp32"),
    ("numpy", "singly", "fp16", "fp16"),
    ("pure", "singly", "fp32", "fp64"),
    ("pure", "singly", "fp16", "fp64"),
]
READ_WITH = {
    ("numpy", "batched"): "NumPy, batched",
    ("numpy", "singly"): "NumPy, one at a time",
    ("pure", "singly"): "no NumPy, one at a time",
}
_FOOTNOTE = """\
fp16 computed and no NumPy stop after a second, wherever they are; the rest reads all letters.
seconds: median of up to five runs after a first one, without loading. peak memory: of a process
that does nothing else, with Python, NumPy and all pictures in it."""


def run(model, sample, progress=None):
    """Time the forward pass of the pack at `model` on this device, as plain data for `table`.

    `sample` is an `edge.bench.pictures.Sample`; `progress` is called with a description of each row
    before it is measured. Raises OSError or ValueError on a pack that cannot be read or computed.
    """
    opened = packs.read(model)
    data = {precision: stored(opened, precision) for precision in ("fp32", "fp16")}
    described = device()
    results = []
    for row in ROWS:
        if row[0] == "numpy" and described["numpy"] is None:
            continue
        if progress:
            progress(f"{READ_WITH[row[:2]]}, {row[2]} stored, {row[3]} computed")
        results.append(_measured(row, data[row[2]], sample))
    return {
        "version": VERSION,
        "device": described,
        "model": {
            "storage": next(dtype for dtype in _dtypes(opened) if dtype != "U8").replace("F", "fp"),
            "sha256": opened.description["sha256"],
        },
        "pictures": "noise" if sample.labels is None else "letters",
        "results": results,
    }


def _measured(row, data, sample):
    import subprocess  # nosec B404

    kind = dict(zip(KEYS, row))
    job = {**kind, "pack_bytes": len(data)}
    # The same modules as here, whatever lies in the working directory.
    path = f"import sys; sys.path[:] = {sys.path!r}"
    # Nothing in the command comes from outside.
    process = subprocess.run(  # nosec B603
        [sys.executable, "-c", f"{path}; from edge.bench.measurement import main; main()"],
        input=json.dumps(job).encode() + b"\n" + data + sample.pictures,
        capture_output=True,
        # As the command line has it, see `edge.cli`.
        env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
        check=False,
    )
    if process.returncode:
        last = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"{READ_WITH[row[:2]]}, {row[2]}: status {process.returncode}: {last}")
    found = json.loads(process.stdout)
    seconds = sorted(found["seconds"])[len(found["seconds"]) // 2]
    classes = found["classes"]
    accuracy = None
    if sample.labels is not None:
        # A row that stops early has read the first pictures.
        accuracy = sum(map(int.__eq__, classes, sample.labels)) / len(classes)
    return {
        **kind,
        "pictures": len(classes),
        "runs": len(found["seconds"]),
        "seconds": seconds,
        "per_second": len(classes) / seconds,
        "accuracy": accuracy,
        "loading_seconds": found["loading_seconds"],
        "pack_bytes": len(data),
        "peak_bytes": found["peak_bytes"],
    }


def stored(pack, precision):
    """Return the bytes of `pack`, its weights widened or rounded to `precision` if need be."""
    dtype = precision.replace("fp", "F")
    if {*_dtypes(pack)} <= {dtype, "U8"}:
        return pack.data
    header, data = {}, bytearray()
    for name, tensor in pack.tensors.items():
        end = tensor.offset + prod(tensor.shape) * packs.BYTES_PER_ELEMENT[tensor.dtype]
        begin, numbers = len(data), pack.data[tensor.offset : end]
        kind = "U8" if tensor.dtype == "U8" else dtype
        try:
            data += numbers if kind == tensor.dtype else _converted(numbers, tensor.dtype, kind)
        except OverflowError:
            raise ValueError(f"tensor {name}: numbers too large for {precision}") from None
        offsets = [begin, len(data)]
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": offsets}
    document = {**pack.description, "sha256": packs.sha256(data).hexdigest()}
    metadata = {"pack": json.dumps(document, ensure_ascii=False)}
    text = json.dumps({"__metadata__": metadata, **header}).encode()
    return len(text).to_bytes(8, "little") + text + data


def _dtypes(pack):
    return [tensor.dtype for tensor in pack.tensors.values()]


def _converted(numbers, old, new):
    data = bytearray()
    # One by one: all numbers of a large pack would take ten times its size in memory.
    for number in struct.iter_unpack(f"<{packs.CODES[old]}", numbers):
        data += struct.pack(f"<{packs.CODES[new]}", *number)
    return data


def table(results):
    """Return the results of `run` as a table for people."""
    rows = [*results["device"].items(), ("stored as", results["model"]["storage"])]
    lines = [f"{name.replace('_', ' '):<18} {value}" for name, value in rows if value]
    lines.append("")
    lines.append(
        f"{'':<24}{'stored':<8}{'computed':<10}{'letters':>7}{'seconds':>10}{'a second':>10}"
        f"{'accuracy':>10}{'loading':>10}{'pack':>9}{'peak memory':>13}"
    )
    for row in results["results"]:
        accuracy = "-" if row["accuracy"] is None else f"{row['accuracy']:.2%}"
        peak = "-" if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:.0f} MB"
        lines.append(
            f"{READ_WITH[row['backend'], row['mode']]:<24}{row['stored']:<8}{row['computed']:<10}"
            f"{row['pictures']:>7}{row['seconds']:>10.4f}{row['per_second']:>10.0f}{accuracy:>10}"
            f"{row['loading_seconds'] * 1e3:>7.1f} ms{row['pack_bytes'] / 1e3:>6.0f} kB{peak:>13}"
        )
    return "\n".join([*lines, "", _FOOTNOTE])
