"""One training of a perceptron that classifies, described as plain data and carried out."""

import math
from functools import partial
from typing import Annotated, Literal

import numpy
from pydantic import Field
from threadpoolctl import threadpool_limits

from edge.prepare import SIZE
from pipeline import augment
from pipeline.errors import PipelineError
from pipeline.experiments.datasets import DATASETS, Dataset, load
from pipeline.nn.batches import Prepare
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.metrics import accuracy
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.training import Epoch, Fit, TrainingDiverged, fit
from pipeline.params import Count, NotNegative, Positive, Section


class Experiment(Section):
    """A perceptron, what it learns from, and its recipe."""

    data: Literal[*DATASETS]
    # Learn from the first so many examples instead of all.
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
    # Sum the gradients of so many mini-batches up before a step.
    accumulated: Count = 1
    epochs: Count
    # Standard deviations: of the angle by which every epoch turns each picture, in degrees, and of
    # what it adds to each pixel, of which black is 1.
    rotation: NotNegative = 0.0
    noise: NotNegative = 0.0

    def network(self, inputs: int, classes: int) -> dict:
        """Describe the perceptron for so many inputs and classes, as `Network` takes it."""
        layers = []
        for units in self.hidden:
            layers += [{"type": "dense", "units": units}, {"type": self.activation}]
            if self.dropout:
                layers.append({"type": "dropout", "rate": self.dropout})
        layers += [{"type": "dense", "units": classes}, {"type": self.output}]
        return {"input_shape": [inputs], "layers": layers}


def run(job: dict) -> dict:
    """Carry out the experiment `job["experiment"]` with `job["seed"]`.

    Gives the history, a list of columns by the names of `Epoch` without the seconds, with the
    accuracy on every test set, `accuracy/<test>`; the `best` epoch by validation; and `fp16`, the
    accuracy of its weights stored as fp16 on every test set. Raises PipelineError where the
    training diverges.
    """
    experiment = Experiment.model_validate(job["experiment"])
    dataset = load(experiment.data)
    network, result, tested = train(experiment, dataset, job["seed"])
    names = [name for name in Epoch._fields if name != "seconds"]
    history = {name: [getattr(epoch, name) for epoch in result.history] for name in names}
    history |= {f"accuracy/{name}": shares for name, shares in tested.items()}
    network.set_parameters(
        {name: array.astype(numpy.float16) for name, array in network.parameters.items()}
    )
    return {"history": history, "best": result.best.epoch, "fp16": _tested(network, dataset)}


def train(
    experiment: Experiment, dataset: Dataset, seed: int
) -> tuple[Network, Fit, dict[str, list[float]]]:
    """Train on one thread; give the best epoch's network, and each epoch's accuracies on tests."""
    rng = numpy.random.default_rng([seed, 5])
    training = dataset.training._make(
        array[: experiment.examples or len(array)] for array in dataset.training
    )
    network = Network(
        experiment.network(training.inputs.shape[1], dataset.classes),
        rng,
        INITIALIZERS[experiment.initializer],
        INITIALIZERS[experiment.bias_initializer],
    )
    tested = {name: [] for name in dataset.tests}

    def test(epoch: Epoch) -> None:
        for name, share in _tested(network, dataset).items():
            tested[name].append(share)

    try:
        with threadpool_limits(1):
            result = fit(
                network,
                *training,
                validation_data=dataset.validation,
                optimizer=SGD(
                    experiment.learning_rate,
                    weight_decay_of_lambda(experiment.l2_lambda, len(training.labels)),
                    gradient_accumulation_steps=experiment.accumulated,
                ),
                loss=LOSSES[experiment.loss],
                epochs=experiment.epochs,
                batch_size=experiment.batch_size,
                rng=rng,
                prepare=_changed(experiment),
                on_epoch=test,
            )
    except TrainingDiverged as error:
        raise PipelineError(f"{experiment!r}: {error}") from None
    return network, result, tested


def _tested(network: Network, dataset: Dataset) -> dict[str, float]:
    return {
        name: accuracy(examples.labels, network.predict(examples.inputs))
        for name, examples in dataset.tests.items()
    }


def _changed(experiment: Experiment) -> Prepare | None:
    """Give what turns pictures and adds noise, or None where nothing does."""
    if not (experiment.rotation or experiment.noise):
        return None
    return partial(
        _turned_and_noisy, rotation=math.radians(experiment.rotation), noise=experiment.noise
    )


def _turned_and_noisy(
    inputs: numpy.ndarray, rng: numpy.random.Generator, rotation: float, noise: float
) -> numpy.ndarray:
    pictures = inputs.reshape(-1, SIZE, SIZE)
    if rotation:
        pictures = augment.warp(
            pictures, rng, rotation=rotation, shear=0, scale=0, shift=0, elastic=0
        )
    if noise:
        pictures = pictures + rng.normal(0, noise, pictures.shape).astype(pictures.dtype)
    return pictures
