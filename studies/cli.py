"""`python -m studies COMMAND`: the experiments, which `dvc repro` in `studies/` runs in order."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pipeline import cli

app = typer.Typer(
    help="The experiments; `dvc repro` in `studies/` runs them, each when it is needed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _run(module: str, *arguments: object) -> None:
    from pipeline import params

    importlib.import_module(f"studies.{module}").run(params.read(), *arguments)


@app.command()
def mnist() -> None:
    """Bring MNIST's digits to studies/data/mnist.npz, checked against their digests."""
    from studies import mnist

    mnist.run()


FINISHED = "Write what has finished so far, and train nothing."


@app.command()
def table(
    study: str,
    name: Annotated[str, typer.Argument(metavar="TABLE")],
    finished: Annotated[bool, typer.Option("--finished", help=FINISHED)] = False,
) -> None:
    """Train every row of a table in a study's params.yaml; finished ones stay in studies/runs/."""
    _run("table", study, name, finished)


def _plain(name: str, module: str, text: str) -> None:
    """Add a command of a module that needs nothing but the parameters of the pipeline."""
    app.command(name, help=text)(lambda: _run(module))


_plain("misread", "digits.misread", "Train a network on digits and show what it misreads.")
_plain("loop", "digits.loop", "Time mini-batches as matrices, and a loop over their examples.")
_plain("neuron", "digits.neuron", "Teach one neuron to turn 1 into 0 under two costs.")
_plain("approximate", "perceptron.depths", "Approximate functions by networks of several depths.")
_plain("compare", "keras.comparison", "Train the same networks here and on Keras.")
_plain(
    "robustness",
    "strangers.robustness",
    "Read test letters that are turned, shrunk, redrawn and shaded.",
)

Pack = Annotated[Path | None, typer.Option(help="Read with this pack, not with the exported one.")]


@app.command()
def scenes(pack: Pack = None) -> None:
    """Read test letters in pictures of every kind, and pictures of no letter or of several."""
    _run("strangers.scenes", pack)


@app.command()
def photographs(pack: Pack = None) -> None:
    """Read real photographs of letters on four kinds of paper."""
    _run("strangers.photographs", pack)


@app.command()
def reading(pack: Pack = None) -> None:
    """Write words, lines and forms with test letters, and read them."""
    _run("strangers.reading", pack)


@app.command()
def digit(picture: Path) -> None:
    """Read the digit in a picture with the network of `misread`: the five likeliest."""
    from studies.digits import misread

    for name, share in misread.top_five(picture).items():
        print(f"{name}  {share:.2%}")


@app.command()
def doubt(method: cli.Method) -> None:
    """List the training letters of a split whose labels are doubted."""
    _run("strangers.doubt", method.value)


@app.command()
def ablation(name: Annotated[str, typer.Argument(metavar="TABLE")], variant: str) -> None:
    """Train and measure one variant of a profile, of a table in studies/strangers."""
    _run("strangers.ablation", name, variant)


@app.command()
def int8() -> None:
    """Read the test letters with weights stored as int8."""
    from studies.strangers import int8

    int8.run()


_plain(
    "teaching", "strangers.teaching", "Teach edge hands that it does not know, and read the rest."
)


VALUES = "A parameter and its values, as for `dvc exp run`: seed=1,2. Repeatable."
SCHEDULER = "Run on the machines of this Dask scheduler, tcp://HOST:8786."
WORKERS = "Processes on this machine; by default one a core."


@app.command()
def sweep(
    set_param: Annotated[
        list[str], typer.Option("--set-param", "-S", metavar="NAME=VALUES", help=VALUES)
    ],
    scheduler: Annotated[str | None, typer.Option(help=SCHEDULER)] = None,
    workers: Annotated[int | None, typer.Option(min=1, help=WORKERS)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a run.")] = False,
) -> None:
    """Train and measure every combination of parameters; finished runs stay in studies/runs/."""
    if scheduler and workers:
        raise typer.BadParameter("the scheduler's own workers do the runs", param_hint="--workers")
    from studies import sweep

    sweep.run(set_param, scheduler, workers, as_json)


def main() -> None:
    """Run the command line of the studies."""
    cli.run(app, "studies")
