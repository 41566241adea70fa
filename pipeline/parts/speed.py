"""How fast training and `edge` are: what the programs in benchmarks/ have measured."""

from pathlib import Path

from pipeline.files import read_json

BENCHMARKS = Path("benchmarks")


def speed() -> str:
    """Lay out what the benchmarks have measured: an epoch here and in PyTorch, and the memory."""
    training, memory = (read_json(BENCHMARKS / f"{name}.json") for name in ("training", "memory"))
    rows = [
        f"| an epoch of {training['examples']:,} pictures | here | PyTorch {training['torch']} "
        "| ratio | in matrix products |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in training["rows"]:
        threads = f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}"
        rows.append(
            f"| {row['network']}, batches of {row['batch_size']}, {threads} "
            f"| {row['ours_seconds']:.2f} s | {row['torch_seconds']:.2f} s "
            f"| **{row['ratio']:.2f}** | {row['product_share']:.0%} |"
        )
    letters, peak = list(memory["peak_bytes"].items())[-1]
    return "\n".join(rows) + (
        f"\n\nMedians of {training['runs']} runs in turn on {training['machine']}. Training on"
        f" {int(letters):,} letters takes {peak / 1e6:.0f} MB of memory at its peak:"
        f" {memory['bytes_at_none'] / 1e6:.0f} MB and {memory['bytes_a_letter'] / 1e3:.1f} kB a"
        " letter.\n"
    )


def inference() -> str:
    """Lay out how fast `edge` is, beside ONNX Runtime and from a cold start."""
    report, cold = (read_json(BENCHMARKS / f"{name}.json") for name in ("inference", "cold_start"))
    rows = [
        f"| profile, threads | {report['letters']:,} letters | ONNX Runtime {report['onnxruntime']}"
        " | ratio | one letter | ONNX Runtime | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in report["rows"]:
        many, one = row["batched"], row["singly"]
        rows.append(
            f"| `{row['profile']}`, {row['threads']} | {many['edge_seconds'] * 1e3:.0f} ms"
            f" | {many['onnx_seconds_at_once'] * 1e3:.0f} ms, in batches of {many['onnx_batch']}"
            f" {many['onnx_seconds'] * 1e3:.0f} ms"
            f" | **{many['edge_seconds'] / many['onnx_seconds_at_once']:.2f}**, {many['ratio']:.2f}"
            f" | {one['edge_seconds'] * 1e6:.0f} µs | {one['onnx_seconds'] * 1e6:.0f} µs"
            f" | **{one['ratio']:.2f}** |"
        )
    seconds, ratios = cold["cold_start"]["seconds"], cold["cold_start"]["ratios"]
    return "\n".join(rows) + (
        f"\n\nMedians of {report['runs']} runs in turn on {report['device']['cores']} cores of"
        f" {report['device']['processor']}. A whole `edge classify letter.png`, from a cold start,"
        f" takes {seconds['edge'] * 1e3:.0f} ms: {ratios['bare']:.1f} times a Python that does"
        f" nothing, and {ratios['numpy']:.2f} times one that imports NumPy. Up to"
        f" {cold['crossover']['constant']} pictures are read without NumPy; the lines cross at"
        f" {cold['crossover']['crossover']:.0f}.\n"
    )


def sweep() -> str:
    """Say how long a sweep takes on one worker and on two."""
    report = read_json(BENCHMARKS / "sweep.json")
    one, two = report["rows"]
    return (
        f"{report['runs']} short trainings, {one['training_seconds']:.1f} s each, take"
        f" {one['seconds']:.1f} s on one worker and {two['seconds']:.1f} s on two:"
        f" **{report['ratio']:.2f}** times as long, all that Dask takes to start included.\n"
    )
