"""Both networks on Keras: `python studies/keras/with_keras.py NETWORK [--seed N] [--json]`."""

import os
from time import perf_counter

# Keras reads it when it is imported.
os.environ["KERAS_BACKEND"] = "jax"

import keras

from pipeline.experiments.comparison import Digits, Recipe, Result, main


def tanh_dropout(recipe: Recipe):
    """Give layers, loss and optimizer: tanh with dropout, squared error on the softmax."""
    layers = [
        keras.layers.Dense(recipe.hidden, activation="tanh"),
        keras.layers.Dropout(recipe.dropout),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, "mean_squared_error", keras.optimizers.SGD(recipe.learning_rate)


def relu_adam(recipe: Recipe):
    """Give layers, loss and optimizer: ReLU, cross-entropy by the softmax, Adam."""
    layers = [
        keras.layers.Dense(recipe.hidden, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, "categorical_crossentropy", keras.optimizers.Adam(recipe.learning_rate)


class Stopwatch(keras.callbacks.Callback):
    """Takes the time of every epoch without its validation."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        """Start."""
        self._begin = perf_counter()

    def on_test_begin(self, logs=None):
        """Stop where the validation begins."""
        self.seconds.append(perf_counter() - self._begin)


def train(name: str, recipe: Recipe, digits: Digits, seed: int) -> Result:
    """Train, take the epoch that validates best, and test."""
    keras.utils.set_random_seed(seed)
    layers, loss, optimizer = {"tanh_dropout": tanh_dropout, "relu_adam": relu_adam}[name](recipe)
    network = keras.Sequential([keras.Input((784,)), *layers])
    network.compile(optimizer, loss, metrics=["accuracy"])
    training, validation, test = (
        (inputs, keras.utils.to_categorical(labels, 10)) for inputs, labels in digits
    )
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", patience=recipe.epochs, restore_best_weights=True
    )
    stopwatch = Stopwatch()
    network.fit(
        *training,
        validation_data=validation,
        validation_batch_size=1024,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        callbacks=[best, stopwatch],
        verbose=0,
    )
    _, accuracy = network.evaluate(*test, verbose=0)
    return Result(accuracy, best.best_epoch + 1, stopwatch.seconds)


if __name__ == "__main__":
    main(train)
