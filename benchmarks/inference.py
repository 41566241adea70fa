"""Letters a second: `edge` with NumPy against ONNX Runtime on the exported model, by profile.

    PYTHONPATH=.:edge/src python benchmarks/inference.py [--json] [--threads 1 2] [--runs 5]

Both sides compute probabilities of the same letters with the same untrained weights, at fp32, and
must agree. Every run of a side is a process of its own, since ONNX Runtime's threads go on spinning
after their work; the sides run in turn, so that whatever else the machine does hits both. Figures
are medians over the runs. ONNX Runtime also gets the letters in batches, and its best size counts.

Letters are those of the pipeline's random split where it is there, else noise.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy

from edge import bench, images

ROOT = Path(__file__).parents[1]
SPLIT = Path("data/split/random/cyrillic-mnist/test.npz")
SIDES = ("edge", "onnx")
PROFILES = ("letters", "thesis")

BATCHED, SINGLY = bench.PICTURES, 1000
# ONNX Runtime is quickest in batches that its caches hold; `edge` makes its own.
ONNX_BATCHES = (BATCHED, 256, 32)
# How far the sides may differ in a probability.
TOLERANCE = 1e-5


def export(profile, folder):
    """Write the pack and the ONNX model of an untrained network of `profile`, a name."""
    from edge.alphabet import LETTERS
    from pipeline import params
    from pipeline.nn.folding import folded
    from pipeline.recipe import untrained
    from pipeline.stages.export import write_onnx, write_pack

    given = params.read()
    network = folded(untrained(given.profiles[profile], numpy.random.default_rng(given.seed)))
    description = {
        "format": 1,
        "profile": profile,
        "letters": LETTERS,
        "network": network.description(),
        "preparation": {},
        "training": {},
        "accuracy": {},
    }
    weights = network.parameters
    write_pack(folder / "letters.safetensors", description, weights)
    write_onnx(folder / "letters.onnx", description, weights, given.export)


def reader(side, folder, threads):
    """Make a side's function from pictures, uint8 `(n, 28, 28)`, to probabilities `(n, 33)`."""
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


def measure(side, folder, threads):
    """Time one run of a side in this process, and print its seconds."""
    pictures = numpy.load(folder / "letters.npy")
    read = reader(side, folder, threads)
    seconds = {"batched": {}, "singly": 0.0}
    for size in (BATCHED,) if side == "edge" else ONNX_BATCHES:
        starts = range(0, BATCHED, size)
        read(pictures[:size])
        begin = perf_counter()
        parts = [read(pictures[start : start + size]) for start in starts]
        seconds["batched"][size] = perf_counter() - begin
    if not (folder / f"{side}.npy").exists():
        numpy.save(folder / f"{side}.npy", numpy.concatenate(parts))
    singles = [pictures[number : number + 1] for number in range(SINGLY)]
    for picture in singles[:100]:
        read(picture)
    begin = perf_counter()
    for picture in singles:
        read(picture)
    seconds["singly"] = (perf_counter() - begin) / SINGLY
    print(json.dumps(seconds))


def run(side, folder, threads):
    """Time one run of a side in a process of its own."""
    command = [sys.executable, __file__, "--measure", side, str(folder), "--threads", str(threads)]
    # Both bring threads of their own.
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    path = os.pathsep.join([str(ROOT), str(ROOT / "edge/src")])
    environment = {**os.environ, **limits, "PYTHONPATH": path}
    printed = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(printed)


def letters():
    """Give the pictures to read, uint8 `(n, 28, 28)`, and what they are."""
    found = (ROOT / SPLIT).exists()
    read = images.read(ROOT / SPLIT, BATCHED) if found else images.noise(BATCHED)
    pictures = numpy.frombuffer(read.pictures, numpy.uint8).reshape(-1, 28, 28)
    # A split of other sizes may have fewer.
    return numpy.resize(pictures, (BATCHED, 28, 28)), "scans" if found else "noise"


def compare(folder, thread_counts, runs):
    """Run both sides in turn on every profile; return one row for each and number of threads."""
    pairs = [(profile, threads) for profile in PROFILES for threads in thread_counts]
    measured = {(*pair, side): [] for pair in pairs for side in SIDES}
    for _ in range(runs):
        for profile, threads, side in measured:
            measured[profile, threads, side].append(run(side, folder / profile, threads))
    rows = []
    for profile, threads in pairs:
        ours, theirs = (measured[profile, threads, side] for side in SIDES)
        best = min(ONNX_BATCHES, key=lambda size: median_batched(theirs, size))
        row = {
            "profile": profile,
            "threads": threads,
            "batched": {
                "edge_seconds": median_batched(ours, BATCHED),
                "onnx_seconds": median_batched(theirs, best),
                "onnx_batch": best,
                "onnx_seconds_at_once": median_batched(theirs, BATCHED),
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
    """Give the median seconds for all letters in batches of `size`."""
    return statistics.median(seconds["batched"][str(size)] for seconds in runs)


def table(report):
    """Lay a report out as text."""
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


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side")
    # How the processes that measure are called.
    parser.add_argument("--measure", nargs=2, metavar=("SIDE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        side, folder = arguments.measure
        measure(side, Path(folder), *arguments.threads)
        return

    import onnxruntime

    os.chdir(ROOT)
    pictures, source = letters()
    with tempfile.TemporaryDirectory() as folder:
        for profile in PROFILES:
            (Path(folder) / profile).mkdir()
            export(profile, Path(folder) / profile)
            numpy.save(Path(folder) / profile / "letters.npy", pictures)
        rows = compare(Path(folder), arguments.threads, arguments.runs)
    report = {
        "letters": BATCHED,
        "source": source,
        "runs": arguments.runs,
        "device": bench.device(),
        "onnxruntime": onnxruntime.__version__,
        "rows": rows,
    }
    print(json.dumps(report, indent=2) if arguments.json else table(report))


if __name__ == "__main__":
    main()
