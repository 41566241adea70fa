"""`params.yaml`, read and checked at once."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from edge.alphabet import LETTERS
from edge.pack import parameter_shapes
from pipeline.corpora import CORPORA
from pipeline.errors import PipelineError
from pipeline.nn.folding import folded
from pipeline.nn.initializers import INITIALIZERS, zeros
from pipeline.nn.network import Network

PARAMS = Path("params.yaml")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]

# The stage `doubt` lists labels that get less than this probability.
LARGEST_DOUBT = 0.5


class Section(BaseModel):
    """A part of a file of parameters: nothing unknown in it, nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Strokes(Section):
    """The built-in corpus."""

    letters_per_class: Annotated[int, Field(ge=4, le=100_000)]


class Fetch(Section):
    """Which corpora are wanted."""

    corpora: Annotated[list[Literal[*CORPORA]], Field(min_length=1)]
    strokes: Strokes


class Split(Section):
    """How the letters are divided."""

    method: Literal["random", "tail"]
    test_per_letter: Count
    session_test_share: Annotated[float, Field(gt=0, lt=1)]
    validation_share: Annotated[float, Field(gt=0, lt=1)]


class Doubt(Section):
    """How the networks are trained that judge the labels."""

    folds: Annotated[int, Field(ge=2)]
    epochs: Count


class SGD(Section):
    """Stochastic gradient descent, with the source work's lambda: it is divided by the letters."""

    type: Literal["sgd"]
    learning_rate: Positive
    l2_lambda: NotNegative = 0.0


class AdamW(Section):
    """Adam with weight decay apart."""

    type: Literal["adamw"]
    learning_rate: Positive
    weight_decay: NotNegative


class Constant(Section):
    """The learning rate as it is."""

    type: Literal["constant"]


class OneCycle(Section):
    """Up over the share `rise` of the training, then down to nothing."""

    type: Literal["one_cycle"]
    rise: Annotated[float, Field(gt=0, lt=1)]


class Augmentation(Section):
    """How strongly training letters are changed: see `pipeline/augment.py` for the units."""

    rotation: NotNegative
    shear: NotNegative
    scale: NotNegative
    shift: NotNegative
    elastic: NotNegative
    pen: Share
    sharpness: Share
    contrast: Share


class Profile(Section):
    """A network and its recipe."""

    # How often an epoch sees each letter of a corpus: 1 if it isn't named, 0 leaves it out.
    repeats: dict[Literal[*CORPORA], Annotated[int, Field(ge=0)]]
    # Letters whose label gets less than this from networks trained without them are left out.
    drop_below: Annotated[float, Field(ge=0, le=LARGEST_DOUBT)]
    network: dict
    initializer: Literal[*INITIALIZERS]
    epochs: Count
    batch_size: Count
    optimizer: Annotated[SGD | AdamW, Field(discriminator="type")]
    schedule: Annotated[Constant | OneCycle, Field(discriminator="type")]
    augmentation: Augmentation | None

    @field_validator("network")
    @classmethod
    def _can_be_built(cls, description: dict) -> dict:
        network = Network(description, None, zeros)
        if network.output_shape != (len(LETTERS),):
            raise ValueError(f"outputs {network.output_shape}, expected {len(LETTERS)} letters")
        # What the workshop trains, the device must be able to compute.
        parameter_shapes(folded(network).description())
        return description


class Train(Section):
    """Which profile is trained, and with how many threads."""

    profile: str
    threads: Count


class Export(Section):
    """What the ONNX models ask of those who read them."""

    opset: Annotated[int, Field(ge=13)]
    ir_version: Annotated[int, Field(ge=7)]


class Tolerance(Section):
    """How far two runtimes may differ in a probability."""

    fp32: Positive
    fp16: Positive


class Evaluate(Section):
    """How the runtimes are held against each other."""

    tolerance: Tolerance
    pure_letters: Count


class Robustness(Section):
    """How many test letters of each class are changed."""

    letters_per_class: Count


class Photographs(Section):
    """How many test letters of each class are photographed."""

    letters_per_class: Count


class Params(Section):
    """The whole file."""

    seed: Annotated[int, Field(ge=0)]
    fetch: Fetch
    split: Split
    doubt: Doubt
    train: Train
    profiles: dict[str, Profile]
    export: Export
    evaluate: Evaluate
    robustness: Robustness
    photographs: Photographs

    @model_validator(mode="after")
    def _profile_exists(self) -> "Params":
        if self.train.profile not in self.profiles:
            raise ValueError(
                f"train.profile: found {self.train.profile!r}, expected one of"
                f" {', '.join(self.profiles)}"
            )
        return self

    @property
    def profile(self) -> Profile:
        """The profile that is trained."""
        return self.profiles[self.train.profile]

    @property
    def profile_place(self) -> str:
        """Where a person finds the profile that is trained."""
        return f"{PARAMS}: profiles.{self.train.profile}"


def read(path: Path = PARAMS) -> Params:
    """Read and check the parameters; raises PipelineError that names every bad one."""
    return checked(Params, load(path), path)


def load(path: Path) -> object:
    """Read a YAML file; raises PipelineError where it is none or not there."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the root of the checkout") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None


def section(kind: type, path: Path, name: str) -> Any:
    """Read one section of a YAML file; raises PipelineError where it is missing or bad."""
    document = load(path)
    if not isinstance(document, dict) or name not in document:
        raise PipelineError(f"{path}: no group {name} in it")
    return checked(kind, document[name], f"{path}: {name}")


def checked(kind: type, document: object, where: object) -> Any:
    """Make a `kind` of plain data; raises PipelineError that names `where` and every bad part."""
    try:
        return TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        problems = [
            f"{_name(document, problem['loc']) or 'the file'}: {problem['msg']}, "
            f"found {problem['input']!r}"
            for problem in error.errors()
        ]
        raise PipelineError(f"{where}: {'; '.join(problems)}") from None


def _name(document: object, location: tuple) -> str:
    """Name a parameter as `dvc exp run -S` does: without the tag that tells two forms apart."""
    names = []
    for number, part in enumerate(location, 1):
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            if number < len(location):
                continue
        names.append(str(part))
    return ".".join(names)
