"""`python -m pipeline STAGE`: one command a stage. What a stage needs is imported when it runs."""

import importlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import PipelineError
from pipeline.interrupt import Interrupted

app = typer.Typer(
    help="The stages of the pipeline; `dvc repro` runs them in order, each when it is needed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Method(StrEnum):
    """How the letters are divided."""

    random = "random"
    tail = "tail"


def _run(stage: str, *arguments: object) -> None:
    from pipeline import params

    module = importlib.import_module(f"pipeline.stages.{stage}")
    module.run(params.read(), *arguments)


@app.command()
def fetch() -> None:
    """Bring the corpora to data/raw/, checked against their digests."""
    _run("fetch")


@app.command()
def clean() -> None:
    """Drop what is no letter and fold the rest into class folders."""
    _run("clean")


@app.command()
def split(method: Method) -> None:
    """Divide the letters into training and test sets."""
    _run("split", method.value)


@app.command()
def doubt(method: Method) -> None:
    """List the training letters whose label is doubted."""
    _run("doubt", method.value)


@app.command()
def train(method: Method) -> None:
    """Train the network on one split."""
    _run("train", method.value)


@app.command()
def quantize(method: Method) -> None:
    """Store the weights as fp16 and measure what that costs."""
    _run("quantize", method.value)


@app.command()
def export() -> None:
    """Write the pack and the ONNX models."""
    _run("export")


@app.command()
def evaluate() -> None:
    """Read the test letters with every runtime."""
    _run("evaluate")


@app.command()
def describe() -> None:
    """Count what the cards tell of the data, and how each case is read."""
    _run("describe")


@app.command()
def package() -> None:
    """Build the wheel."""
    _run("package")


@app.command()
def report() -> None:
    """Write what came of all stages into one page, reports/index.html."""
    _run("report")


@app.command()
def vary(study: Path, group: str, variant: str) -> None:
    """Train and measure one variant of a study: a name in a group of its params.yaml."""
    from pipeline import params, variants

    variants.run(params.read(), study, group, variant)


@app.command()
def study(study: Path, group: str) -> None:
    """Carry out a group of a study's experiments: a name in its params.yaml."""
    from pipeline import params
    from pipeline.experiments import study as studies

    studies.run(params.read(), study, group)


@app.command()
def approximate(study: Path) -> None:
    """Approximate functions by networks of several depths: studies/perceptron/dvc.yaml."""
    from pipeline import params
    from pipeline.experiments import depths

    depths.run(params.read(), study)


@app.command()
def look(study: Path) -> None:
    """Train a network on digits and show what it misreads: studies/digits/dvc.yaml."""
    from pipeline import params
    from pipeline.experiments import digits

    digits.look(params.read(), study)


@app.command()
def loop(study: Path) -> None:
    """Time whole mini-batches against a loop over examples: studies/digits/dvc.yaml."""
    from pipeline import params
    from pipeline.experiments import digits

    digits.loop(params.read(), study)


@app.command()
def compare(study: Path) -> None:
    """Train the same networks here and on Keras: studies/keras/dvc.yaml."""
    from pipeline import params
    from pipeline.experiments import comparison

    comparison.run(params.read(), study)


@app.command()
def digit(picture: Path) -> None:
    """Read the digit on a picture: the five likeliest, after studies/digits/dvc.yaml."""
    from pipeline.experiments import digits

    for name, share in digits.top_five(picture).items():
        print(f"{name}  {share:.2%}")


@app.command()
def mnist() -> None:
    """Bring MNIST's digits to data/mnist.npz, checked against their digests."""
    from pipeline.experiments import mnist

    mnist.run()


@app.command()
def sweep(
    set_param: Annotated[
        list[str],
        typer.Option(
            "--set-param",
            "-S",
            metavar="NAME=VALUES",
            help="A parameter and its values, as for `dvc exp run`: seed=1,2. Repeatable.",
        ),
    ],
    scheduler: Annotated[
        str | None,
        typer.Option(help="Run on the machines of this Dask scheduler, tcp://HOST:8786."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="So many processes here; by default one a core.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a run.")] = False,
) -> None:
    """Train and measure every combination of parameters; finished runs stay in runs/."""
    if scheduler and workers:
        raise typer.BadParameter("the scheduler's own workers do the runs", param_hint="--workers")
    from pipeline.experiments import sweep

    sweep.run(set_param, scheduler, workers, as_json)


@app.command()
def robustness() -> None:
    """Read test letters that are turned, shrunk, redrawn, shaded: studies/strangers/dvc.yaml."""
    from pipeline import params, robustness

    robustness.run(params.read())


@app.command()
def photographs() -> None:
    """Read test letters on photographs of paper: studies/strangers/dvc.yaml."""
    from pipeline import params, photographs

    photographs.run(params.read())


@app.command()
def promote(
    force: Annotated[bool, typer.Option(help="Whatever it was trained on, however good.")] = False,
) -> None:
    """Commit the trained pack to edge/ as the released one."""
    from pipeline.stages import package

    package.promote(force)


@app.command()
def readme(
    check: Annotated[bool, typer.Option(help="Only say whether any is out of date.")] = False,
) -> None:
    """Write the generated parts of the pages anew, from metrics and dvc.yaml."""
    from pipeline import readme

    readme.run(check)


def main() -> None:
    """Run the command line: status 1 and one line where a stage cannot go on, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(prog_name="python -m pipeline")
    # An OSError names its file: one that an earlier stage has not written, or a full disk.
    except (PipelineError, OSError) as error:
        print(f"pipeline: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except Interrupted as error:
        print(f"pipeline: {error}", file=sys.stderr)
        # What a shell gives a command that Ctrl-C has ended: 128 + SIGINT.
        raise SystemExit(130) from None
