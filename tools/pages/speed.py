"""How fast training, `edge` and a sweep are: what the programs in benchmarks/ have measured."""

from pathlib import Path

from pipeline.files import read_json
from tools.pages.markdown import table


def benchmark(name: str) -> dict:
    """Return what `benchmarks/<name>.py --json` has written."""
    return read_json(Path("benchmarks") / f"{name}.json")


def speed() -> str:
    """Return the time of an epoch here and in PyTorch, and the memory that training takes."""
    training, memory = benchmark("training"), benchmark("memory")
    head = [f"an epoch of {training['examples']:,} pictures", "here"]
    head += [f"PyTorch {training['torch']}", "ratio", "in matrix products"]
    rows = [
        [
            f"{row['network']}, batches of {row['batch_size']}, {threads(row['threads'])}",
            f"{row['ours_seconds']:.2f} s",
            f"{row['torch_seconds']:.2f} s",
            f"**{row['ratio']:.2f}**",
            f"{row['product_share']:.0%}",
        ]
        for row in training["rows"]
    ]
    letters, peak = list(memory["peak_bytes"].items())[-1]
    return table(head, rows) + (
        f"\nMedians of {training['runs']} runs in turn on {training['machine']}. Training on"
        f" {int(letters):,} letters takes {peak / 1e6:.0f} MB of memory at its peak:"
        f" {memory['bytes_at_none'] / 1e6:.0f} MB and {memory['bytes_a_letter'] / 1e3:.1f} kB a"
        " letter.\n"
    )


def inference() -> str:
    """Return how fast `edge` is, beside ONNX Runtime and from a cold start."""
    report, cold = benchmark("inference"), benchmark("cold_start")
    onnx = f"ONNX Runtime {report['onnxruntime']}"
    head = ["profile, threads", f"{report['letters']:,} letters", onnx, "ratio"]
    rows = []
    for row in report["rows"]:
        many, one = row["batched"], row["singly"]
        edge, at_once = many["edge_seconds"], many["onnx_seconds_at_once"]
        batches = f"in batches of {many['onnx_batch']} {many['onnx_seconds'] * 1e3:.0f} ms"
        cells = [f"`{row['profile']}`, {row['threads']}", f"{edge * 1e3:.0f} ms"]
        cells += [f"{at_once * 1e3:.0f} ms, {batches}"]
        cells += [f"**{edge / at_once:.2f}**, {many['ratio']:.2f}"]
        cells += [f"{one[name] * 1e6:.0f} µs" for name in ("edge_seconds", "onnx_seconds")]
        rows.append([*cells, f"**{one['ratio']:.2f}**"])
    seconds, ratios = cold["cold_start"]["seconds"], cold["cold_start"]["ratios"]
    return table([*head, "one letter", "ONNX Runtime", "ratio"], rows) + (
        f"\nMedians of {report['runs']} runs in turn on {report['device']['cores']} cores of"
        f" {report['device']['processor']}. A whole `edge classify letter.png`, from a cold start,"
        f" takes {seconds['edge'] * 1e3:.0f} ms: {ratios['bare']:.1f} times a Python that does"
        f" nothing, and {ratios['numpy']:.2f} times one that imports NumPy. Up to"
        f" {cold['crossover']['constant']} pictures are read without NumPy; the lines cross at"
        f" {cold['crossover']['crossover']:.0f}.\n"
    )


def sweep() -> str:
    """Return how long a sweep takes on one worker and on two."""
    report = benchmark("sweep")
    one, two = report["rows"]
    return (
        f"{report['runs']} short trainings, {one['training_seconds']:.1f} s each, take"
        f" {one['seconds']:.1f} s on one worker and {two['seconds']:.1f} s on two:"
        f" **{report['ratio']:.2f}** times as long, including the time that Dask takes to start.\n"
    )


def threads(count: int) -> str:
    """Return a number of threads in words."""
    return f"{count} thread{'s' if count > 1 else ''}"


PARTS = {part.__name__: part for part in (speed, inference, sweep)}
