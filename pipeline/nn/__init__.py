"""A neural-network library from scratch, on NumPy alone: layers, losses, optimizers, training.

It knows nothing of letters or pipelines, and of files only how a network is saved: arrays go in,
arrays come out. `Network` is built from plain data, `fit` trains it, `metrics` says how good it is.
"""

from . import losses, metrics, regularizers, schedules
from .checkpoint import Checkpoint, ForeignCheckpoint
from .initializers import INITIALIZERS
from .layers import LAYERS
from .losses import LOSSES, WeightedSum, softmax
from .network import Network
from .optimizers import OPTIMIZERS, SGD, Adam, AdamW, RMSprop
from .schedules import SCHEDULES
from .training import Epoch, Fit, TrainingDiverged, evaluate, fit

__all__ = [
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "AdamW",
    "Checkpoint",
    "Epoch",
    "Fit",
    "ForeignCheckpoint",
    "Network",
    "RMSprop",
    "TrainingDiverged",
    "WeightedSum",
    "evaluate",
    "fit",
    "losses",
    "metrics",
    "regularizers",
    "schedules",
    "softmax",
]
