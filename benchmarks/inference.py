"""Time `edge` with NumPy beside ONNX Runtime on the same model, for every profile.

    PYTHONPATH=.:edge/src python benchmarks/inference.py [--json] [--threads 1 2] [--runs 5]

Both sides compute the probabilities of the same letters with the same untrained weights, at fp32,
and must agree. Every run of a side is a process of its own, since ONNX Runtime's threads spin after
their work; the sides run in turn, so that a busy moment of the machine slows both. Figures are
medians over the runs. ONNX Runtime also gets the letters in batches, and its best size counts.

The letters are the test letters of the pipeline's random split, or noise before it has run.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy
from harness import ENVIRONMENT, ROOT, in_turn, run

from edge import bench
from edge.bench import pictures
from pipeline.data.alphabet import RUSSIAN

SPLIT = ROOT / "data/split/random/cyrillic-mnist/test.npz"
SIDES = ("edge", "onnx")
PROFILES = ("letters", "thesis")

# At most, one at a time.
SINGLY = 1000
# ONNX Runtime is quickest in batches that fit its caches; `edge` makes its own.
ONNX_BATCHES = (256, 32)
# How far the sides may differ in a probability.
TOLERANCE = 1e-5


def export(profile, folder):
    """Write the pack and the ONNX model of an untrained network of `profile`, a name."""
    from pipeline import params
    from pipeline.export import write_onnx, write_pack
    from pipeline.nn.folding import folded
    from pipeline.training.trainer import untrained

    given = params.read()
    network = folded(
        untrained(given.profiles[profile], len(RUSSIAN), numpy.random.default_rng(given.seed))
    )
    description = {
        "format": 1,
        "profile": profile,
        "letters": RUSSIAN,
        "network": network.description(),
        "preparation": {},
        "training": {},
        "accuracy": {},
    }
    weights = network.parameters
    write_pack(folder / "letters.safetensors", description, weights)
    write_onnx(folder / "letters.onnx", description, weights, given.export)


def reader(side, folder, threads):
    """Return a side's function from pictures, uint8 `(n, 28, 28)`, to probabilities `(n, 33)`."""
    if side == "edge":
        import edge

        return edge.load(folder / "letters.safetensors", "numpy", threads).predict
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        folder / "letters.onnx", options, providers=["CPUExecutionProvider"]
    )
    return lambda pictures: session.run(None, {"images": pictures})[0]


def print_seconds(side, folder, threads):
    """Time one run of a side in this process, and print its seconds."""
    images = numpy.load(folder / "letters.npy")
    read = reader(side, folder, threads)
    seconds = {"batched": {}, "singly": 0.0}
    count = len(images)
    for size in (count,) if side == "edge" else (count, *ONNX_BATCHES):
        starts = range(0, count, size)
        read(images[:size])
        begin = perf_counter()
        parts = [read(images[start : start + size]) for start in starts]
        seconds["batched"][size] = perf_counter() - begin
    if not (folder / f"{side}.npy").exists():
        numpy.save(folder / f"{side}.npy", numpy.concatenate(parts))
    singles = [images[number : number + 1] for number in range(min(SINGLY, count))]
    for picture in singles[:100]:
        read(picture)
    begin = perf_counter()
    for picture in singles:
        read(picture)
    seconds["singly"] = (perf_counter() - begin) / len(singles)
    print(json.dumps(seconds))


def timed(folder, profile, threads, side):
    """Return the seconds of one run of a side, a process of its own."""
    command = [sys.executable, __file__, "--measure", side, str(folder / profile), str(threads)]
    # Both sides have threads of their own.
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    done = subprocess.run(command, env=ENVIRONMENT | limits, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def sampled(count):
    """Return `count` pictures to read, uint8 `(count, 28, 28)`, and what they are."""
    found = SPLIT.exists()
    sample = pictures.read(SPLIT, count, len(RUSSIAN)) if found else pictures.noise(count)
    images = numpy.frombuffer(sample.pictures, numpy.uint8).reshape(-1, 28, 28)
    # A split of another size may have fewer.
    return numpy.resize(images, (count, 28, 28)), "scans" if found else "noise"


def compare(folder, count, thread_counts, runs):
    """Time both sides on every profile; return a row for each profile and number of threads."""
    cases = product(PROFILES, thread_counts, SIDES)
    measured = in_turn(cases, runs, lambda case, _: timed(folder, *case))
    rows = []
    for profile, threads in product(PROFILES, thread_counts):
        ours, theirs = (measured[profile, threads, side] for side in SIDES)
        best = min((count, *ONNX_BATCHES), key=lambda size: median_batched(theirs, size))
        row = {
            "profile": profile,
            "threads": threads,
            "batched": {
                "edge_seconds": median_batched(ours, count),
                "onnx_seconds": median_batched(theirs, best),
                "onnx_batch": best,
                "onnx_seconds_at_once": median_batched(theirs, count),
            },
            "singly": {
                f"{side}_seconds": statistics.median(seconds["singly"] for seconds in all_seconds)
                for side, all_seconds in zip(SIDES, (ours, theirs), strict=True)
            },
        }
        for mode in ("batched", "singly"):
            row[mode]["ratio"] = row[mode]["edge_seconds"] / row[mode]["onnx_seconds"]
        row["all_runs"] = {"edge": ours, "onnx": theirs}
        shares = [numpy.load(folder / profile / f"{side}.npy") for side in SIDES]
        row["largest_difference"] = float(abs(shares[0] - shares[1]).max())
        if not row["largest_difference"] < TOLERANCE:
            raise SystemExit(f"{profile}: the sides differ by {row['largest_difference']}")
        rows.append(row)
    return rows


def median_batched(runs, size):
    """Return the median seconds for all letters in batches of `size`."""
    return statistics.median(seconds["batched"][str(size)] for seconds in runs)


def table(report):
    """Return a report as text."""
    count = f"{report['letters']:,}"
    lines = [
        f"{'':17}{f'{count} batched':^34}{'one at a time':^30}",
        f"{'profile':9}{'threads':8}"
        f"{'edge':>10}{'ONNX (batch)':>18}{'ratio':>6}{'edge':>12}{'ONNX':>11}{'ratio':>7}",
    ]
    for row in report["rows"]:
        batched, singly = row["batched"], row["singly"]
        lines.append(
            f"{row['profile']:9}{row['threads']:7} "
            f"{batched['edge_seconds']:8.3f} s"
            f"{batched['onnx_seconds']:8.3f} s ({batched['onnx_batch']:>5})"
            f"{batched['ratio']:6.2f}"
            f"{singly['edge_seconds'] * 1e6:9.0f} us{singly['onnx_seconds'] * 1e6:8.0f} us"
            f"{singly['ratio']:7.2f}"
        )
    return "\n".join(lines)


def measure(threads, runs, letters):
    """Export both profiles, time both sides and return the report."""
    import onnxruntime

    os.chdir(ROOT)
    images, source = sampled(letters)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for profile in PROFILES:
            (folder / profile).mkdir()
            export(profile, folder / profile)
            numpy.save(folder / profile / "letters.npy", images)
        rows = compare(folder, letters, threads, runs)
    return {
        "letters": letters,
        "source": source,
        "runs": runs,
        "device": bench.device(),
        "onnxruntime": onnxruntime.__version__,
        "rows": rows,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:  # a process that measures
        print_seconds(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        run(
            __doc__,
            measure,
            table,
            threads=([1, 2], "thread counts"),
            runs=(5, "runs of each side"),
            letters=(bench.PICTURES, "how many"),
        )
