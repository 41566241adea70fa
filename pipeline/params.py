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
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from edge.layers import parameter_shapes
from pipeline import descriptions
from pipeline.data.alphabet import FEWEST, MOST, letter_of
from pipeline.data.corpora import CORPORA
from pipeline.data.papers import SIDE
from pipeline.errors import PipelineError
from pipeline.faults import instead, lines, shown
from pipeline.files import COMPOSED
from pipeline.nn.folding import folded
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES

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
            f"found {shown(name)}, expected {', '.join(CORPORA)} or a folder in corpora/ (letters,"
            f" digits, _, -), not called {', '.join(sorted(TAKEN - set(CORPORA)))}"
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


# Any of the network library, `{type: NAME, OPTION: ...}` with the options of its class there. `sgd`
# also takes the source work's `l2_lambda`, which is divided by the number of letters.
Optimizer = Annotated[dict, AfterValidator(descriptions.checked_optimizer)]
Schedule = Annotated[dict, AfterValidator(descriptions.checked_schedule)]


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
    optimizer: Optimizer
    schedule: Schedule
    loss: Literal[*LOSSES] = "softmax_cross_entropy"
    augmentation: Augmentation | None

    @field_validator("network")
    @classmethod
    def _has_an_output_for_each_letter(cls, description: dict) -> dict:
        outputs = descriptions.network(_of_letters(description, MOST)).output_shape
        if outputs != (MOST,):
            expected = f"`units: {OF_LETTERS}` in the last dense layer"
            raise ValueError(f"found {outputs} for the shape of its outputs, expected {expected}")
        return description

    @model_serializer(mode="wrap")
    def _as_it_is_written(self, written: SerializerFunctionWrapHandler) -> dict:
        """Leave out the loss that everybody takes: records of trainings stay what they were."""
        plain = written(self)
        if "loss" not in self.model_fields_set:
            del plain["loss"]
        return plain

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
    optimizer: Optimizer
    schedule: Schedule
    loss: dict[Literal[*LOSSES], Positive]

    @field_validator("network")
    @classmethod
    def _finds_ink(cls, description: dict) -> dict:
        network = descriptions.network(description)
        (*_, side) = network.input_shape
        if network.output_shape != (4, side // 2, side // 2):
            found, expected = network.output_shape, "four for every 2x2 pixels of the input"
            raise ValueError(f"found {found} for the shape of its outputs, expected {expected}")
        # The stage `compose` finds ink as the device does, so that this cannot wait for the export.
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
    drafted: Share
    even: Share
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
            raise ValueError(f"found {extent}, expected the smaller share first")
        return extent

    @model_validator(mode="after")
    def _kinds_are_shares_of_all(self) -> "Papers":
        if self.none + self.several > 1:
            found = f"{self.none:g} and {self.several:g}"
            raise ValueError(f"none and several: found {found}, expected at most 1 together")
        return self


class Compose(Section):
    """What the letters' network sees on papers, its ink found as on the device."""

    letters: Count
    several: Share  # Instead of the papers'.


class Train(Section):
    """Which profile is trained, with how many threads, and when its answers are unsure."""

    profile: str
    threads: Count
    unsure_share: Share


class Language(Section):
    """Which words a language is learned from, which power of their frequencies, and its weight."""

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
            found, expected = shown(alphabet), "letters, in a word or a list, or null"
            raise ValueError(f"found {found}, expected {expected} for the corpora's")
        letters = [letter_of(str(each)) for each in alphabet]
        if None in letters or len(set(letters)) < len(letters):
            found = shown(alphabet)
            raise ValueError(f"found {found}, expected different letters, each once, in one case")
        if not FEWEST <= len(letters) <= MOST:
            raise ValueError(f"found {len(letters)} letters, expected {FEWEST} to {MOST}")
        return letters

    @model_validator(mode="after")
    def _profile_exists(self) -> "Params":
        if (chosen := self.train.profile) not in self.profiles:
            raise ValueError(f"train.profile: found {chosen!r}, {instead(chosen, self.profiles)}")
        return self

    @model_validator(mode="after")
    def _kinds_are_shares_of_all(self) -> "Params":
        if self.papers.none + self.compose.several > 1:
            found = f"{self.compose.several:g}, and {self.papers.none:g} of papers.none"
            raise ValueError(f"compose.several: found {found}, expected at most 1 together")
        return self

    @model_validator(mode="after")
    def _repeats_are_of_corpora(self) -> "Params":
        known = {*CORPORA, *self.fetch.corpora}
        for name, profile in self.profiles.items():
            for corpus in profile.repeats:
                if corpus not in known:
                    place, said = f"profiles.{name}.repeats", instead(corpus, sorted(known))
                    raise ValueError(f"{place}: found {corpus!r}, {said}")
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
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
        raise PipelineError(f"{path}: not valid YAML: {place}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def section(kind: type, path: Path, name: str) -> Any:
    """Read one section of a YAML file; raises PipelineError if it is missing or bad."""
    document = load(path)
    if not isinstance(document, dict) or name not in document:
        raise PipelineError(f"{path}: no group {name} in it")
    return checked(kind, document[name], f"{path}: {name}")


def checked(kind: type, document: object, where: object) -> Any:
    """Return plain data as a `kind`; raises PipelineError, a line for every bad part of `where`."""
    try:
        return TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        said = lines(kind, document, error.errors(), where)
        raise PipelineError("\n".join(said)) from None
