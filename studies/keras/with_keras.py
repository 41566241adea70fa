"""Both networks on Keras: `python -m studies.keras.with_keras NETWORK [--json]`."""

import os
from time import perf_counter

# Keras reads it when it is imported.
os.environ["KERAS_BACKEND"] = "jax"

import keras

from studies.keras.comparison import Digits, Hyperparameters, Result, main


def tanh_dropout(chosen: Hyperparameters):
    """Return layers, loss and optimizer: tanh with dropout, squared error on the softmax."""
    layers = [
        keras.layers.Dense(chosen.hidden, activation="tanh"),
        keras.layers.Dropout(chosen.dropout),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, "mean_squared_error", keras.optimizers.SGD(chosen.learning_rate)


def relu_adam(chosen: Hyperparameters):
    """Return layers, loss and optimizer: ReLU, cross-entropy by the softmax, Adam."""
    layers = [
        keras.layers.Dense(chosen.hidden, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, "categorical_crossentropy", keras.optimizers.Adam(chosen.learning_rate)


class Stopwatch(keras.callbacks.Callback):
    """Measures every epoch without its validation."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        """Start."""
        self._begin = perf_counter()

    def on_test_begin(self, logs=None):
        """Stop when the validation begins."""
        self.seconds.append(perf_counter() - self._begin)


NETWORKS = {"tanh_dropout": tanh_dropout, "relu_adam": relu_adam}


def train(name: str, chosen: Hyperparameters, digits: Digits, seed: int) -> Result:
    """Train, take the epoch that validates best, and test."""
    keras.utils.set_random_seed(seed)
    layers, loss, optimizer = NETWORKS[name](chosen)
    network = keras.Sequential([keras.Input((784,)), *layers])
    network.compile(optimizer, loss, metrics=["accuracy"])
    training, validation, test = (
        (inputs, keras.utils.to_categorical(labels, 10)) for inputs, labels in digits
    )
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", patience=chosen.epochs, restore_best_weights=True
    )
    stopwatch = Stopwatch()
    network.fit(
        *training,
        validation_data=validation,
        validation_batch_size=1024,
        batch_size=chosen.batch_size,
        epochs=chosen.epochs,
        callbacks=[best, stopwatch],
        verbose=0,
    )
    _, accuracy = network.evaluate(*test, verbose=0)
    return accuracy, best.best_epoch + 1, stopwatch.seconds


if __name__ == "__main__":
    main(train)
