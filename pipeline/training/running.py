"""A training from its first epoch, or from its checkpoint, to its end: shown, and interruptible."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from pipeline.errors import PipelineError
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.training import TrainingDiverged
from pipeline.training import interruption, progress
from pipeline.training.checkpoint_file import CheckpointFile


@contextmanager
def running(what: str, epochs: int, checkpoint: CheckpointFile) -> Iterator[dict]:
    """Yield the options of `nn.fit` that show the training and keep its checkpoint.

    Raises PipelineError if the checkpoint is of another training, Interrupted after Ctrl-C.
    """
    try:
        saved = checkpoint.load()
        done = len(saved.facts["history"]) if saved else 0
        with progress.epochs(epochs, done) as report, interruption.waiting() as check:
            yield {"on_epoch": report, "on_batch": check, "checkpoints": checkpoint}
    except ForeignCheckpoint as error:
        raise checkpoint.refuse(error) from None
    except interruption.Interrupted:
        raise interruption.Interrupted(
            f"{what}: interrupted; the same command goes on after the last finished epoch, which"
            f" is in {checkpoint.path}"
        ) from None


@contextmanager
def fitting(where: str, threads: int) -> Iterator[None]:
    """Give BLAS `threads` threads while a network learns.

    Raises PipelineError, which names `where` the recipe comes from, if the loss stops being a
    number or the recipe cannot be carried out; ForeignCheckpoint as `nn.fit`.
    """
    try:
        with threadpool_limits(threads):
            yield
    except ForeignCheckpoint:
        raise
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"{where}: {error}") from None
