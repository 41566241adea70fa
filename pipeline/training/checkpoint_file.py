"""The checkpoints of trainings on disk: a file each, written whole or not at all."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipeline.errors import PipelineError
from pipeline.files import replacing
from pipeline.nn.checkpoint import Checkpoint

# Checkpoints that a folder holds, of one training each: those last written.
KEPT = 5


class CheckpointFile:
    """The last checkpoint of one training, in `folder`, by all that decides the training.

    That is `circumstances`, plain data, and the arrays in `data`. So another training finds none,
    and the same one, whatever was trained in between, goes on from its own.
    """

    def __init__(
        self, folder: Path, circumstances: Mapping[str, object], data: Iterable[numpy.ndarray]
    ):
        key = hashlib.sha256(json.dumps(circumstances, sort_keys=True).encode())
        for array in data:
            key.update(f"{array.dtype.str}{array.shape}".encode())
            key.update(numpy.ascontiguousarray(array).data)
        self.path = folder / f"{key.hexdigest()[:16]}.safetensors"

    def load(self) -> Checkpoint | None:
        """Read the checkpoint, or return None if there is none.

        Raises PipelineError on a damaged file.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "numpy") as file:
                facts = json.loads(file.metadata()["checkpoint"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise PipelineError(
                f"{self.path}: not a checkpoint of a training ({error});"
                " delete it to train from the beginning"
            ) from None
        return Checkpoint(arrays, facts)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint over the one before it, and drop the oldest of other trainings."""
        with replacing(self.path) as temporary:
            facts = {"checkpoint": json.dumps(checkpoint.facts)}
            temporary.write_bytes(save(checkpoint.arrays, facts))
        files = self.path.parent.glob("*.safetensors")
        for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)[:-KEPT]:
            file.unlink()
