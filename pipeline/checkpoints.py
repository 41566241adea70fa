"""The checkpoint of a training on disk: one file beside the model, whole or not there."""

import hashlib
import json
from pathlib import Path

import numpy
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from threadpoolctl import threadpool_info

from pipeline import nn
from pipeline.errors import PipelineError
from pipeline.files import replacing
from pipeline.nn.checkpoint import Checkpoint, ForeignCheckpoint, check_recipe


class CheckpointFile:
    """Keeps the last checkpoint of one training at `path`.

    `circumstances` is plain data: what else than the arguments of `nn.fit` decides the bytes.
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
                f"{self.path}: no checkpoint of a training ({error});"
                " delete it to train from the beginning"
            ) from None
        check_recipe(circumstances, self.circumstances)
        return Checkpoint(arrays, facts)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint over the one before it."""
        facts = json.dumps(checkpoint.facts | {"circumstances": self.circumstances})
        with replacing(self.path) as temporary:
            save_file(checkpoint.arrays, temporary, metadata={"checkpoint": facts})

    def refuse(self, error: ForeignCheckpoint) -> PipelineError:
        """Say of a foreign checkpoint what a person can do."""
        return PipelineError(
            f"{self.path}: {error}; undo the change to go on with it, or delete the file to train"
            " from the beginning"
        )

    def remove(self) -> None:
        """Delete the file: its training is over."""
        self.path.unlink(missing_ok=True)


def computed_with(*sources: str) -> dict:
    """Tell what computes: NumPy, its BLAS, and a digest of `pipeline/nn` and `sources`."""
    code = hashlib.sha256()
    for path in (*sorted(Path(nn.__file__).parent.glob("*.py")), *map(Path, sources)):
        code.update(path.read_bytes())
    blas = sorted(f"{each['internal_api']} {each['version']}" for each in threadpool_info())
    return {"numpy": numpy.__version__, "blas": blas, "code": code.hexdigest()[:16]}
