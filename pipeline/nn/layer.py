"""What every layer is, and where its results lie in memory.

A batch is an array whose first axis counts the examples, `(m, *shape)`. In memory the examples come
last: what a layer computes in training is a view of a C-contiguous `(*shape, m)`. Every window of a
convolution is then a few long rows instead of many short ones, flattening costs nothing, and
the matrix products of a dense layer are quicker too. A reader of the arrays need not care.

During training, layers write into buffers of their own that are reused while the batch keeps its
size: a result lives until the layer's next `forward(training=True)` or `backward`, and the steps of
common layers allocate nothing large.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy

from .initializers import Initializer
from .regularizers import Regularizer


class Initialization(NamedTuple):
    """How the parameters of a layer start; without `rng`, only what draws nothing can be made."""

    weights: Initializer
    biases: Initializer
    rng: numpy.random.Generator | None
    dtype: numpy.dtype


class Layer:
    """A function of a batch that can be differentiated: the base of every layer.

    A layer is made in two steps: its options when it is named, its arrays when `build` tells it the
    shape that reaches it. `parameters` holds all that inference needs, `gradients` an array under
    the same name for what is trained; both are written in place and never replaced, so that an
    optimizer may keep hold of them.
    """

    type = ""  # the layer's name in a network's description
    decayed = ()  # the parameters that weight decay applies to
    # Whether rows that fill up a batch would change what the others come to.
    needs_whole_batch = False

    def __init__(self):
        self.parameters: dict[str, numpy.ndarray] = {}
        self.gradients: dict[str, numpy.ndarray] = {}
        self.regularizers: dict[str, Regularizer] = {}  # by the name of a parameter
        self.generator: numpy.random.Generator | None = None  # if the layer draws in training
        self._buffers = {}

    def build(
        self, input_shape: tuple[int, ...], initialization: Initialization
    ) -> tuple[int, ...]:
        """Make the parameters for one example's `input_shape`; return the output's shape."""
        return input_shape

    def forward(self, inputs: numpy.ndarray, training: bool) -> numpy.ndarray:
        """Compute the outputs for `inputs`, `(m, *input_shape)`; leave `inputs` as they are.

        With `training`, remember what `backward` needs. Without, keep nothing: inference neither
        disturbs a training step nor another thread.
        """
        raise NotImplementedError

    def backward(
        self, gradient: numpy.ndarray, wants_input_gradient: bool = True
    ) -> numpy.ndarray | None:
        """Turn the loss's gradient by the outputs into that by the inputs, and fill `gradients`.

        Once after each `forward(training=True)`. `gradient` may be overwritten. Returns None if the
        inputs' gradient is not wanted, as for the first layer of a network.
        """
        raise NotImplementedError

    def penalty(self) -> float:
        """Compute what the regularizers add to the loss."""
        return sum(
            regularizer.penalty(self.parameters[name])
            for name, regularizer in self.regularizers.items()
        )

    def regularize(self, input_gradient: numpy.ndarray | None, scale: float) -> None:
        """Add `scale` times the penalty's gradient to `gradients`, after `backward`.

        `input_gradient` is what `backward` has returned, for a layer that regularizes its inputs.
        """
        for name, regularizer in self.regularizers.items():
            regularizer.add_gradient(self.parameters[name], scale, self.gradients[name])

    def multiply_accumulates(self, output_shape: tuple[int, ...]) -> int:
        """Count the multiplications of inputs with weights for one example, after `build`."""
        return 0

    def _add_parameter(
        self, name: str, array: numpy.ndarray, initialization: Initialization
    ) -> None:
        """Make `array` a parameter that is trained."""
        self.parameters[name] = array.astype(initialization.dtype, order="C")
        self.gradients[name] = numpy.zeros_like(self.parameters[name])

    def _buffer(
        self, name: str, shape: tuple[int, ...], dtype: numpy.dtype, training: bool
    ) -> numpy.ndarray:
        """Give an array `(m, *shape)`, the examples last in memory: in training, a buffer."""
        if not training:
            return examples_last(shape, dtype)
        if (name, shape) not in self._buffers:
            self._buffers[name, shape] = examples_last(shape, dtype)
        return self._buffers[name, shape]


def examples_last(
    shape: tuple[int, ...], dtype: numpy.dtype, make: Callable = numpy.empty
) -> numpy.ndarray:
    """Make an array of `shape` whose first axis is the last in memory."""
    return numpy.moveaxis(make((*shape[1:], shape[0]), dtype), -1, 0)


def as_rows(batch: numpy.ndarray) -> numpy.ndarray:
    """View `(m, channels, ...)`, the examples last in memory, as `(channels, ... * m)`."""
    return numpy.moveaxis(batch, 0, -1).reshape(batch.shape[1], -1)


def by_first_axis(inputs: numpy.ndarray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give all axes of a batch but the second, and the shape that one number an entry of it has."""
    axes = tuple(axis for axis in range(inputs.ndim) if axis != 1)
    return axes, (-1, *[1] * (inputs.ndim - 2))
