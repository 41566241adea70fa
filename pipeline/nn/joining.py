"""Layers of a network that is no row: they join several outputs, and bring them to one size."""

import numpy
from numpy import ndarray

from .checks import whole_number
from .convolution import picture_shape
from .layer import Initialization, Layer, Shape


class Joining(Layer):
    """The base of layers that take several inputs.

    `build` and `forward` take a list of shapes and of batches; `backward` returns a list, one
    gradient for each input, of which no two share memory.
    """

    several = True


class Concatenate(Joining):
    """Puts its inputs side by side along the first axis of an example, the channels of a picture.

    Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image Segmentation (2015).
    """

    type = "concatenate"

    def build(self, input_shape: list[Shape], initialization: Initialization) -> Shape:
        """Return the output's shape; raises ValueError if other axes than the first differ."""
        first, *others = input_shape
        if any(shape[1:] != first[1:] for shape in others):
            raise ValueError(
                f"inputs: found shapes {input_shape}, expected equal ones but for their first sizes"
            )
        sizes = [shape[0] for shape in input_shape]
        ends = numpy.cumsum(sizes).tolist()
        self._parts = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
        return (ends[-1], *first[1:])

    def forward(self, inputs: list[ndarray], training: bool) -> ndarray:
        """Copy the inputs side by side."""
        m, _, *rest = inputs[0].shape
        shape = (m, self._parts[-1].stop, *rest)
        outputs = self._buffer("outputs", shape, inputs[0].dtype, training)
        for part, batch in zip(self._parts, inputs, strict=True):
            outputs[:, part] = batch
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> list[ndarray]:
        """Return the parts of the gradient."""
        return [gradient[:, part] for part in self._parts]


class Add(Joining):
    """The sum of its inputs, which have one shape.

    He et al., Deep Residual Learning for Image Recognition (2016), equation 1.
    """

    type = "add"

    def build(self, input_shape: list[Shape], initialization: Initialization) -> Shape:
        """Return the inputs' shape; raises ValueError if there are several."""
        if len(set(input_shape)) > 1:
            raise ValueError(f"inputs: found shapes {input_shape}, expected equal ones")
        self._count = len(input_shape)
        return input_shape[0]

    def forward(self, inputs: list[ndarray], training: bool) -> ndarray:
        """Add the inputs up."""
        outputs = self._buffer("outputs", inputs[0].shape, inputs[0].dtype, training)
        numpy.add(inputs[0], inputs[1], out=outputs)
        for batch in inputs[2:]:
            outputs += batch
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> list[ndarray]:
        """Return the gradient and copies of it."""
        gradients = [gradient]
        for number in range(1, self._count):
            copied = self._buffer(f"gradient_{number}", gradient.shape, gradient.dtype, True)
            copied[...] = gradient
            gradients.append(copied)
        return gradients


class Upsample(Layer):
    """Makes a picture `factor` times as high and wide: each pixel becomes a block of equal ones.

    Inputs are `(m, channels, height, width)`, or `(m, height, width)` for one channel. Nearest
    neighbour; Odena et al., Deconvolution and Checkerboard Artifacts (2016).
    """

    type = "upsample"
    of_pictures = True

    def __init__(self, factor: int):
        super().__init__()
        self.factor = whole_number("factor", factor)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Return the output's shape, `(channels, factor * height, factor * width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, height, width = self._picture_shape
        return channels, self.factor * height, self.factor * width

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Repeat every pixel."""
        m, (channels, height, width) = len(inputs), self._picture_shape
        shape = (m, channels, self.factor * height, self.factor * width)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        pixels = numpy.moveaxis(inputs.reshape(m, *self._picture_shape), 0, -1)
        self._blocks(outputs)[...] = pixels[:, :, None, :, None]
        if training:
            self._input_shape = inputs.shape
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Sum the gradient over every block."""
        if not wants_input_gradient:
            return None
        shape = (len(gradient), *self._picture_shape)
        sums = self._buffer("input_gradient", shape, gradient.dtype, True)
        pixels, blocks = numpy.moveaxis(sums, 0, -1), self._blocks(gradient)
        pixels[...] = blocks[:, :, 0, :, 0]
        for index in range(1, self.factor**2):
            pixels += blocks[:, :, index // self.factor, :, index % self.factor]
        return sums.reshape(self._input_shape)

    def _blocks(self, pictures: ndarray) -> ndarray:
        """Return a view `(channels, height, factor, width, factor, m)` of the larger pictures."""
        channels, height, width = self._picture_shape
        shape = (channels, height, self.factor, width, self.factor, len(pictures))
        return numpy.moveaxis(pictures, 0, -1).reshape(shape)
