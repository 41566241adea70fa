"""The checkpoint of a training on disk: one file beside the model, written whole or not at all."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipeline.errors import PipelineError
from pipeline.files import replacing
from pipeline.nn.checkpoint import Checkpoint, ForeignCheckpoint, check_recipe


class CheckpointFile:
    """The last checkpoint of one training, kept at `path`.

    `circumstances` is plain data: what decides the bytes besides the arguments of `nn.fit`.
    """

    def __init__(self, path: Path, circumstances: dict):
        self.path = path
        self.circumstances = circumstances

    def load(self) -> Checkpoint | None:
        """Read the checkpoint, or return None if there is none.

        Raises PipelineError on a damaged file, ForeignCheckpoint on one of other circumstances.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "numpy") as file:
                facts = json.loads(file.metadata()["checkpoint"])
                circumstances = facts["circumstances"]
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise PipelineError(
                f"{self.path}: not a checkpoint of a training ({error});"
                " delete it to train from the beginning"
            ) from None
        check_recipe(circumstances, self.circumstances)
        return Checkpoint(arrays, facts)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint over the one before it."""
        facts = json.dumps(checkpoint.facts | {"circumstances": self.circumstances})
        with replacing(self.path) as temporary:
            temporary.write_bytes(save(checkpoint.arrays, {"checkpoint": facts}))

    def refuse(self, error: ForeignCheckpoint) -> PipelineError:
        """Return the error that says what to do about a foreign checkpoint."""
        return PipelineError(
            f"{self.path}: {error}; undo the change to go on with it, or delete the file to train"
            " from the beginning"
        )

    def remove(self) -> None:
        """Delete the file: its training is over."""
        self.path.unlink(missing_ok=True)
