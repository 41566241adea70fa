"""Reads one handwritten letter in a blink; needs nothing but NumPy."""

from edge.classifier import Classifier, Prediction, load

__all__ = ["Classifier", "Prediction", "load"]
__version__ = "1.0.0"
