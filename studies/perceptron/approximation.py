"""One perceptron that approximates one function of several arguments, carried out.

Every argument is uniform in [-1, 1]; a function's coefficients are drawn from a standard normal
distribution. The error is in units of the targets' standard deviation: 1 is the error of their mean
as a constant answer, whatever the function.
"""

import math
from typing import Annotated, Literal

import numpy
from pydantic import Field
from threadpoolctl import threadpool_limits

from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.losses import mean_squared_error
from pipeline.nn.network import Network
from pipeline.nn.optimizers import Adam
from pipeline.nn.schedules import OneCycle
from pipeline.nn.training import TrainingDiverged, fit
from pipeline.params import Count, Positive, Section

# What decides the result of a run besides its job.
CODE = ("pipeline.data.streams", "pipeline.nn", "studies.perceptron.approximation")

# Points that choose the epoch, and points that measure the error.
VALIDATION, TEST = 2048, 8192


def linear(points: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """Compute sum_i a_i x_i of points `(m, n)`; returns `(m,)`, as all functions here."""
    return points @ rng.standard_normal(points.shape[1])


def quadratic(points: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """Compute sum_ij a_ij x_i x_j."""
    coefficients = rng.standard_normal(2 * points.shape[1:])
    return numpy.vecdot(points @ coefficients, points)


def transcendental(points: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """Compute sum_i a_i sin(pi x_i) + b_i exp(2 x_i x_{i+1}) + c_i ln(1.1 + x_i).

    The argument after the last is the first. About 3/5 of the variance come from functions of one
    argument, 2/5 from those of products, so that neither sums nor products are all there is.
    """
    sines, exponentials, logarithms = rng.standard_normal((3, points.shape[1]))
    products = points * numpy.roll(points, -1, axis=1)
    return (
        numpy.sin(math.pi * points) @ sines
        + numpy.exp(2 * products) @ exponentials
        + numpy.log(1.1 + points) @ logarithms
    )


FUNCTIONS = {"linear": linear, "quadratic": quadratic, "transcendental": transcendental}


class Hyperparameters(Section):
    """What networks of all depths share: their size, and how they learn.

    A network is trained at each learning rate, from the same start, and the validation set chooses
    one: what suits a wide network does not suit a deep one.
    """

    # Weights and biases together, at most.
    parameters: Count
    activation: Literal["relu", "tanh"]
    initializer: Literal[*INITIALIZERS]
    examples: Count
    epochs: Count
    batch_size: Count
    learning_rates: Annotated[list[Positive], Field(min_length=1)]


class Approximation(Hyperparameters):
    """A function, and a network for it: `depth` hidden layers of equal width.

    The width is the largest that the parameters allow: at equal width a deeper network would have
    more of them, and nobody could tell the worth of depth from that of size.
    """

    function: Literal[*FUNCTIONS]
    arguments: Count
    depth: Count

    @property
    def width(self) -> int:
        """Units of each hidden layer; 0 if the parameters are too few."""
        width = 0
        while parameter_count(self.arguments, self.depth, width + 1) <= self.parameters:
            width += 1
        return width

    def network(self) -> dict:
        """Describe the network as `Network` takes it."""
        hidden = [{"type": "dense", "units": self.width}, {"type": self.activation}]
        layers = [*hidden * self.depth, {"type": "dense", "units": 1}]
        return {"input_shape": [self.arguments], "layers": layers}


def parameter_count(arguments: int, depth: int, width: int) -> int:
    """Count the weights and biases of a network with one output."""
    return (arguments + 1) * width + (depth - 1) * (width + 1) * width + width + 1


def run(job: dict) -> dict:
    """Train the network of `job["approximation"]` with `job["seed"]`, by Adam and in one cycle.

    Returns the `width` of its layers, the `learning_rate` that validation has chosen, and the
    `error` of the best epoch at that rate: the root mean squared error on points that the network
    has not met, in standard deviations of the targets. Raises PipelineError if a training diverges.
    """
    approximation = Approximation.model_validate(job["approximation"])
    training, validation, (points, targets) = data(approximation, job["seed"])
    trained = {}
    with threadpool_limits(1):
        for rate in approximation.learning_rates:
            rng = stream(job["seed"], "approximation")
            network = Network(approximation.network(), rng, INITIALIZERS[approximation.initializer])
            try:
                result = fit(
                    network,
                    *training,
                    validation=validation,
                    optimizer=Adam(rate, schedule=OneCycle()),
                    loss=mean_squared_error,
                    epochs=approximation.epochs,
                    batch_size=approximation.batch_size,
                    rng=rng,
                )
            except TrainingDiverged as error:
                raise PipelineError(f"{approximation!r}: at {rate}: {error}") from None
            trained[rate] = result.best.validation_loss, network
        chosen = min(trained, key=lambda rate: trained[rate][0])
        missed = trained[chosen][1].logits(points) - targets
    error = math.sqrt(numpy.square(missed, dtype=float).mean()) / float(targets.std(dtype=float))
    return {"width": approximation.width, "learning_rate": chosen, "error": error}


def data(approximation: Approximation, seed: int) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    """Draw points `(n, arguments)` and targets `(n, 1)`, float32: for training, validation, test.

    The targets have mean 0 and standard deviation 1 on the training points. Networks of all depths
    get the same of one seed, and all functions the same points.
    """
    counts = [approximation.examples, VALIDATION, TEST]
    rng = stream(seed, "points of a function", approximation.arguments)
    points = rng.uniform(-1, 1, (sum(counts), approximation.arguments))
    values = FUNCTIONS[approximation.function](points, rng)[:, None]
    learned = values[: approximation.examples]
    targets = (values - learned.mean()) / learned.std()
    ends = numpy.cumsum(counts)[:-1]
    parts = (numpy.split(array.astype(numpy.float32), ends) for array in (points, targets))
    return list(zip(*parts, strict=True))
