"""One epoch of the thesis recipe here and in PyTorch: same machine, data, batches and threads.

    PYTHONPATH=. python benchmarks/training.py [--json] [--threads 1 2] [--runs 5]

The sides run in turn, so that whatever else the machine does hits both. Figures are medians over
the runs. Without PyTorch only our side is measured.
"""

import argparse
import itertools
import json
import statistics
from time import perf_counter
from unittest import mock

import numpy
from threadpoolctl import threadpool_limits

from pipeline.nn import SGD, Network, fit

try:
    import torch
except ImportError:
    torch = None

WIDTHS = (784, 256, 128, 33)
BATCH_SIZES = (15, 128)
LEARNING_RATE = 0.01
L2_LAMBDA = 20
SEED = 5


def generate(examples):
    """Draw sparse pictures, float32 `(examples, 784)`, half of it 0, and labels `(examples,)`."""
    rng = numpy.random.default_rng(SEED)
    inputs = rng.random((examples, WIDTHS[0]), numpy.float32) - numpy.float32(0.5)
    numpy.maximum(inputs, 0, out=inputs)
    return inputs, rng.integers(0, WIDTHS[-1], examples)


def our_epoch(inputs, labels, batch_size):
    """Train one epoch with `pipeline.nn`; return seconds."""
    layers = [{"type": "dense", "units": WIDTHS[1]}]
    for units in WIDTHS[2:]:
        layers += [{"type": "relu"}, {"type": "dense", "units": units}]
    rng = numpy.random.default_rng(SEED)
    network = Network({"input_shape": [WIDTHS[0]], "layers": layers}, rng)
    optimizer = SGD(LEARNING_RATE, weight_decay=L2_LAMBDA / len(inputs))
    result = fit(
        network,
        inputs,
        labels,
        inputs[:1],
        labels[:1],
        optimizer=optimizer,
        epochs=1,
        batch_size=batch_size,
        rng=rng,
    )
    return result.best.seconds


def torch_epoch(inputs, labels, batch_size):
    """Train one epoch with PyTorch; return seconds."""
    torch.manual_seed(SEED)
    modules = [torch.nn.Linear(*WIDTHS[:2])]
    for shape in itertools.pairwise(WIDTHS[1:]):
        modules += [torch.nn.ReLU(), torch.nn.Linear(*shape)]
    network = torch.nn.Sequential(*modules)
    loss_function = torch.nn.CrossEntropyLoss()
    parameters = list(network.parameters())
    optimizer = torch.optim.SGD(
        [
            {"params": parameters[0::2], "weight_decay": L2_LAMBDA / len(inputs)},
            {"params": parameters[1::2]},
        ],
        lr=LEARNING_RATE,
    )
    inputs, labels = torch.from_numpy(inputs), torch.from_numpy(labels)
    begin = perf_counter()
    order = torch.randperm(len(inputs))
    for chosen in order.split(batch_size):
        optimizer.zero_grad()
        loss_function(network(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    return perf_counter() - begin


def product_share(inputs, labels, batch_size):
    """Measure which share of our epoch, from 0 to 1, passes inside matrix products."""
    spent = 0.0
    dot = numpy.dot

    def timed_dot(*arguments, **options):
        nonlocal spent
        begin = perf_counter()
        result = dot(*arguments, **options)
        spent += perf_counter() - begin
        return result

    with mock.patch.object(numpy, "dot", timed_dot):
        total = our_epoch(inputs, labels, batch_size)
    return spent / total


def limit(threads):
    """Give both sides `threads` threads; returns a context manager."""
    if torch is not None:
        torch.set_num_threads(threads)
    return threadpool_limits(threads)


def measure(examples, runs, thread_counts):
    """Run everything; return one row for each batch size and number of threads."""
    inputs, labels = generate(examples)
    sides = {"ours": our_epoch} | ({"torch": torch_epoch} if torch is not None else {})
    seconds = {
        (batch_size, threads, side): []
        for batch_size in BATCH_SIZES
        for threads in thread_counts
        for side in sides
    }
    for _ in range(runs):
        for (batch_size, threads, side), times in seconds.items():
            with limit(threads):
                times.append(sides[side](inputs, labels, batch_size))
    rows = []
    for batch_size in BATCH_SIZES:
        for threads in thread_counts:
            row = {"batch_size": batch_size, "threads": threads}
            for side in sides:
                times = seconds[batch_size, threads, side]
                row[f"{side}_seconds"] = statistics.median(times)
                row[f"{side}_all_seconds"] = times
            with limit(threads):
                row["product_share"] = product_share(inputs, labels, batch_size)
            rows.append(row)
    return rows


def best(rows, batch_size):
    """Compare each side's best number of threads at `batch_size`."""
    rows = [row for row in rows if row["batch_size"] == batch_size]
    result = {"batch_size": batch_size}
    for side in ("ours", "torch"):
        if f"{side}_seconds" in rows[0]:
            row = min(rows, key=lambda row: row[f"{side}_seconds"])
            result[f"{side}_seconds"] = row[f"{side}_seconds"]
            result[f"{side}_threads"] = row["threads"]
    if torch is not None:
        result["ratio"] = result["ours_seconds"] / result["torch_seconds"]
    return result


def table(report):
    """Lay a report out as text."""
    lines = ["batch  threads  ours      PyTorch   ratio  products"]
    for row in report["rows"]:
        theirs = row.get("torch_seconds")
        compared = (
            f"{theirs:6.2f} s  {row['ours_seconds'] / theirs:6.2f}"
            if theirs
            else "       -       -"
        )
        lines.append(
            f"{row['batch_size']:5}  {row['threads']:7}  {row['ours_seconds']:6.2f} s"
            f"  {compared}  {row['product_share']:7.0%}"
        )
    for row in report["best"]:
        if "ratio" in row:
            lines.append(
                f"batch {row['batch_size']}, each at its best: {row['ours_seconds']:.2f} s with"
                f" {row['ours_threads']} threads, PyTorch {row['torch_seconds']:.2f} s with"
                f" {row['torch_threads']}: {row['ratio']:.2f}"
            )
    if report["torch"] is None:
        lines.append("PyTorch is not installed: only our side was measured")
    return "\n".join(lines)


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side")
    parser.add_argument("--examples", type=int, default=75_000, help="examples in an epoch")
    arguments = parser.parse_args()
    rows = measure(arguments.examples, arguments.runs, arguments.threads)
    report = {
        "examples": arguments.examples,
        "runs": arguments.runs,
        "numpy": numpy.__version__,
        "torch": torch.__version__ if torch is not None else None,
        "rows": rows,
        "best": [best(rows, batch_size) for batch_size in BATCH_SIZES],
    }
    print(json.dumps(report, indent=2) if arguments.json else table(report))


if __name__ == "__main__":
    main()
