"""`python -m pipeline STAGE`: one command a stage. What a stage needs is imported when it runs."""

import importlib
import sys
from enum import StrEnum
from typing import Annotated

import typer

from pipeline.errors import PipelineError
from pipeline.training.interruption import Interrupted

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


def _run_stage(stage: str, *arguments: object) -> None:
    from pipeline import params

    importlib.import_module(f"pipeline.stages.{stage}").run(params.read(), *arguments)


@app.command()
def fetch() -> None:
    """Bring the corpora to data/raw/, checked against their digests."""
    _run_stage("fetch")


@app.command()
def clean() -> None:
    """Drop what is no letter and fold the rest into class folders."""
    _run_stage("clean")


@app.command()
def split(method: Method) -> None:
    """Divide the letters into training and test sets."""
    _run_stage("split", method.value)


@app.command()
def ink() -> None:
    """Train the network that finds the ink, on scenes composed of training letters."""
    _run_stage("ink")


@app.command()
def compose() -> None:
    """Put training letters on papers, and find their ink as the device does."""
    _run_stage("compose")


@app.command()
def train(method: Method) -> None:
    """Train the network on one split."""
    _run_stage("train", method.value)


@app.command()
def evaluate(method: Method) -> None:
    """Read the test letters of one split with every runtime."""
    _run_stage("evaluate", method.value)


@app.command()
def language() -> None:
    """Count the letter trigrams of Russian words, which go into the pack."""
    _run_stage("language")


@app.command()
def package() -> None:
    """Write the pack and the ONNX models, and build the wheel."""
    _run_stage("package")


@app.command()
def report() -> None:
    """Write what came of all stages into one page, reports/index.html."""
    _run_stage("report")


@app.command()
def promote(
    force: Annotated[bool, typer.Option(help="Put it there whatever it was trained on.")] = False,
) -> None:
    """Copy the trained pack into edge/ as the released one, to be committed; refuse a worse one."""
    from pipeline.stages import package

    package.promote(force)


def main() -> None:
    """Run the command line of the pipeline."""
    run(app, "pipeline")


def run(commands: typer.Typer, name: str) -> None:
    """Run a command line as `python -m <name>`, and exit.

    The status is 1, with one line, if a command cannot go on, and 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        commands(prog_name=f"python -m {name}")
    # An OSError names its file: one that an earlier stage has not written, or a full disk.
    except (PipelineError, OSError, Interrupted) as error:
        print(f"{name}: {error}", file=sys.stderr)
        # What a shell gives a command that Ctrl-C has ended: 128 + SIGINT.
        raise SystemExit(130 if isinstance(error, Interrupted) else 1) from None
