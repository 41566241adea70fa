"""A row of a table: one training of a perceptron that classifies, as plain data and carried out."""

import math
from functools import partial
from typing import Annotated, Literal

import numpy
from pydantic import Field
from threadpoolctl import threadpool_limits

from edge.augmentation import warp
from edge.picture import SIZE
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.nn.batches import Prepare
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.metrics import accuracy
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.training import Epoch, Fit, TrainingDiverged, fit
from pipeline.params import Count, NotNegative, Positive, Section
from studies.datasets import DATASETS, Dataset, load

# What decides the result of a run besides the row and its data. A stream's number never changes.
CODE = (
    "edge.augmentation",
    "edge.ink",
    "pipeline.data.alphabet",
    "pipeline.data.corpora.cyrillic_mnist",
    "pipeline.nn",
    "studies.datasets",
    "studies.row",
)


class Row(Section):
    """A perceptron, what it learns from, and how."""

    data: Literal[*DATASETS]
    # Learn from the first examples, this many, instead of all.
    examples: Count | None = None
    # Units of the hidden layers, what follows each of them, and what follows the last layer.
    hidden: list[Count]
    activation: Literal["sigmoid", "relu"] = "sigmoid"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    output: Literal["identity", "sigmoid"] = "identity"
    initializer: Literal[*INITIALIZERS] = "normal"
    bias_initializer: Literal[*INITIALIZERS] = "zeros"
    loss: Literal[*LOSSES] = "softmax_cross_entropy"
    learning_rate: Positive
    # The source's: divided by the number of training examples.
    l2_lambda: NotNegative = 0.0
    batch_size: Count
    # Sum the gradients of this many mini-batches up before a step.
    accumulated: Count = 1
    epochs: Count
    # Standard deviations: of the angle by which every epoch turns each picture, and of what it adds
    # to each pixel, of which black is 1.
    rotation_degrees: NotNegative = 0.0
    noise: NotNegative = 0.0

    def network(self, inputs: int, classes: int) -> dict:
        """Describe the perceptron for that many inputs and classes, as `Network` takes it."""
        layers = []
        for units in self.hidden:
            layers += [{"type": "dense", "units": units}, {"type": self.activation}]
            if self.dropout:
                layers.append({"type": "dropout", "rate": self.dropout})
        layers += [{"type": "dense", "units": classes}, {"type": self.output}]
        return {"input_shape": [inputs], "layers": layers}


def run(job: dict) -> dict:
    """Train the row `job["row"]` with the seed `job["seed"]`.

    Returns the `history`, lists by the names of `Epoch` without the seconds, with the accuracy on
    every test set as `accuracy/<test>`; the `best` epoch by validation; and `fp16`, the accuracy of
    its weights stored as fp16 on every test set. Raises PipelineError if the training diverges.
    """
    row = Row.model_validate(job["row"])
    dataset = load(row.data)
    network, result, tested = train(row, dataset, job["seed"])
    history = dict(zip(Epoch._fields, map(list, zip(*result.history, strict=True)), strict=True))
    del history["seconds"]
    history |= {f"accuracy/{name}": shares for name, shares in tested.items()}
    halves = {name: array.astype(numpy.float16) for name, array in network.parameters.items()}
    network.set_parameters(halves)
    return {"history": history, "best": result.best.epoch, "fp16": _tested(network, dataset)}


def train(row: Row, dataset: Dataset, seed: int) -> tuple[Network, Fit, dict[str, list[float]]]:
    """Train on one thread; return the network at its best epoch, and each epoch's accuracies."""
    rng = stream(seed, "row of a table")
    training = dataset.training.take(slice(row.examples))
    initializers = INITIALIZERS[row.initializer], INITIALIZERS[row.bias_initializer]
    description = row.network(training.inputs.shape[1], dataset.classes)
    network = Network(description, rng, *initializers)
    decay = weight_decay_of_lambda(row.l2_lambda, len(training.labels))
    tested = {name: [] for name in dataset.tests}

    def test(epoch: Epoch) -> None:
        for name, share in _tested(network, dataset).items():
            tested[name].append(share)

    try:
        with threadpool_limits(1):
            result = fit(
                network,
                *training,
                validation=dataset.validation,
                optimizer=SGD(
                    row.learning_rate, decay, gradient_accumulation_steps=row.accumulated
                ),
                loss=LOSSES[row.loss],
                epochs=row.epochs,
                batch_size=row.batch_size,
                rng=rng,
                prepare=_augmentation(row),
                on_epoch=test,
            )
    except TrainingDiverged as error:
        raise PipelineError(f"{row!r}: {error}") from None
    return network, result, tested


def _tested(network: Network, dataset: Dataset) -> dict[str, float]:
    return {
        name: accuracy(examples.labels, network.predict(examples.inputs))
        for name, examples in dataset.tests.items()
    }


def _augmentation(row: Row) -> Prepare | None:
    """Return what turns pictures and adds noise; None if nothing does."""
    if not (row.rotation_degrees or row.noise):
        return None
    return partial(_augmented, rotation=math.radians(row.rotation_degrees), noise=row.noise)


def _augmented(
    inputs: numpy.ndarray, rng: numpy.random.Generator, rotation: float, noise: float
) -> numpy.ndarray:
    pictures = inputs.reshape(-1, SIZE, SIZE)
    if rotation:
        pictures = warp(pictures, rng, rotation=rotation, shear=0, scale=0, shift=0, elastic=0)
    if noise:
        pictures = pictures + rng.normal(0, noise, pictures.shape).astype(pictures.dtype)
    return pictures
