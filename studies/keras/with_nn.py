"""Both networks on `pipeline.nn`: `python -m studies.keras.with_nn NETWORK [--json]`."""

import numpy
from threadpoolctl import threadpool_limits

from pipeline.nn import SGD, Adam, Network, fit
from pipeline.nn.initializers import glorot
from pipeline.nn.losses import mean_squared_error, softmax_cross_entropy
from pipeline.nn.metrics import accuracy
from studies.keras.comparison import Digits, Hyperparameters, Result, main


def tanh_dropout(chosen: Hyperparameters):
    """Return layers, loss and optimizer: tanh with dropout, squared error on the softmax."""
    layers = [
        {"type": "dense", "units": chosen.hidden},
        {"type": "tanh"},
        {"type": "dropout", "rate": chosen.dropout},
        {"type": "dense", "units": 10},
        {"type": "softmax"},
    ]
    return layers, mean_squared_error, SGD(chosen.learning_rate)


def relu_adam(chosen: Hyperparameters):
    """Return layers, loss and optimizer: ReLU, cross-entropy by the logits, Keras's Adam."""
    layers = [
        {"type": "dense", "units": chosen.hidden},
        {"type": "relu"},
        {"type": "dense", "units": 10},
    ]
    return layers, softmax_cross_entropy, Adam(chosen.learning_rate, epsilon=1e-7)


NETWORKS = {"tanh_dropout": tanh_dropout, "relu_adam": relu_adam}


def train(name: str, chosen: Hyperparameters, digits: Digits, seed: int) -> Result:
    """Train, take the epoch that validates best, and test."""
    rng = numpy.random.default_rng(seed)
    layers, loss, optimizer = NETWORKS[name](chosen)
    network = Network({"input_shape": [784], "layers": layers}, rng, glorot)
    training, validation, (inputs, labels) = digits
    result = fit(
        network,
        *training,
        validation=validation,
        loss=loss,
        optimizer=optimizer,
        batch_size=chosen.batch_size,
        epochs=chosen.epochs,
        rng=rng,
    )
    seconds = [epoch.seconds for epoch in result.history]
    return accuracy(labels, network.predict(inputs)), result.best.epoch, seconds


if __name__ == "__main__":
    # For batches as small as these, threads of BLAS wait for one another more than they help.
    with threadpool_limits(1):
        main(train)
