"""Optimizers: how gradients change parameters."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy
from numpy import ndarray

from .checks import chosen, is_number, number, positive, whole_number
from .schedules import SCHEDULES, Constant, Schedule

Arrays = Mapping[str, ndarray]


@dataclass
class Optimizer:
    """What every optimizer has: a learning rate, its schedule or the name of one, and a state.

    `state` holds what one step leaves to the next, arrays by name: an optimizer whose state is
    restored goes on as if it had never stopped. Raises ValueError on impossible numbers.
    """

    learning_rate: float
    schedule: Schedule | str = field(default=Constant(), kw_only=True)

    def __post_init__(self):
        positive("learning_rate", self.learning_rate)
        self.schedule = chosen("schedule", self.schedule, SCHEDULES)
        self.state: dict[str, ndarray] = {}
        self._scratch: dict[str, ndarray] = {}

    def update(
        self, parameters: Arrays, gradients: Arrays, decayed: Collection[str], done: float = 0.0
    ) -> None:
        """Take one step: change `parameters` (name to array) in place.

        `gradients` holds the gradients of the mean loss for every parameter that is trained, and
        may be overwritten. `decayed` names the parameters that weight decay applies to. `done`, the
        share of the training that is done, is what the schedule takes.
        """
        raise NotImplementedError

    def _zeros(self, name: str, like: ndarray) -> ndarray:
        """Return an array of the state, zeros at first."""
        if name not in self.state:
            self.state[name] = numpy.zeros_like(like)
        return self.state[name]

    def _temporary(self, name: str, like: ndarray) -> ndarray:
        """Return an array for use within one update."""
        if name not in self._scratch:
            self._scratch[name] = numpy.empty_like(like)
        return self._scratch[name]


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, Nesterov's momentum and weight decay.

    With g the mean gradient over the mini-batch, and for weights (not biases) plus weight_decay *
    weights, one step is

        dw = learning_rate * g + momentum * dw_previous
        w <- w - dw, or with `nesterov` w <- w - (learning_rate * g + momentum * dw)

    Momentum: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors
    (1986), equation 9; Nesterov's: Sutskever et al., On the importance of initialization and
    momentum in deep learning (2013), at the point where the gradient is taken.

    `weight_decay` is already divided by the number of training examples. In the convention of
    Nielsen (Neural Networks and Deep Learning, chapter 3, equation 93), whose
    regularized cost adds lambda/(2n) * sum(weights^2), it is
    `regularizers.weight_decay_of_lambda(l2_lambda, n)`: lambda = 20 over n = 70,000 is 0.000286.

    With `gradient_accumulation_steps`, one step takes the mean gradient of this many mini-batches,
    which is the gradient of one mini-batch of their joint size.
    """

    learning_rate: float = 0.01
    weight_decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    gradient_accumulation_steps: int = 1

    def __post_init__(self):
        super().__post_init__()
        whole_number("gradient_accumulation_steps", self.gradient_accumulation_steps)
        _check_decay(self.weight_decay, self.learning_rate)
        number("momentum", self.momentum, 0, below=1)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov: found true, expected a momentum above 0 with it")

    def update(
        self, parameters: Arrays, gradients: Arrays, decayed: Collection[str], done: float = 0.0
    ) -> None:
        """Take one step in place; without momentum, weight decay is one multiplication.

        In float32 the factor is exact to 3e-8: of a learning_rate * weight_decay near that, much is
        lost.
        """
        if self.gradient_accumulation_steps > 1:
            gradients = self._accumulated(gradients)
        rate = self.learning_rate * self.schedule(done)
        decay = rate * self.weight_decay
        for name, gradient in gradients.items():
            parameter = parameters[name]
            gradient *= rate
            shrinks = decay and name in decayed
            if not self.momentum:
                if shrinks:
                    parameter *= 1 - decay
                parameter -= gradient
                continue
            temporary = self._temporary(name, gradient)
            if shrinks:
                gradient += numpy.multiply(parameter, decay, out=temporary)
            velocity = self._zeros(f"{name}/velocity", gradient)
            velocity *= self.momentum
            velocity += gradient
            parameter -= velocity if not self.nesterov else gradient
            if self.nesterov:
                parameter -= numpy.multiply(velocity, self.momentum, out=temporary)

    def _accumulated(self, gradients: Arrays) -> dict[str, ndarray]:
        """Add to the sums; return the means and clear the sums at a step, else return nothing."""
        count = self.state.setdefault("accumulated", numpy.zeros((), numpy.int64))
        count += 1
        for name, gradient in gradients.items():
            self._zeros(f"{name}/sum", gradient)[...] += gradient
        if count < self.gradient_accumulation_steps:
            return {}
        count[...] = 0
        for name, gradient in gradients.items():
            numpy.divide(self.state[f"{name}/sum"], self.gradient_accumulation_steps, out=gradient)
            self.state[f"{name}/sum"].fill(0)
        return dict(gradients)


@dataclass
class RMSprop(Optimizer):
    """RMSprop: each parameter's gradient is divided by the root of the mean of its squares.

        square <- rho * square + (1 - rho) * g^2
        w <- w - learning_rate * g / (sqrt(square) + epsilon)

    Tieleman and Hinton, Neural Networks for Machine Learning (2012), lecture 6e.
    """

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self):
        super().__post_init__()
        number("rho", self.rho, 0, below=1)
        positive("epsilon", self.epsilon)

    def update(
        self, parameters: Arrays, gradients: Arrays, decayed: Collection[str], done: float = 0.0
    ) -> None:
        """Take one step in place; there is no weight decay."""
        rate = self.learning_rate * self.schedule(done)
        for name, gradient in gradients.items():
            square, root = self._zeros(f"{name}/square", gradient), self._temporary(name, gradient)
            square *= self.rho
            numpy.square(gradient, out=root)
            root *= 1 - self.rho
            square += root
            numpy.sqrt(square, out=root)
            root += self.epsilon
            gradient /= root
            gradient *= rate
            parameters[name] -= gradient


@dataclass
class Adam(Optimizer):
    """Adam: the step of each parameter is adapted to its own gradients.

    Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1. `beta_1` and
    `beta_2` are the decay rates of the means of the gradients and of their squares; `epsilon` is
    added to the root of the latter.
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: ClassVar[float] = 0.0

    def __post_init__(self):
        super().__post_init__()
        number("beta_1", self.beta_1, 0, below=1)
        number("beta_2", self.beta_2, 0, below=1)
        positive("epsilon", self.epsilon)

    def update(
        self, parameters: Arrays, gradients: Arrays, decayed: Collection[str], done: float = 0.0
    ) -> None:
        """Take one step in place.

        The state holds mean/(1 - beta_1) and square/(1 - beta_2): these factors and those of the
        bias correction are two numbers per step instead of passes over the arrays.
        """
        step = self.state.setdefault("step", numpy.zeros((), numpy.int64))
        step += 1
        mean_factor = (1 - self.beta_1) / (1 - self.beta_1 ** int(step))
        root_factor = math.sqrt((1 - self.beta_2) / (1 - self.beta_2 ** int(step)))
        rate = self.learning_rate * self.schedule(done)
        shrink = 1 - rate * self.weight_decay
        for name, gradient in gradients.items():
            mean = self._zeros(f"{name}/mean", gradient)
            square = self._zeros(f"{name}/square", gradient)
            mean *= self.beta_1
            mean += gradient
            square *= self.beta_2
            gradient *= gradient
            square += gradient
            numpy.sqrt(square, out=gradient)
            gradient += self.epsilon / root_factor
            numpy.divide(mean, gradient, out=gradient)
            gradient *= rate * mean_factor / root_factor
            parameter = parameters[name]
            if shrink != 1 and name in decayed:
                parameter *= shrink
            parameter -= gradient


@dataclass
class AdamW(Adam):
    """Adam with decoupled weight decay: w <- (1 - learning_rate * weight_decay) * w.

    Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2, with its
    lambda written as learning_rate * weight_decay, as in PyTorch.
    """

    weight_decay: float = 0.01

    def __post_init__(self):
        super().__post_init__()
        _check_decay(self.weight_decay, self.learning_rate)


def _check_decay(weight_decay: float, learning_rate: float) -> None:
    if not is_number(weight_decay) or not 0 <= learning_rate * weight_decay < 1:
        raise ValueError(
            f"weight_decay: found {weight_decay!r}, expected a number from 0 to less than"
            f" {1 / learning_rate:g} (1/learning_rate); of an L2 lambda, it is lambda/n"
        )


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
