"""Schedules: how the learning rate changes during a training.

A schedule takes the share of the training that is done, from 0 to 1, and returns the factor for the
optimizer's learning rate at that point. Where one is wanted, its name in `SCHEDULES` does, for the
defaults. All are frozen dataclasses, so that the repr of an
optimizer tells them apart.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .checks import chosen, number, positive

Schedule = Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """The learning rate itself."""

    def __call__(self, done: float) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Step:
    """The learning rate times `factor` after every share `every` of the training."""

    every: float = 1 / 3
    factor: float = 0.1

    def __post_init__(self):
        positive("every", self.every, below=1)
        positive("factor", self.factor, below=1)

    def __call__(self, done: float) -> float:
        """Return factor ^ floor(done / every)."""
        # With a margin for rounding: 0.3 / 0.1 is less than 3.
        return self.factor ** math.floor(done / self.every + 1e-9)


@dataclass(frozen=True)
class Cosine:
    """Half a period of the cosine, from 1 down to `floor`.

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017), equation 5.
    """

    floor: float = 0.0

    def __post_init__(self):
        number("floor", self.floor, 0, below=1)

    def __call__(self, done: float) -> float:
        """Return floor + (1 - floor) * (1 + cos(pi * done)) / 2."""
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True)
class OneCycle:
    """Up from `start` to 1 over the share `rise`, then down to `end`, in halves of a cosine.

    Smith and Topin, Super-Convergence (2018), with the shape of PyTorch's OneCycleLR instead of
    straight ramps.
    """

    rise: float = 0.3
    start: float = 0.04
    end: float = 0.0

    def __post_init__(self):
        positive("rise", self.rise, below=1)
        number("start", self.start, 0, below=1)
        number("end", self.end, 0, below=1)

    def __call__(self, done: float) -> float:
        """Return the factor on the way up, or on the way down."""
        if done < self.rise:
            return self.start + (1 - self.start) * (1 - math.cos(math.pi * done / self.rise)) / 2
        down = (done - self.rise) / (1 - self.rise)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * down)) / 2


@dataclass(frozen=True)
class WarmUp:
    """Linearly up from 0 over the share `rise`, then the schedule `then` over the rest.

    Goyal et al., Accurate, Large Minibatch SGD (2017), section 2.2.
    """

    rise: float = 0.1
    then: Schedule | str = Constant()

    def __post_init__(self):
        positive("rise", self.rise, below=1)
        object.__setattr__(self, "then", chosen("then", self.then, SCHEDULES))

    def __call__(self, done: float) -> float:
        """Return done/rise, or the factor of the schedule that follows."""
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
