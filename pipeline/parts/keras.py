"""The same trainings here and on Keras: what studies/keras has measured."""

from pathlib import Path
from statistics import mean, median, stdev

from pipeline.files import read_json
from pipeline.parts.experiments import data

STUDY = Path("studies/keras")


def keras_comparison() -> str:
    """Lay out accuracy and time of every network, then the lines of code."""
    report = read_json(STUDY / "results" / "comparison.json")
    rows = [
        "| | reported | accuracy: `pipeline/nn` | Keras | an epoch: `pipeline/nn` | Keras "
        "| whole program: `pipeline/nn` | Keras |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, network in report["networks"].items():
        cells = [f"`{name}`", f"{network['reported']:g}%"]
        for measure in (_accuracy, _epoch, _program):
            cells += [measure(network[library]) for library in ("nn", "keras")]
        rows.append(f"| {' | '.join(cells)} |")
    versions, lines, behind = report["versions"], report["lines"], report["library_lines"]
    first = [
        seconds
        for network in report["networks"].values()
        for seconds in network["keras"]["first_epoch_seconds"]
    ]
    seeds = len(first) // len(report["networks"])
    machine = report["machine"]
    threads = f"{machine['threads']} thread{'s' if machine['threads'] > 1 else ''}"
    return "\n".join(rows) + (
        f"\n\n{data('keras', 'comparison')}. Accuracies are means and standard deviations over"
        f" {seeds} seeds, times medians of as many runs in turn, with NumPy {versions['numpy']},"
        f" and Keras {versions['keras']} on JAX {versions['jax']}, on {threads} of"
        f" {machine['processor']}. An epoch is one of training, without validation, and not the"
        " first, in which Keras compiles: that"
        f" one takes it {median(first):.1f} s. Lines of code, the same way formatted, without blank"
        f" lines, comments and docstrings: [`with_nn.py`](keras/with_nn.py) {lines['nn']},"
        f" [`with_keras.py`](keras/with_keras.py) {lines['keras']}; behind them, `pipeline/nn` has"
        f" {behind['nn']:,}, Keras {behind['keras']:,} and a backend besides.\n"
    )


def _accuracy(measured: dict) -> str:
    shares = [100 * share for share in measured["accuracy"]]
    return f"{mean(shares):.2f}% ± {stdev(shares):.2f}"


def _epoch(measured: dict) -> str:
    return f"{median(measured['epoch_seconds']):.3f} s"


def _program(measured: dict) -> str:
    return f"{median(measured['program_seconds']):.1f} s"
