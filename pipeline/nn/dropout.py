"""Dropout."""

import numpy
from numpy import ndarray

from .checks import number, whole_number
from .layer import Initialization, Layer, Shape


class Dropout(Layer):
    """In training, sets a share `rate` of the inputs to 0 and divides the rest by 1 - rate.

    `noise_shape` is the shape of the draws for one example, each size 1 or that of the axis; with
    `[16, 1, 1]`, whole channels of 16 are dropped. By default every number is drawn separately. The
    draws come from the layer's own generator, a child of the network's. In inference, the identity.
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014),
    inverted as in its section 10.
    """

    type = "dropout"

    def __init__(self, rate: float, noise_shape: list[int] | None = None):
        super().__init__()
        self.rate = number("rate", rate, 0, below=1)
        if noise_shape is not None:
            if not isinstance(noise_shape, (list, tuple)):
                raise ValueError(f"noise_shape: found {noise_shape!r}, expected a list of sizes")
            noise_shape = [whole_number("noise_shape", size) for size in noise_shape]
        self.noise_shape = noise_shape

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Spawn a generator; raises ValueError on a noise shape that does not fit."""
        self._shape = input_shape if self.noise_shape is None else tuple(self.noise_shape)
        fits = len(self._shape) == len(input_shape) and all(
            drawn in (1, size) for drawn, size in zip(self._shape, input_shape, strict=True)
        )
        if not fits:
            expected = f"the sizes of {input_shape} or 1"
            raise ValueError(f"noise_shape: found {list(self._shape)}, expected {expected}")
        # Spawned, so that adding or removing a dropout does not change what the others draw.
        rng = initialization.rng
        self.generator = rng and rng.spawn(1)[0]
        return input_shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Drop in training, else return `inputs`."""
        if not training:
            return inputs
        if self.generator is None:
            raise ValueError("dropout: no generator; give the network one to train it")
        mask = self._buffer("mask", (len(inputs), *self._shape), inputs.dtype, training)
        in_memory = numpy.moveaxis(mask, 0, -1)
        self.generator.random(out=in_memory, dtype=mask.dtype)
        numpy.greater_equal(in_memory, self.rate, out=in_memory)
        in_memory *= 1 / (1 - self.rate)
        self._mask = mask
        outputs = self._buffer("outputs", inputs.shape, inputs.dtype, training)
        return numpy.multiply(inputs, mask, out=outputs)

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Drop and scale the gradient as the inputs."""
        gradient *= self._mask
        return gradient
