"""The base of every layer, and the layout of its results in memory.

A batch is an array whose first axis counts the examples, `(m, *shape)`. In memory the examples come
last: what a layer computes in training is a view of a C-contiguous `(*shape, m)`. Every window of a
convolution is then a few long rows instead of many short ones, flattening costs nothing, and
the matrix products of a dense layer are faster too. Code that reads the arrays need not know.

During training, a layer writes into buffers of its own, one set for each size of batch. A result is
valid until the layer's next `forward(training=True)` or `backward`, and common layers allocate
nothing large in a step.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy
from numpy import ndarray

from .constraints import Constraint
from .initializers import Initializer, Shape
from .regularizers import Regularizer


class Initialization(NamedTuple):
    """How a layer's parameters start; without `rng`, only initializers that draw nothing work."""

    weights: Initializer
    biases: Initializer
    rng: numpy.random.Generator | None
    dtype: numpy.dtype


class Layer:
    """A differentiable function of a batch: the base of every layer.

    A layer is made in two steps: the constructor takes its options, `build` makes its arrays for
    the shape of its inputs. `parameters` holds all that inference needs, `gradients` an array of
    the same name for each that is trained; both are changed in place and never replaced, so that a
    network may refer to them.
    """

    type = ""  # the layer's name in a network's description
    decayed = ()  # the parameters that weight decay applies to
    several = False  # whether the layer takes several inputs, in a list
    of_pictures = False  # whether examples are `(channels, height, width)`, channels first
    inference_values = 0  # besides inputs and outputs, the numbers of one example in inference

    def __init__(self):
        self.parameters: dict[str, ndarray] = {}
        self.gradients: dict[str, ndarray] = {}
        self.regularizers: dict[str, Regularizer] = {}  # by the name of a parameter
        self.constraints: dict[str, Constraint] = {}  # by that too
        self.generator: numpy.random.Generator | None = None  # if the layer draws in training
        self._buffers = {}

    def __getstate__(self) -> dict:
        """Return what a copy needs: all but the arrays that the last training step has left.

        Many are views of one another, or in an order of memory that a pickle does not keep.
        """
        kept = {name: value for name, value in vars(self).items() if not isinstance(value, ndarray)}
        return kept | {"_buffers": {}}

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make the parameters for examples of `input_shape`; return the shape of their outputs."""
        return input_shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Return the outputs for `inputs`, `(m, *input_shape)`, which are left unchanged.

        With `training`, remember what `backward` needs; without, keep nothing, so that inference
        disturbs neither a training step nor another thread.
        """
        raise NotImplementedError

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill `gradients`, and turn the loss's gradient by the outputs into that by the inputs.

        To be called once after each `forward(training=True)`. `gradient` may be overwritten.
        Returns None if the inputs' gradient is not wanted, as for the first layer of a network.
        """
        raise NotImplementedError

    def penalty(self) -> float:
        """Compute what the regularizers add to the loss."""
        penalized = self.regularizers.items()
        return sum(regularizer.penalty(self.parameters[name]) for name, regularizer in penalized)

    def regularize(self, input_gradient: ndarray | None) -> None:
        """Add the penalty's gradient to `gradients`, after `backward`.

        `input_gradient` is what `backward` returned, for a layer that regularizes its inputs.
        """
        for name, regularizer in self.regularizers.items():
            regularizer.add_gradient(self.parameters[name], self.gradients[name])

    def multiply_accumulates(self, output_shape: Shape) -> int:
        """Count the multiplications of inputs with weights for one example, after `build`."""
        return 0

    def _add_parameter(self, name: str, array: ndarray, initialization: Initialization) -> None:
        """Add `array` to the parameters that are trained."""
        self.parameters[name] = array.astype(initialization.dtype, order="C")
        self.gradients[name] = numpy.zeros_like(self.parameters[name])

    def _buffer(self, name: str, shape: Shape, dtype: numpy.dtype, training: bool) -> ndarray:
        """Return an array of `shape`, the examples last in memory; in training, a buffer."""
        if not training:
            return examples_last(shape, dtype)
        if (name, shape) not in self._buffers:
            self._buffers[name, shape] = examples_last(shape, dtype)
        return self._buffers[name, shape]


def examples_last(shape: Shape, dtype: numpy.dtype, make: Callable = numpy.empty) -> ndarray:
    """Return a new array of `shape` whose first axis is the last in memory."""
    return numpy.moveaxis(make((*shape[1:], shape[0]), dtype), -1, 0)


def as_rows(batch: ndarray) -> ndarray:
    """Return a view `(channels, ... * m)` of `(m, channels, ...)`, the examples last in memory."""
    return numpy.moveaxis(batch, 0, -1).reshape(batch.shape[1], -1)


def by_first_axis(inputs: ndarray) -> tuple[Shape, Shape]:
    """Return all axes but the second, and the shape in which `(n,)` broadcasts along that one."""
    axes = tuple(axis for axis in range(inputs.ndim) if axis != 1)
    return axes, (-1, *[1] * (inputs.ndim - 2))
