"""Reads one handwritten letter in a blink; needs nothing but NumPy."""

from edge.classifier import Classifier, Prediction, load

__all__ = ["Classifier", "Prediction", "load", "teach"]
__version__ = "1.0.0"


def teach(pictures, letters, base=None):
    """Return a `Classifier` that has learned the hand of pictures, each of the letter beside it.

    See `edge.teaching.teach`.
    """
    from edge import teaching

    return teaching.teach(pictures, letters, base)
