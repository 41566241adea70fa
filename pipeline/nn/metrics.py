"""Metrics: how good a classifier is. Labels and predictions are integers `(n,)`, classes from 0."""

from typing import NamedTuple

import numpy


class ClassScores(NamedTuple):
    """Precision, recall and F1, from 0 to 1: float64 `(classes,)` each, or floats once averaged."""

    precision: numpy.ndarray | float
    recall: numpy.ndarray | float
    f1: numpy.ndarray | float


def accuracy(labels: numpy.ndarray, predictions: numpy.ndarray) -> float:
    """Give the share of predictions that are right, from 0 to 1; `labels` must not be empty."""
    return float(numpy.mean(numpy.equal(labels, predictions)))


def top_k_accuracy(labels: numpy.ndarray, logits: numpy.ndarray, k: int) -> float:
    """Give the share of examples whose label is among the `k` largest of `logits`, `(n, classes)`.

    Of equal logits the lower class counts as the larger; a row of NaN has no hit. Raises ValueError
    if k is not from 1 to the number of classes.
    """
    if not 1 <= k <= logits.shape[1]:
        raise ValueError(f"k: found {k}, expected 1 to {logits.shape[1]}, the number of classes")
    labels = numpy.asarray(labels)
    own = logits[numpy.arange(len(labels)), labels][:, None]
    later = numpy.arange(logits.shape[1]) >= labels[:, None]
    # Counted this way round, so that a logit that is not a number is never ahead of another.
    behind = (logits < own) | ((logits == own) & later)
    return float(numpy.mean((~behind).sum(axis=1) < k))


def confusion_matrix(
    labels: numpy.ndarray, predictions: numpy.ndarray, classes: int
) -> numpy.ndarray:
    """Count predictions: int64 `(classes, classes)`, rows the true class, columns the predicted.

    Raises ValueError on a number that is no class.
    """
    labels, predictions = numpy.asarray(labels), numpy.asarray(predictions)
    for name, numbers in (("labels", labels), ("predictions", predictions)):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
            raise ValueError(
                f"{name}: found {numbers.min()} to {numbers.max()}, expected 0 to {classes - 1}"
            )
    pairs = labels.astype(numpy.int64) * classes + predictions
    return numpy.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_scores(matrix: numpy.ndarray) -> ClassScores:
    """Compute every class's scores from a confusion matrix.

    precision = true positives / predicted, recall = true positives / actual,
    F1 = 2 * true positives / (predicted + actual), their harmonic mean. 0/0 counts as 0.
    """
    hits = numpy.diag(matrix).astype(numpy.float64)
    predicted, actual = matrix.sum(axis=0), matrix.sum(axis=1)
    return ClassScores(
        _ratio(hits, predicted), _ratio(hits, actual), _ratio(2 * hits, predicted + actual)
    )


def macro_average(scores: ClassScores) -> ClassScores:
    """Average every score over the classes, each class counting the same (macro average)."""
    return ClassScores(*(float(score.mean()) for score in scores))


def weighted_average(scores: ClassScores, matrix: numpy.ndarray) -> ClassScores:
    """Average every score over the classes, each counting by its examples in the matrix's row."""
    weights = matrix.sum(axis=1) / max(matrix.sum(), 1)
    return ClassScores(*(float(score @ weights) for score in scores))


def _ratio(numerator, denominator):
    return numpy.divide(
        numerator, denominator, out=numpy.zeros_like(numerator), where=denominator > 0
    )
