from edge.classifier import Classifier, Prediction, load

__all__ = ["Classifier", "Prediction", "load"]
__version__: str
