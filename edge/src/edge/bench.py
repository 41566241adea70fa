"""What the source work measured on its five devices: seconds for many letters, fp32 and fp16."""

import json
import os
import platform
import struct
import subprocess
import sys
from math import prod

from edge import pack as packs
from edge.classifier import RELEASED_PACK

# As many letters as the source work read on each device.
PICTURES = 10_000

# Of the results' JSON, which README.md of the repository describes and `edge.compare` reads.
VERSION = 1

# What is measured: with what, how many letters at a time, stored and computed at which precision.
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
fp16 computed and no NumPy stop after two seconds, wherever they are; the rest reads all letters.
seconds: median of up to five runs after a first one, without loading. peak memory: of a process
that does nothing else, with Python, NumPy and all pictures in it."""

_CODES = {"F16": "e", "F32": "f"}


def run(model, letters, progress=None):
    """Time the forward pass of the pack at `model` on this device, as plain data for `table`.

    `letters` are an `edge.images.Letters`; `progress` is called with each row before it is
    measured. Raises OSError or ValueError on a pack that cannot be read or computed.
    """
    opened = packs.read(model or RELEASED_PACK)
    data = {precision: stored(opened, precision) for precision in ("fp32", "fp16")}
    described = device()
    results = []
    for row in ROWS:
        if row[0] == "numpy" and described["numpy"] is None:
            continue
        if progress:
            progress(f"{READ_WITH[row[:2]]}, {row[2]} stored, {row[3]} computed")
        results.append(_measured(row, data[row[2]], letters))
    return {
        "version": VERSION,
        "device": described,
        "model": {
            "storage": next(iter(opened.tensors.values())).dtype.replace("F", "fp"),
            "sha256": opened.description["sha256"],
        },
        "pictures": "noise" if letters.labels is None else "letters",
        "results": results,
    }


def _measured(row, data, letters):
    backend, mode, storage, computed = row
    job = {"backend": backend, "mode": mode, "computed": computed, "pack_bytes": len(data)}
    # The same modules as here, whatever lies in the working directory.
    code = f"import sys; sys.path[:] = {sys.path!r}; from edge import measure; measure.main()"
    process = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(job).encode() + b"\n" + data + letters.pictures,
        capture_output=True,
        # As the command line has it, see `edge.cli`.
        env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
        check=False,
    )
    if process.returncode:
        last = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"{READ_WITH[row[:2]]}, {storage}: status {process.returncode}: {last}")
    found = json.loads(process.stdout)
    seconds = sorted(found["seconds"])[len(found["seconds"]) // 2]
    classes = found["classes"]
    accuracy = None
    if letters.labels is not None:
        # What stops in the midst of the letters has read the first ones.
        accuracy = sum(map(int.__eq__, classes, letters.labels)) / len(classes)
    return {
        "backend": backend,
        "mode": mode,
        "stored": storage,
        "computed": computed,
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
    """Give the bytes of `pack`, or of one with its numbers widened or rounded to `precision`."""
    dtype = precision.replace("fp", "F")
    if all(tensor.dtype == dtype for tensor in pack.tensors.values()):
        return pack.data
    header, data = {}, bytearray()
    for name, tensor in pack.tensors.items():
        code = _CODES[tensor.dtype]
        end = tensor.offset + prod(tensor.shape) * packs.BYTES_PER_ELEMENT[tensor.dtype]
        begin = len(data)
        try:
            # One by one, since all of a large pack's would take ten times its size.
            for number in struct.iter_unpack(f"<{code}", pack.data[tensor.offset : end]):
                data += struct.pack(f"<{_CODES[dtype]}", *number)
        except OverflowError:
            raise ValueError(f"tensor {name}: numbers too large for {precision}") from None
        offsets = [begin, len(data)]
        header[name] = {"dtype": dtype, "shape": tensor.shape, "data_offsets": offsets}
    document = {**pack.description, "sha256": packs.sha256(data).hexdigest()}
    metadata = {"pack": json.dumps(document, ensure_ascii=False)}
    text = json.dumps({"__metadata__": metadata, **header}).encode()
    return len(text).to_bytes(8, "little") + text + data


def device():
    """Describe the machine: processor, cores, memory, system, Python, NumPy and its BLAS."""
    try:
        import numpy
    except ImportError:
        numpy = None
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "megahertz": _megahertz(),
        "cache": _system_file("/sys/devices/system/cpu/cpu0/cache/index3/size")
        or _system_file("/sys/devices/system/cpu/cpu0/cache/index2/size"),
        "memory_megabytes": _memory_megabytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": numpy and numpy.__version__,
        "blas": numpy and _blas(numpy),
        "threads": _threads(),
    }


def table(results):
    """Lay the results of `run` out for people."""
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


def _threads():
    try:
        from edge import network
    except ImportError:  # no NumPy
        return 1
    return network.processors()


def _system_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0\n ")
    except OSError:
        return None


def _processor():
    information = _system_file("/proc/cpuinfo") or ""
    for line in information.splitlines():
        if line.lower().startswith(("model name", "hardware")):
            return line.split(":", 1)[1].strip()
    return _system_file("/proc/device-tree/model") or platform.processor() or platform.machine()


def _megahertz():
    kilohertz = _system_file("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")
    if kilohertz and kilohertz.isdecimal():
        return int(kilohertz) // 1000
    for line in (_system_file("/proc/cpuinfo") or "").splitlines():
        if line.startswith("cpu MHz"):
            return round(float(line.split(":", 1)[1]))
    return None


def _memory_megabytes():
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return None


def _blas(numpy):
    try:
        built_with = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built_with['name']} {built_with['version']}"
    except (KeyError, TypeError):  # before NumPy 1.25 the configuration could only be printed
        libraries = getattr(numpy.__config__, "blas_opt_info", {}).get("libraries", [])
        return ", ".join(dict.fromkeys(libraries)) or None
