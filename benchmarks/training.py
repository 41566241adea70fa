"""One epoch here and in PyTorch: same machine, data, network, batches and threads.

    PYTHONPATH=.:edge/src python benchmarks/training.py [--json] [--threads 1 2] [--runs 5]

docs/nn.md shows what `--json` has written to benchmarks/training.json.

The sides run in turn, so that whatever else the machine does hits both. Figures are medians over
the runs. Without PyTorch only our side is measured.
"""

import os
import statistics
from itertools import product
from time import perf_counter
from typing import NamedTuple
from unittest import mock

import numpy
from harness import in_turn, run
from threadpoolctl import threadpool_limits

from edge import bench
from pipeline.nn import SGD, AdamW, Network, fit

try:
    import torch
except ImportError:
    torch = None

SIDE, CLASSES = 28, 33
L2_LAMBDA = 20
SEED = 5

FLATTEN, RELU = {"type": "flatten"}, {"type": "relu"}
DENSE = {units: {"type": "dense", "units": units} for units in (256, 128, 64, CLASSES)}
PERCEPTRON = [FLATTEN, DENSE[256], RELU, DENSE[128], RELU, DENSE[CLASSES]]
CONVOLUTIONAL = [
    {"type": "convolution", "filters": 16, "kernel": 5, "stride": 2},
    RELU,
    {"type": "convolution", "filters": 24, "kernel": 3, "stride": 2},
    *(RELU, FLATTEN, DENSE[64], RELU, DENSE[CLASSES]),
]


class Case(NamedTuple):
    """A network with its recipe."""

    name: str
    layers: list
    batch_size: int
    optimizer: str


CASES = [
    Case("perceptron", PERCEPTRON, 15, "sgd"),
    Case("perceptron", PERCEPTRON, 128, "sgd"),
    Case("convolutional", CONVOLUTIONAL, 128, "adamw"),
]


def generate(examples):
    """Draw sparse pictures, float32 `(examples, 1, 28, 28)`, half of it 0, and labels."""
    rng = numpy.random.default_rng(SEED)
    inputs = rng.random((examples, 1, SIDE, SIDE), numpy.float32) - numpy.float32(0.5)
    numpy.maximum(inputs, 0, out=inputs)
    return inputs, rng.integers(0, CLASSES, examples)


def our_epoch(case, inputs, labels):
    """Train one epoch with `pipeline.nn`; return seconds."""
    rng = numpy.random.default_rng(SEED)
    network = Network({"input_shape": inputs.shape[1:], "layers": case.layers}, rng)
    sgd = case.optimizer == "sgd"
    result = fit(
        network,
        inputs,
        labels,
        validation=(inputs[:1], labels[:1]),
        optimizer=SGD(0.01, L2_LAMBDA / len(inputs)) if sgd else AdamW(0.001),
        epochs=1,
        batch_size=case.batch_size,
        rng=rng,
    )
    return result.best.seconds


def torch_network(case):
    """Build the same network in PyTorch."""
    modules = []
    for layer in case.layers:
        if layer["type"] == "dense":
            modules.append(torch.nn.LazyLinear(layer["units"]))
        elif layer["type"] == "convolution":
            modules.append(
                torch.nn.LazyConv2d(layer["filters"], layer["kernel"], stride=layer["stride"])
            )
        else:
            modules.append({"relu": torch.nn.ReLU, "flatten": torch.nn.Flatten}[layer["type"]]())
    network = torch.nn.Sequential(*modules)
    network(torch.zeros(1, 1, SIDE, SIDE))
    return network


def torch_epoch(case, inputs, labels):
    """Train one epoch with PyTorch; return seconds."""
    torch.manual_seed(SEED)
    network = torch_network(case)
    loss_function = torch.nn.CrossEntropyLoss()
    parameters = list(network.parameters())
    if case.optimizer == "sgd":
        weights = {"params": parameters[0::2], "weight_decay": L2_LAMBDA / len(inputs)}
        optimizer = torch.optim.SGD([weights, {"params": parameters[1::2]}], lr=0.01)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=0.001)
    inputs, labels = torch.from_numpy(inputs), torch.from_numpy(labels)
    begin = perf_counter()
    order = torch.randperm(len(inputs))
    for chosen in order.split(case.batch_size):
        optimizer.zero_grad()
        loss_function(network(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    return perf_counter() - begin


def product_share(case, inputs, labels):
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
        total = our_epoch(case, inputs, labels)
    return spent / total


def limit(threads):
    """Return a context manager in which both sides have `threads` threads."""
    if torch is not None:
        torch.set_num_threads(threads)
    return threadpool_limits(threads)


def measure(threads, runs, examples):
    """Run everything; return the report."""
    inputs, labels = generate(examples)
    sides = {"ours": our_epoch} | ({"torch": torch_epoch} if torch is not None else {})

    def epoch(of, _):
        number, count, side = of
        with limit(count):
            return sides[side](CASES[number], inputs, labels)

    seconds = in_turn(product(range(len(CASES)), threads, sides), runs, epoch)
    rows = []
    for (number, case), count in product(enumerate(CASES), threads):
        row = {"network": case.name, "batch_size": case.batch_size, "threads": count}
        for side in sides:
            row[f"{side}_seconds"] = statistics.median(seconds[number, count, side])
            row[f"{side}_all_seconds"] = seconds[number, count, side]
        with limit(count):
            row["product_share"] = product_share(case, inputs, labels)
        if torch is not None:
            row["ratio"] = row["ours_seconds"] / row["torch_seconds"]
        rows.append(row)
    return {
        "examples": examples,
        "runs": runs,
        "machine": f"{os.cpu_count()} cores of {bench.device()['processor']}",
        "numpy": numpy.__version__,
        "torch": torch.__version__ if torch is not None else None,
        "rows": rows,
        "best": [best(rows, case) for case in CASES] if torch is not None else [],
    }


def best(rows, case):
    """Compare each side's best number of threads for `case`."""
    found = {"network": case.name, "batch_size": case.batch_size}
    rows = [row for row in rows if found.items() <= row.items()]
    for side in ("ours", "torch"):
        quickest = min(rows, key=lambda row: row[f"{side}_seconds"])
        found[f"{side}_seconds"] = quickest[f"{side}_seconds"]
        found[f"{side}_threads"] = quickest["threads"]
    return found | {"ratio": found["ours_seconds"] / found["torch_seconds"]}


def table(report):
    """Lay a report out as text."""
    lines = ["network        batch  threads     ours    PyTorch  ratio  products"]
    for row in report["rows"]:
        theirs = f"{row['torch_seconds']:6.2f} s  {row['ratio']:5.2f}" if "ratio" in row else ""
        lines.append(
            f"{row['network']:13}  {row['batch_size']:5}  {row['threads']:7}"
            f"  {row['ours_seconds']:5.2f} s  {theirs:>15}  {row['product_share']:8.0%}"
        )
    lines += [
        f"{row['network']}, batch {row['batch_size']}, each at its best:"
        f" {row['ours_seconds']:.2f} s with {row['ours_threads']} threads, PyTorch"
        f" {row['torch_seconds']:.2f} s with {row['torch_threads']}: {row['ratio']:.2f}"
        for row in report["best"]
    ]
    if report["torch"] is None:
        lines.append("PyTorch is not installed: only our side was measured")
    return "\n".join(lines)


if __name__ == "__main__":
    run(
        __doc__,
        measure,
        table,
        threads=([1, 2], "thread counts"),
        runs=(5, "runs of each side"),
        examples=(75_000, "examples in an epoch"),
    )
