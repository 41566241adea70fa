"""A training from its first epoch, or from its checkpoint, to its end: shown, and interruptible."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from pipeline.errors import PipelineError
from pipeline.nn.training import Epoch, TrainingDiverged
from pipeline.training import interruption, progress
from pipeline.training.checkpoint_file import CheckpointFile
from pipeline.training.trained import write_history


@contextmanager
def running(what: str, epochs: int, checkpoint: CheckpointFile, curve: Path) -> Iterator[dict]:
    """Yield the options of `nn.fit` that show the training and keep its checkpoint.

    `curve`, a CSV file, has a row more after every epoch. Raises PipelineError on a damaged
    checkpoint, Interrupted after Ctrl-C.
    """
    saved = checkpoint.load()
    history = [Epoch(*row) for row in saved.facts["history"]] if saved else []
    if history:
        write_history(curve, history)
    if len(history) == epochs:
        print(f"{what}: nothing that decides it has changed; delete {checkpoint.path} to repeat it")
    try:
        with progress.epochs(epochs, len(history)) as report, interruption.waiting() as check:

            def after(epoch: Epoch) -> None:
                history.append(epoch)
                write_history(curve, history)
                report(epoch)

            yield {"on_epoch": after, "on_batch": check, "checkpoints": checkpoint}
    except interruption.Interrupted:
        raise interruption.Interrupted(
            f"{what}: interrupted; the same command goes on after the last finished epoch, which"
            f" is in {checkpoint.path}"
        ) from None


@contextmanager
def fitting(where: str, threads: int) -> Iterator[None]:
    """Give BLAS `threads` threads while a network learns.

    Raises PipelineError, which names `where` the recipe comes from, if the loss stops being a
    number or the recipe cannot be carried out.
    """
    try:
        with threadpool_limits(threads):
            yield
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"{where}: {error}") from None
