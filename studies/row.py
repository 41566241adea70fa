"""A row of a table: one training of a perceptron that classifies, as plain data and carried out."""

import math
from functools import partial
from typing import Annotated, Literal, NamedTuple, Self

import numpy
from pydantic import Field, model_validator
from threadpoolctl import threadpool_limits

from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.metrics import accuracy
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.training import Epoch, Fit, TrainingDiverged, evaluate, fit
from pipeline.params import Count, NotNegative, Positive, Section
from studies.datasets import DATASETS, Dataset, load

# What decides the result of a run besides the row and its data; a row that augments runs through
# `augmented`, too. A stream's number never changes.
CODE = (
    "edge.ink",
    "pipeline.data.alphabet",
    "pipeline.data.corpora.cyrillic_mnist",
    "pipeline.nn",
    "studies.datasets",
    "studies.row",
)

FIRST = "dense_1/weights"


class Row(Section):
    """A perceptron, what it learns from, and how."""

    data: Literal[*DATASETS]
    # The value of paper in the network's inputs; that of black ink is the other one.
    paper: Literal[0, 1] = 0
    # Learn from the first examples, this many, instead of all.
    examples: Count | None = None
    # Units of the hidden layers, what follows each of them, and what follows the last layer.
    hidden: list[Count]
    activation: Literal["sigmoid", "relu"] = "sigmoid"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    # Of the weights that lead to one unit, restored after every step.
    max_norm: Positive | None = None
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
        dense = {"type": "dense"}
        if self.max_norm:
            dense["kernel_constraint"] = {"max_norm": self.max_norm}
        layers = []
        for units in self.hidden:
            layers += [dense | {"units": units}, {"type": self.activation}]
            if self.dropout:
                layers.append({"type": "dropout", "rate": self.dropout})
        layers += [dense | {"units": classes}, {"type": self.output}]
        return {"input_shape": [inputs], "layers": layers}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.paper and self.augments:
            raise ValueError("paper: found 1, expected 0 where every epoch changes the pictures")
        return self

    @property
    def augments(self) -> bool:
        """Whether every epoch changes the pictures."""
        return bool(self.rotation_degrees or self.noise)


def run(job: dict) -> dict:
    """Train the row `job["row"]` with the seed `job["seed"]`.

    Returns the `history`, lists by the names of `Epoch` without the seconds, with loss and accuracy
    on every test set as `loss/<test>` and `accuracy/<test>`; the accuracy on all that was learned
    from after the last epoch, `training`; the `best` epoch by validation, None if there is none;
    and `fp16`, the accuracy of its weights, or of the last ones, stored as fp16 on every test set.
    Raises PipelineError if the training diverges.
    """
    row = Row.model_validate(job["row"])
    trained = train(row, load(row.data), job["seed"])
    epochs = trained.fit.history
    history = dict(zip(Epoch._fields, map(list, zip(*epochs, strict=True)), strict=True))
    del history["seconds"]
    if not trained.validated:
        del history["validation_loss"], history["validation_accuracy"]
    for name, measured in trained.tested.items():
        losses, shares = zip(*measured, strict=True)
        history |= {f"loss/{name}": list(losses), f"accuracy/{name}": list(shares)}
    return {
        "history": history,
        "training": trained.training,
        "best": trained.fit.best.epoch if trained.validated else None,
        "fp16": trained.fp16,
    }


class Trained(NamedTuple):
    """A trained row.

    `network` takes whole pictures, `(n, 784)`. `training` is the accuracy on all that was learned
    from after the last epoch, `tested` loss and accuracy on every test set by epoch, `fp16` the
    accuracy of the network's weights stored as fp16. If there was nothing to choose an epoch by,
    `validated` is false, and the network is that of the last one.
    """

    network: Network
    fit: Fit
    validated: bool
    training: float
    tested: dict[str, list[tuple[float, float]]]
    fp16: dict[str, float]


def train(row: Row, dataset: Dataset, seed: int) -> Trained:
    """Train on one thread; raises PipelineError if that diverges."""
    rng = stream(seed, "row of a table")
    dataset = dataset._replace(training=dataset.training.take(slice(row.examples)))
    initializers = INITIALIZERS[row.initializer], INITIALIZERS[row.bias_initializer]
    size = dataset.training.inputs.shape[1]
    whole = Network(row.network(size, dataset.classes), rng, *initializers)
    # What changes pictures inks any pixel, and a norm is that of all weights.
    blank = None if row.augments or row.max_norm else _blank(dataset)
    if row.paper:
        dataset = dataset.changed(lambda inputs: 1 - inputs)
    network = whole
    if blank is not None and blank.any():
        dataset = dataset.changed(partial(_merged, blank=blank))
        first = _merged(whole.parameters[FIRST].T, blank).T
        network = Network.from_parameters(
            row.network(len(first), dataset.classes), whole.parameters | {FIRST: first}, rng=rng
        )
    decay = weight_decay_of_lambda(row.l2_lambda, len(dataset.training.labels))
    tested, training, last = {name: [] for name in dataset.tests}, [], {}
    prepare = None
    if row.augments:
        # Imported here, so that other rows do not depend on it.
        from studies.augmented import augmenting

        prepare = augmenting(row.rotation_degrees, row.noise)

    def test(epoch: Epoch) -> None:
        for name, examples in dataset.tests.items():
            tested[name].append(evaluate(network, *examples, LOSSES[row.loss]))
        if epoch.epoch == row.epochs:
            training.append(evaluate(network, *dataset.training, LOSSES[row.loss])[1])
            last.update({name: array.copy() for name, array in network.parameters.items()})

    try:
        with threadpool_limits(1):
            result = fit(
                network,
                *dataset.training,
                # Something must be validated with; without a part for it, nothing comes of it.
                validation=dataset.validation or dataset.training.take(slice(1)),
                optimizer=SGD(
                    row.learning_rate, decay, gradient_accumulation_steps=row.accumulated
                ),
                loss=LOSSES[row.loss],
                epochs=row.epochs,
                batch_size=row.batch_size,
                rng=rng,
                prepare=prepare,
                on_epoch=test,
            )
            if not dataset.validation:
                network.set_parameters(last)
            if network is not whole:
                first = numpy.empty_like(whole.parameters[FIRST])
                first[~blank] = network.parameters[FIRST][:-1]
                first[blank] = network.parameters[FIRST][-1] / math.sqrt(blank.sum())
                whole.set_parameters(network.parameters | {FIRST: first})
    except TrainingDiverged as error:
        raise PipelineError(f"{row!r}: {error}") from None
    halves = {name: each.astype(numpy.float16) for name, each in network.parameters.items()}
    network = Network.from_parameters(network.description(), halves, rng=rng)
    fp16 = {
        name: accuracy(examples.labels, network.predict(examples.inputs))
        for name, examples in dataset.tests.items()
    }
    return Trained(whole, result, bool(dataset.validation), *training, tested, fp16)


def _blank(dataset: Dataset) -> numpy.ndarray:
    """Return the pixels, bool (784,), that hold ink in no picture: 208 of the scans'."""
    return ~numpy.any([part.inputs.any(axis=0) for part in dataset.parts], axis=0)


def _merged(inputs: numpy.ndarray, blank: numpy.ndarray) -> numpy.ndarray:
    """Put one last column in the place of the k blank ones: their sum over sqrt(k).

    Of equal inputs a layer knows only the sum of their weights. One input sqrt(k) times as large,
    with that sum over sqrt(k) as its weight, adds the same, and a step of gradient descent changes
    what it adds by as much: the network learns the same in less time.
    """
    total = inputs[:, blank].sum(axis=1, keepdims=True)
    return numpy.concatenate([inputs[:, ~blank], total / math.sqrt(blank.sum())], axis=1)
