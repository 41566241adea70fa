"""Both networks on `pipeline.nn`: `python studies/keras/with_nn.py NETWORK [--seed N] [--json]`."""

import numpy
from threadpoolctl import threadpool_limits

from pipeline.experiments.comparison import Digits, Recipe, Result, main
from pipeline.nn import SGD, Adam, Network, fit
from pipeline.nn.initializers import glorot
from pipeline.nn.losses import mean_squared_error, softmax_cross_entropy
from pipeline.nn.metrics import accuracy


def tanh_dropout(recipe: Recipe):
    """Give layers, loss and optimizer: tanh with dropout, squared error on the softmax."""
    layers = [
        {"type": "dense", "units": recipe.hidden},
        {"type": "tanh"},
        {"type": "dropout", "rate": recipe.dropout},
        {"type": "dense", "units": 10},
        {"type": "softmax"},
    ]
    return layers, mean_squared_error, SGD(recipe.learning_rate)


def relu_adam(recipe: Recipe):
    """Give layers, loss and optimizer: ReLU, cross-entropy by the logits, Keras's Adam."""
    layers = [
        {"type": "dense", "units": recipe.hidden},
        {"type": "relu"},
        {"type": "dense", "units": 10},
    ]
    return layers, softmax_cross_entropy, Adam(recipe.learning_rate, epsilon=1e-7)


def train(name: str, recipe: Recipe, digits: Digits, seed: int) -> Result:
    """Train, take the epoch that validates best, and test."""
    rng = numpy.random.default_rng(seed)
    layers, loss, optimizer = {"tanh_dropout": tanh_dropout, "relu_adam": relu_adam}[name](recipe)
    network = Network({"input_shape": [784], "layers": layers}, rng, glorot)
    result = fit(
        network,
        *digits.training,
        validation_data=digits.validation,
        loss=loss,
        optimizer=optimizer,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        rng=rng,
    )
    inputs, labels = digits.test
    seconds = [epoch.seconds for epoch in result.history]
    return Result(accuracy(labels, network.predict(inputs)), result.best.epoch, seconds)


if __name__ == "__main__":
    # For batches as small as these, threads of BLAS wait for one another more than they help.
    with threadpool_limits(1):
        main(train)
