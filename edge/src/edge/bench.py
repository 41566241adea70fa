"""What the source work measured on its five devices: seconds for many letters, fp32 and fp16."""

import os
import platform
import time

import numpy

from edge import network, pack, pure
from edge.classifier import RELEASED_PACK

# Without `--images`, as many letters as the source work read on each device.
PICTURES = 10_000
# What has no fast path would take minutes for all of them.
SLOW_PICTURES = 200


def run(model, pictures, labels):
    """Time the forward pass of the pack at `model` on this device, as plain data for `table`.

    `pictures` is uint8 `(n, 28, 28)`, `labels` `(n,)`, or None, and then no accuracy is given.
    """
    opened = pack.read(model or RELEASED_PACK)
    storage = next(iter(opened.tensors.values())).dtype.replace("F", "fp")
    description = opened.description["network"]

    start = time.perf_counter()
    single = network.Network(description, network.parameters(opened))
    loading = time.perf_counter() - start
    half = network.Network(description, network.parameters(opened, numpy.float16))

    def batched(loaded):
        return lambda pictures: loaded.logits(pictures).argmax(axis=1)

    def singly(loaded):
        return lambda pictures: [
            loaded.logits(pictures[i : i + 1])[0].argmax() for i in range(len(pictures))
        ]

    def alone(pictures):
        rows = [pure.probabilities(opened, picture.tobytes()) for picture in pictures]
        return numpy.argmax(rows, axis=1)

    measured = [
        ("NumPy, fp32 arithmetic, batched", PICTURES, batched(single)),
        ("NumPy, fp32 arithmetic, one at a time", SLOW_PICTURES, singly(single)),
        ("NumPy, fp16 arithmetic, batched", SLOW_PICTURES, batched(half)),
        ("standard library alone, one at a time", SLOW_PICTURES, alone),
    ]
    rows = []
    for name, count, read_classes in measured:
        chosen = pictures[:count]
        start = time.perf_counter()
        classes = read_classes(chosen)
        seconds = time.perf_counter() - start
        row = {
            "what": name,
            "pictures": len(chosen),
            "seconds": seconds,
            "per_second": len(chosen) / seconds,
        }
        if labels is not None:
            row["accuracy"] = float(numpy.mean(classes == labels[:count]))
        rows.append(row)
    return {
        "device": device(),
        "model": {"storage": storage, "sha256": opened.description["sha256"], "loading": loading},
        "pictures": "noise" if labels is None else "letters",
        "results": rows,
    }


def device():
    """Describe the machine: processor, cores, memory, system, Python, NumPy and its BLAS."""
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
        "numpy": numpy.__version__,
        "blas": _blas(),
    }


def table(results):
    """Lay the results of `run` out for people."""
    lines = [f"{name:<18} {value}" for name, value in results["device"].items() if value]
    model = results["model"]
    lines.append(f"{'model':<18} {model['storage']}, loaded in {model['loading'] * 1e3:.1f} ms")
    lines.append("")
    lines.append(f"{'':<38} {'letters':>8} {'seconds':>9} {'a second':>9} {'accuracy':>9}")
    for row in results["results"]:
        accuracy = f"{row['accuracy']:.2%}" if "accuracy" in row else "-"
        lines.append(
            f"{row['what']:<38} {row['pictures']:>8} {row['seconds']:>9.4f} "
            f"{row['per_second']:>9.0f} {accuracy:>9}"
        )
    return "\n".join(lines)


def noise():
    """Make pictures to read where no letters are given, and None for their labels."""
    # As sparse as a letter: three pixels of four are paper.
    generator = numpy.random.default_rng(0)
    ink = generator.integers(0, 256, (PICTURES, 28, 28), numpy.uint8)
    return 255 - ink * (generator.random((PICTURES, 28, 28)) < 0.25), None


def read(path):
    """Read letters and labels from an NPZ with `images`, uint8 `(n, 28, 28)`, and `labels`, `(n,)`.

    Raises ValueError on another content, OSError on a file that cannot be read.
    """
    try:
        with numpy.load(path, allow_pickle=False) as arrays:
            pictures, labels = arrays["images"], arrays["labels"]
    except OSError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy each raise their own kinds
        raise ValueError(f"no NPZ with images and labels ({error})") from None
    if pictures.dtype != numpy.uint8 or pictures.shape[1:] != (28, 28) or not len(pictures):
        raise ValueError(
            f"images are {pictures.dtype} {pictures.shape}, expected uint8 (n, 28, 28)"
        )
    if labels.shape != (len(pictures),):
        raise ValueError(f"labels have shape {labels.shape}, expected ({len(pictures)},)")
    return pictures, labels


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


def _blas():
    try:
        return numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    except TypeError:  # before NumPy 1.25 the configuration could only be printed
        return None
