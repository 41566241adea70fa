"""Schedules: what becomes of the learning rate.

A schedule takes how much of the training is done, from 0 to 1, and returns the factor by which the
optimizer's learning rate is multiplied for a step there. All are plain data (frozen dataclasses),
so that two trainings can be told apart by their schedules.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .checks import number, positive

Schedule = Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """The learning rate as it is."""

    def __call__(self, done: float) -> float:
        """Give 1."""
        return 1.0


@dataclass(frozen=True)
class Step:
    """The learning rate times `factor` at every `every` of the training: 0.25 is three times."""

    every: float
    factor: float = 0.1

    def __post_init__(self):
        positive("every", self.every, below=1)
        positive("factor", self.factor, below=1)

    def __call__(self, done: float) -> float:
        """Give factor ^ (how often `every` has passed)."""
        # A hair more, so that the step at which a third is done counts as one.
        return self.factor ** math.floor(done / self.every + 1e-9)


@dataclass(frozen=True)
class Cosine:
    """Half a wave of the cosine from 1 down to `floor`.

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017), equation 5.
    """

    floor: float = 0.0

    def __post_init__(self):
        number("floor", self.floor, 0, below=1)

    def __call__(self, done: float) -> float:
        """Give floor + (1 - floor) * (1 + cos(pi * done)) / 2."""
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True)
class OneCycle:
    """Up from `start` to 1 over the share `rise`, then down to `end`, each half a cosine.

    Smith and Topin, Super-Convergence (2018), whose ramps are straight; the shape is that of
    PyTorch's OneCycleLR.
    """

    rise: float = 0.3
    start: float = 0.04
    end: float = 0.0

    def __post_init__(self):
        positive("rise", self.rise, below=1)
        number("start", self.start, 0, below=1)
        number("end", self.end, 0, below=1)

    def __call__(self, done: float) -> float:
        """Give the factor on the way up, or on the way down."""
        if done < self.rise:
            return self.start + (1 - self.start) * (1 - math.cos(math.pi * done / self.rise)) / 2
        down = (done - self.rise) / (1 - self.rise)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * down)) / 2


@dataclass(frozen=True)
class WarmUp:
    """Straight up from 0 over the share `rise`, then what `then` says for the rest.

    Goyal et al., Accurate, Large Minibatch SGD (2017), section 2.2.
    """

    rise: float
    then: Schedule = Constant()

    def __post_init__(self):
        positive("rise", self.rise, below=1)
        if not callable(self.then):
            raise ValueError(f"then: found {self.then!r}, expected a schedule")

    def __call__(self, done: float) -> float:
        """Give done/rise, or the factor of the schedule that follows."""
        if done < self.rise:
            return done / self.rise
        return self.then((done - self.rise) / (1 - self.rise))


SCHEDULES = {
    "constant": Constant,
    "step": Step,
    "cosine": Cosine,
    "one_cycle": OneCycle,
    "warm_up": WarmUp,
}
