"""Metrics: how good a classifier is. Labels and predictions are integers `(n,)`, classes from 0."""

from typing import NamedTuple

import numpy
from numpy import ndarray


class ClassScores(NamedTuple):
    """Precision, recall and F1, from 0 to 1: float64 `(classes,)` each, or floats once averaged."""

    precision: ndarray | float
    recall: ndarray | float
    f1: ndarray | float


def accuracy(labels: ndarray, predictions: ndarray) -> float:
    """Return the share of correct predictions, from 0 to 1; `labels` must not be empty."""
    return float(numpy.mean(numpy.equal(labels, predictions)))


def top_k_accuracy(labels: ndarray, logits: ndarray, k: int) -> float:
    """Return the share of examples whose label is among the `k` largest `logits`, `(n, classes)`.

    Of equal logits, that of the lower class counts as larger; a row of NaN has no hit. Raises
    ValueError unless k is from 1 to the number of classes.
    """
    if not 1 <= k <= logits.shape[1]:
        raise ValueError(f"k: found {k}, expected 1 to {logits.shape[1]}, the number of classes")
    labels = numpy.asarray(labels)
    own = logits[numpy.arange(len(labels)), labels][:, None]
    later = numpy.arange(logits.shape[1]) >= labels[:, None]
    # Not counted as logits that are larger, because comparisons with NaN are false.
    behind = (logits < own) | ((logits == own) & later)
    return float(numpy.mean((~behind).sum(axis=1) < k))


def confusion_matrix(labels: ndarray, predictions: ndarray, classes: int) -> ndarray:
    """Count predictions: int64 `(classes, classes)`, true classes in rows, predicted in columns.

    Raises ValueError on a number that is not a class.
    """
    labels, predictions = numpy.asarray(labels), numpy.asarray(predictions)
    for name, numbers in (("labels", labels), ("predictions", predictions)):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
            found = f"{numbers.min()} to {numbers.max()}"
            raise ValueError(f"{name}: found {found}, expected 0 to {classes - 1}")
    pairs = labels.astype(numpy.int64) * classes + predictions
    return numpy.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_scores(matrix: ndarray) -> ClassScores:
    """Compute every class's scores from a confusion matrix.

    precision = true positives / predicted, recall = true positives / actual,
    F1 = 2 * true positives / (predicted + actual), their harmonic mean. 0/0 counts as 0.
    """
    hits = numpy.diag(matrix).astype(numpy.float64)
    predicted, actual = matrix.sum(axis=0), matrix.sum(axis=1)
    f1 = _ratio(2 * hits, predicted + actual)
    return ClassScores(_ratio(hits, predicted), _ratio(hits, actual), f1)


def macro_average(scores: ClassScores) -> ClassScores:
    """Average every score over the classes, all of equal weight (macro average)."""
    return ClassScores(*(float(score.mean()) for score in scores))


def weighted_average(scores: ClassScores, matrix: ndarray) -> ClassScores:
    """Average every score over the classes, weighted by their numbers of examples in `matrix`."""
    weights = matrix.sum(axis=1) / max(matrix.sum(), 1)
    return ClassScores(*(float(score @ weights) for score in scores))


def _ratio(numerator, denominator):
    zeros = numpy.zeros_like(numerator)
    return numpy.divide(numerator, denominator, out=zeros, where=denominator > 0)
