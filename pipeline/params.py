"""`params.yaml`, read and checked at once."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from edge.alphabet import LETTERS
from edge.pack import parameter_shapes
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.nn.initializers import INITIALIZERS, zeros
from pipeline.nn.network import Network

PARAMS = Path("params.yaml")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Strokes(_Section):
    """The built-in corpus."""

    letters_per_class: Annotated[int, Field(ge=4, le=100_000)]


class Fetch(_Section):
    """Which corpora are wanted."""

    corpora: Annotated[list[Literal[*CORPORA]], Field(min_length=1)]
    strokes: Strokes


class Clean(_Section):
    """What is no letter."""

    minimum_contrast: Annotated[int, Field(ge=1, le=255)]


class Split(_Section):
    """How the letters are divided."""

    method: Literal["random", "tail"]
    test_per_letter: Count
    validation_share: Annotated[float, Field(gt=0, lt=1)]


class Train(_Section):
    """A profile: the network and its recipe."""

    profile: Annotated[str, Field(min_length=1)]
    network: dict
    initializer: Literal[*INITIALIZERS]
    epochs: Count
    batch_size: Count
    learning_rate: Positive
    l2_lambda: NotNegative
    threads: Count

    @field_validator("network")
    @classmethod
    def _can_be_built(cls, description: dict) -> dict:
        network = Network(description, None, zeros)
        if network.output_shape != (len(LETTERS),):
            raise ValueError(f"outputs {network.output_shape}, expected {len(LETTERS)} letters")
        # What the workshop trains, the device must be able to compute.
        expected = parameter_shapes(description)
        found = {name: array.shape for name, array in network.parameters.items()}
        if found != expected:
            raise ValueError(f"parameters {found}, but `edge` computes with {expected}")
        return description


class Export(_Section):
    """What the ONNX models ask of those who read them."""

    opset: Annotated[int, Field(ge=13)]
    ir_version: Annotated[int, Field(ge=7)]


class Tolerance(_Section):
    """How far two runtimes may differ in a probability."""

    fp32: Positive
    fp16: Positive


class Evaluate(_Section):
    """How the runtimes are held against each other."""

    tolerance: Tolerance
    pure_letters: Count


class Params(_Section):
    """The whole file."""

    seed: Annotated[int, Field(ge=0)]
    fetch: Fetch
    clean: Clean
    split: Split
    train: Train
    export: Export
    evaluate: Evaluate


def read(path: Path = PARAMS) -> Params:
    """Read and check the parameters; raises PipelineError that names every bad one."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the root of the checkout") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}, "
            f"found {problem['input']!r}"
            for problem in error.errors()
        ]
        raise PipelineError(f"{path}: {'; '.join(problems)}") from None
