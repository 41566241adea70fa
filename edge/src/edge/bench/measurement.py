"""One measurement, in a process of its own so that its memory is its own.

`edge.bench` writes a line of JSON, a pack and pictures to it, and reads a line of JSON.
"""

import json
import sys
import time

from edge import pack as packs
from edge import pure
from edge.picture import SIZE

# Another run follows as long as all so far have taken less than SECONDS.
RUNS = 5
SECONDS = 1
# Rows without a fast path read this many pictures at a time, and stop after SECONDS.
BATCH = 32

PICTURE_BYTES = SIZE * SIZE


def main():
    """Do the measurement that standard input describes."""
    job = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(job["pack_bytes"])
    pictures = sys.stdin.buffer.read()
    count = len(pictures) // PICTURE_BYTES
    make = _pure_reader if job["backend"] == "pure" else _numpy_reader
    read, loading_seconds = make(data, pictures, job["computed"])

    singly, patient = job["mode"] == "singly", job["computed"] == "fp32"
    step = 1 if singly else count if patient else BATCH
    read(0, min(step, BATCH))  # the first call allocates memory and starts threads
    seconds = []
    while len(seconds) < RUNS and sum(seconds) < SECONDS:
        classes = []
        start = time.perf_counter()
        for first in range(0, count, step):
            classes += read(first, first + step)
            if not patient and time.perf_counter() - start > SECONDS:
                break
        seconds.append(time.perf_counter() - start)
    result = {"classes": classes, "seconds": seconds, "loading_seconds": loading_seconds}
    print(json.dumps({**result, "peak_bytes": peak_bytes()}))


def _numpy_reader(data, pictures, computed):
    import numpy

    from edge import network

    images = numpy.frombuffer(pictures, numpy.uint8).reshape(-1, 28, 28)
    start = time.perf_counter()
    pack = packs.parse(data)
    arrays = network.parameters(pack, {"fp16": numpy.float16, "fp32": numpy.float32}[computed])
    loaded = network.Network(pack.description["network"], arrays, network.processors())
    seconds = time.perf_counter() - start
    return lambda *part: loaded.logits(images[slice(*part)]).argmax(axis=1).tolist(), seconds


def _pure_reader(data, pictures, _):
    start = time.perf_counter()
    pack = packs.parse(data)
    seconds = time.perf_counter() - start

    def read(first, stop):
        classes = []
        for at in range(first * PICTURE_BYTES, stop * PICTURE_BYTES, PICTURE_BYTES):
            shares = pure.probabilities(pack, pictures[at : at + PICTURE_BYTES])
            classes.append(shares.index(max(shares)))
        return classes

    return read, seconds


def peak_bytes():
    """Return the peak memory of this process in bytes, or None where the system does not tell."""
    try:
        # `getrusage` would count what the parent had when it made this process.
        with open("/proc/self/status", encoding="utf-8", errors="replace") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:
        return None
    # In bytes on macOS, in kilobytes elsewhere.
    unit = 1 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
