"""One neuron that learns to turn 1 into 0, under the quadratic cost and under cross-entropy."""

from pathlib import Path

import numpy

from pipeline.files import replacing, write_json
from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.params import Count, Params, Positive, Section, section

FOLDER = Path("studies/digits")

# By the loss, what follows the sum: the sigmoid is part of the cross-entropy.
OUTPUTS = {"quadratic_cost": "sigmoid", "sigmoid_cross_entropy": "identity"}


class Neuron(Section):
    """Where weight and bias start, and how the neuron learns."""

    start: float
    learning_rate: Positive
    epochs: Count


def run(params: Params) -> None:
    """Train the neuron under both costs.

    `results/neuron.json`: by cost, its output before every epoch and after the last one.
    `curves/neuron.png`: the same.
    """
    # Matplotlib takes a second that nothing else here needs.
    from pipeline.report.plots import curves

    wanted = section(Neuron, FOLDER / "params.yaml", "neuron")
    outputs = {loss: trained(wanted, loss) for loss in OUTPUTS}
    write_json(FOLDER / "results" / "neuron.json", outputs)
    with replacing(FOLDER / "curves" / "neuron.png") as path:
        curves.draw_neuron(path, outputs)


def trained(wanted: Neuron, loss: str) -> list[float]:
    """Return the neuron's output before every epoch under a loss, and after the last one."""
    layers = [{"type": "dense", "units": 1}, {"type": OUTPUTS[loss]}]
    parameters = {"weights": numpy.full((1, 1), wanted.start), "bias": numpy.full(1, wanted.start)}
    parameters = {f"dense_1/{name}": array for name, array in parameters.items()}
    description = {"input_shape": [1], "layers": layers}
    network = Network.from_parameters(description, parameters, numpy.float64)
    optimizer = SGD(wanted.learning_rate)
    inputs, targets = numpy.ones((1, 1)), numpy.zeros((1, 1))
    outputs = []
    for _ in range(wanted.epochs + 1):
        (total,) = network.parameters["dense_1/weights"][0] + network.parameters["dense_1/bias"]
        outputs.append(float(1 / (1 + numpy.exp(-total))))
        _, gradient = LOSSES[loss](network.forward(inputs, training=True), targets)
        network.backward(gradient)
        optimizer.update(network.parameters, network.gradients, ())
    return outputs
