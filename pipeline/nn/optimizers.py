"""Optimizers: how gradients change parameters.

An optimizer names a `gradient_scale`, the factor it wants the gradients to come with: the training
loop multiplies the loss's gradient by it, a few numbers, which spares the optimizer a pass over the
gradient of every weight. One that needs true gradients has a scale of 1.
"""

import math
from collections.abc import Collection, Mapping
from typing import Protocol

import numpy


class Optimizer(Protocol):
    """What the training loop asks of an optimizer."""

    gradient_scale: float

    def update(
        self,
        parameters: Mapping[str, numpy.ndarray],
        gradients: Mapping[str, numpy.ndarray],
        decayed: Collection[str],
    ) -> None:
        """Take one step: change `parameters` (name to array) in place.

        `gradients` has the same names and holds `gradient_scale` times the gradients of the mean
        loss; `decayed` names the parameters that weight decay applies to.
        """


class SGD:
    """Stochastic gradient descent with weight decay.

    One step over a mini-batch of m examples is, with g the mean of their gradients,

        weights <- (1 - learning_rate * weight_decay) * weights - learning_rate * g
        biases  <- biases - learning_rate * g

    `weight_decay` is the factor that is already divided by the number of training examples. In the
    convention of Nielsen (Neural Networks and Deep Learning, chapter 3, equation 93), whose
    regularized cost adds lambda/(2n) * sum(weights^2), it is `l2_lambda / n`: lambda = 20 over
    n = 70,000 examples is a weight_decay of 0.000286.

    Raises ValueError on numbers that cannot train.
    """

    def __init__(self, learning_rate: float, weight_decay: float = 0.0):
        if not 0 < learning_rate < math.inf:
            raise ValueError(
                f"learning_rate: found {learning_rate!r}, expected a positive finite number"
            )
        if not 0 <= learning_rate * weight_decay < 1:
            raise ValueError(
                f"weight_decay: found {weight_decay!r}, expected a number from 0 to less than"
                f" {1 / learning_rate:g} (1/learning_rate); of an L2 lambda, it is lambda/n"
            )
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay

    @property
    def gradient_scale(self) -> float:
        """The learning rate: `update` has then only to subtract."""
        return self.learning_rate

    def update(
        self,
        parameters: Mapping[str, numpy.ndarray],
        gradients: Mapping[str, numpy.ndarray],
        decayed: Collection[str],
    ) -> None:
        """Shrink the weights and take one step against the gradients, in place.

        In float32 the shrinking is exact to 6e-8: a smaller learning_rate * weight_decay is lost.
        """
        shrink = 1 - self.learning_rate * self.weight_decay
        for name, parameter in parameters.items():
            if shrink != 1 and name in decayed:
                parameter *= shrink
            parameter -= gradients[name]


OPTIMIZERS = {"sgd": SGD}
