"""`params.yaml`, read and checked at once."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from edge.layers import parameter_shapes
from pipeline.data.alphabet import FEWEST, MOST, letter_of
from pipeline.data.corpora import CORPORA
from pipeline.data.papers import SIDE
from pipeline.errors import PipelineError
from pipeline.files import COMPOSED
from pipeline.nn.folding import folded
from pipeline.nn.initializers import INITIALIZERS, zeros
from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network

PARAMS = Path("params.yaml")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]

# What no folder of letters is called: the letters on papers, and what test sets are called.
TAKEN = {COMPOSED.stem, *(corpus.kind for corpus in CORPORA.values())}

# The units of a layer that has one for each letter of the alphabet.
OF_LETTERS = "letters"


class Section(BaseModel):
    """A part of a file of parameters, in which nothing is unknown or of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Strokes(Section):
    """The built-in corpus."""

    letters_per_class: Annotated[int, Field(ge=4, le=100_000)]


def _is_corpus(name: str) -> str:
    if name not in CORPORA and (name in TAKEN or not re.fullmatch(r"\w[\w-]*", name)):
        raise ValueError(
            f"expected one of {', '.join(CORPORA)}, or the name of a folder in corpora/, of"
            f" letters, digits, _ and -, and none of {', '.join(sorted(TAKEN - set(CORPORA)))}"
        )
    return name


CorpusName = Annotated[str, AfterValidator(_is_corpus)]


class Fetch(Section):
    """Which corpora are wanted: published ones, or folders in `corpora/`."""

    corpora: Annotated[list[CorpusName], Field(min_length=1)]
    strokes: Strokes


class Split(Section):
    """How the letters are divided."""

    method: Literal["random", "tail"]
    test_per_letter: Count
    session_test_share: Annotated[float, Field(gt=0, lt=1)]
    folder_test_share: Annotated[float, Field(gt=0, lt=1)]
    validation_share: Annotated[float, Field(gt=0, lt=1)]


class SGD(Section):
    """Stochastic gradient descent; the source work's lambda is divided by the number of letters."""

    type: Literal["sgd"]
    learning_rate: Positive
    l2_lambda: NotNegative = 0.0


class AdamW(Section):
    """Adam with decoupled weight decay."""

    type: Literal["adamw"]
    learning_rate: Positive
    weight_decay: NotNegative


class Constant(Section):
    """The learning rate as it is."""

    type: Literal["constant"]


class OneCycle(Section):
    """Up over the share `rise` of the training, then down to 0."""

    type: Literal["one_cycle"]
    rise: Annotated[float, Field(gt=0, lt=1)]


class Augmentation(Section):
    """How strongly training letters are changed, in the units of `edge.augmentation`."""

    rotation: NotNegative
    shear: NotNegative
    scale: NotNegative
    shift: NotNegative
    elastic: NotNegative
    pen: Share
    sharpness: Share
    contrast: Share


class Profile(Section):
    """A network and how it is trained."""

    # How often an epoch takes each letter of a corpus: 1 if it is not named, 0 leaves it out.
    repeats: dict[str, Annotated[int, Field(ge=0)]]
    # How often an epoch takes each of the letters that were composed on papers.
    composed: Annotated[int, Field(ge=0)] = 0
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
        network = Network(_of_letters(description, MOST), None, zeros)
        if network.output_shape != (MOST,):
            found = network.output_shape
            raise ValueError(f"outputs {found}, expected `units: {OF_LETTERS}` in the last layer")
        # What the workshop trains, the device must be able to compute.
        parameter_shapes(folded(network).description())
        return description

    def network_of(self, letters: int) -> dict:
        """Return the description of the network for so many letters."""
        return _of_letters(self.network, letters)


def _of_letters(description: dict, count: int) -> dict:
    """Return a network's description with a number for `units: letters`."""
    layers = description.get("layers")
    if not isinstance(layers, list):
        return description

    def counted(layer: object) -> object:
        named = isinstance(layer, dict) and layer.get("units") == OF_LETTERS
        return layer | {"units": count} if named else layer

    return description | {"layers": [counted(layer) for layer in layers]}


class Ink(Section):
    """The network that finds the ink, and how it is trained."""

    scenes: Count
    validation_scenes: Count
    network: dict
    initializer: Literal[*INITIALIZERS]
    epochs: Count
    batch_size: Count
    optimizer: AdamW
    schedule: OneCycle
    loss: dict[Literal[*LOSSES], Positive]

    @field_validator("network")
    @classmethod
    def _can_be_built(cls, description: dict) -> dict:
        network = Network(description, None, zeros)
        (*_, side) = network.input_shape
        if network.output_shape != (4, side // 2, side // 2):
            found = network.output_shape
            raise ValueError(f"outputs {found}, expected four for every 2x2 pixels of the input")
        parameter_shapes(folded(network).description())
        return description


class Papers(Section):
    """What scenes are composed of, in shares of them, and in shares of their side."""

    none: Share
    several: Share
    bent: Share
    thin: Share
    marker: Share
    cut: Share
    close: Share
    extent: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=2, max_length=2)]
    grain: Share
    crease: Share
    print: Share
    rules: Share
    frame: Share
    neighbour: Share
    specks: Share
    hair: Share
    desk: Share
    falling: Share
    lamp: Share
    shadow: Share
    inverted: Share
    jpeg: Share
    sides: Annotated[list[Annotated[int, Field(ge=8, le=SIDE)]], Field(min_length=1)]

    @field_validator("extent")
    @classmethod
    def _is_a_range(cls, extent: list[float]) -> list[float]:
        if extent[0] > extent[1]:
            raise ValueError("expected the smaller share first")
        return extent

    @model_validator(mode="after")
    def _kinds_are_shares_of_all(self) -> "Papers":
        if self.none + self.several > 1:
            raise ValueError("none and several: expected at most 1 together")
        return self


class Compose(Section):
    """How many letters the letters' network sees on papers, their ink found as on the device."""

    letters: Count


class Train(Section):
    """Which profile is trained, with how many threads, and when its answers are unsure."""

    profile: str
    threads: Count
    unsure_share: Share


class Language(Section):
    """Which words a language is learned from, to which power their frequencies count, and its weight."""

    words: Literal["small", "large"]
    exponent: Share
    weight: Annotated[float, Field(gt=0, le=10)]


class Export(Section):
    """The versions that a reader of the ONNX models must know."""

    opset: Annotated[int, Field(ge=13)]
    ir_version: Annotated[int, Field(ge=7)]


class Tolerance(Section):
    """By how much two runtimes may differ in a probability."""

    fp32: Positive
    fp16: Positive


class Evaluate(Section):
    """How the runtimes are compared."""

    tolerance: Tolerance
    pure_letters: Count


class Params(Section):
    """The whole file."""

    seed: Annotated[int, Field(ge=0)]
    # In the order of the classes; None for what the corpora hold.
    alphabet: list[str] | None
    fetch: Fetch
    split: Split
    papers: Papers
    ink: Ink
    compose: Compose
    train: Train
    profiles: dict[str, Profile]
    # None for no language in the pack.
    language: Language | None
    export: Export
    evaluate: Evaluate

    @field_validator("alphabet", mode="before")
    @classmethod
    def _are_letters(cls, alphabet: object) -> list[str] | None:
        if alphabet is None:
            return None
        if not isinstance(alphabet, str | list):
            raise ValueError("expected letters, in a word or a list, or null for the corpora's")
        letters = [letter_of(str(each)) for each in alphabet]
        if None in letters or len(set(letters)) < len(letters):
            raise ValueError("expected different letters, each of them once, in one case alone")
        if not FEWEST <= len(letters) <= MOST:
            raise ValueError(f"{len(letters)} letters, expected {FEWEST} to {MOST}")
        return letters

    @model_validator(mode="after")
    def _profile_exists(self) -> "Params":
        if (chosen := self.train.profile) not in self.profiles:
            known = ", ".join(self.profiles)
            raise ValueError(f"train.profile: found {chosen!r}, expected one of {known}")
        return self

    @model_validator(mode="after")
    def _repeats_are_of_corpora(self) -> "Params":
        known = {*CORPORA, *self.fetch.corpora}
        for name, profile in self.profiles.items():
            for corpus in profile.repeats:
                if corpus not in known:
                    expected = ", ".join(sorted(known))
                    place = f"profiles.{name}.repeats"
                    raise ValueError(f"{place}: found {corpus!r}, expected one of {expected}")
        return self

    @property
    def profile(self) -> Profile:
        """The profile that is trained."""
        return self.profiles[self.train.profile]

    @property
    def profile_place(self) -> str:
        """Where to find the profile that is trained, in words."""
        return f"{PARAMS}: profiles.{self.train.profile}"


def read(path: Path = PARAMS) -> Params:
    """Read and check the parameters; raises PipelineError that names every bad one."""
    return checked(Params, load(path), path)


def load(path: Path) -> object:
    """Read a YAML file; raises PipelineError if it is missing or not valid."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the root of the checkout") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None


def section(kind: type, path: Path, name: str) -> Any:
    """Read one section of a YAML file; raises PipelineError if it is missing or bad."""
    document = load(path)
    if not isinstance(document, dict) or name not in document:
        raise PipelineError(f"{path}: no group {name} in it")
    return checked(kind, document[name], f"{path}: {name}")


def checked(kind: type, document: object, where: object) -> Any:
    """Return plain data as a `kind`; raises PipelineError that names `where` and every bad part."""
    try:
        return TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        problems = [_said(document, problem) for problem in error.errors()]
        raise PipelineError(f"{where}: {'; '.join(problems)}") from None


def _said(document: object, problem: dict) -> str:
    """Say which parameter is bad, what was expected and what was found."""
    if not problem["loc"] and problem["type"] == "value_error":
        # Parameters that do not fit together: it names them itself, and the file is long.
        return str(problem["ctx"]["error"])
    place = _name(document, problem["loc"]) or "the file"
    return f"{place}: {problem['msg']}, found {problem['input']!r}"


def _name(document: object, location: tuple) -> str:
    """Name a parameter as `dvc exp run -S` does, without the tag of a discriminated union."""
    names = []
    for number, part in enumerate(location, 1):
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            if number < len(location):
                continue
        names.append(str(part))
    return ".".join(names)
