"""Progress: a bar on a terminal, plain lines elsewhere."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.nn.training import Epoch


@contextmanager
def epochs(total: int, done: int = 0) -> Iterator[Callable[[Epoch], None]]:
    """Yield a function that shows each of `total` epochs as it ends; `done` of them are over."""
    console = Console()
    columns = [TextColumn("epoch"), MofNCompleteColumn(), BarColumn()]
    columns += [TextColumn("{task.description}"), TimeRemainingColumn()]
    if 0 < done < total:
        console.print(f"going on after epoch {done} of {total}")
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total, completed=done)

        def show(epoch: Epoch) -> None:
            line = f"loss {epoch.training_loss:.4f}, validation {epoch.validation_loss:.4f}"
            # Masks have none.
            if not math.isnan(epoch.validation_accuracy):
                line += (
                    f"; accuracy {epoch.training_accuracy:.2%}, "
                    f"validation {epoch.validation_accuracy:.2%}"
                )
            progress.update(task, advance=1, description=line)
            if not console.is_terminal:
                print(f"epoch {epoch.epoch}/{total}: {line}, {epoch.seconds:.2f} s", flush=True)

        yield show
