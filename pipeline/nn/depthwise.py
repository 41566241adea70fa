"""Depthwise convolution: every channel has a filter of its own.

What one row of a kernel adds to one row of outputs is the product of a row of inputs, of all
examples at once, with a matrix that has the weights along its diagonals and zeros elsewhere
(Toeplitz). BLAS multiplies by those zeros in less time than NumPy takes to multiply by each weight
alone, unless pictures are much wider than 28 pixels.
"""

import math

import numpy
from numpy import ndarray

from .bands import places
from .convolution import margins, output_size, pair, picture_shape
from .dense import Weighted
from .layer import Initialization, Shape, as_rows


class DepthwiseConvolution(Weighted):
    """A convolution of every channel with one filter of its own.

    Inputs are `(m, channels, height, width)`; `(m, height, width)` is taken as one channel. Outputs
    are `(m, channels, out_height, out_width)`, sized as those of `Convolution`, whose options
    `kernel`, `stride` and `padding` are the same. `weights` is `(1, kernel_height, kernel_width,
    channels)`. Howard et al., MobileNets (2017), equation 3.

    Raises ValueError on an impossible option, or a kernel larger than the padded picture.
    """

    type = "depthwise_convolution"
    of_pictures = True

    def __init__(
        self,
        kernel: int | list[int],
        stride: int | list[int] = 1,
        padding: int | list[int] | str = 0,
        bias: bool = True,
        kernel_regularizer: dict | None = None,
        bias_regularizer: dict | None = None,
        kernel_constraint: dict | None = None,
        bias_constraint: dict | None = None,
        kernel_initializer: str | None = None,
        bias_initializer: str | None = None,
    ):
        more = kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint
        super().__init__(bias, *more, kernel_initializer, bias_initializer)
        self.kernel = pair("kernel", kernel)
        self.stride = pair("stride", stride)
        self.padding = margins(padding, self.kernel, self.stride, self.kernel)

    def build(self, input_shape: Shape, initialization: Initialization) -> Shape:
        """Make `weights` and `bias`; the output's shape is `(channels, out_height, out_width)`."""
        self._picture_shape = picture_shape(input_shape)
        channels, *sizes = self._picture_shape
        out = output_size("kernel", sizes, self.kernel, self.stride, self.padding)
        self._add_parameters((1, *self.kernel, channels), initialization)
        self._output_shape = (channels, *out)
        self.inference_values = math.prod(self._output_shape)
        # For each row and column of a kernel, the pixels under it and the windows that these are
        # in, as slices.
        self._rows, self._columns = (
            [
                (place, *slices)
                for place in range(width)
                for slices in places(size, count, step, margin - place)
            ]
            for size, count, width, step, margin in zip(
                sizes, out, self.kernel, self.stride, self.padding, strict=True
            )
        )
        return self._output_shape

    def forward(self, inputs: ndarray, training: bool) -> ndarray:
        """Add up one matrix product for every row of the kernels."""
        planes, matrices = self._planes(inputs), self._matrices()
        shape = (len(inputs), *self._output_shape)
        outputs = self._buffer("outputs", shape, inputs.dtype, training)
        products = self._buffer("products", shape, inputs.dtype, training)
        as_rows(outputs)[...] = self.parameters["bias"][:, None] if self.bias else 0
        _add_products(matrices, planes, self._rows, outputs, products)
        if training:
            self._inputs, self._last_matrices = inputs, matrices
        return outputs

    def backward(self, gradient: ndarray, wants_input_gradient: bool = True) -> ndarray | None:
        """Fill the gradients: a weight's is the sum over its diagonal, in all rows of windows."""
        planes, by_outputs = self._planes(self._inputs), numpy.moveaxis(gradient, 0, -1)
        if self.bias:
            numpy.add.reduce(as_rows(gradient), axis=1, out=self.gradients["bias"])
        by_matrices = numpy.zeros_like(self._last_matrices)
        shape = (planes.shape[2], *self._output_shape)
        products = self._buffer("weight_products", shape, gradient.dtype, True)
        for y, pixels, windows in self._rows:
            part = numpy.moveaxis(products, 0, -1)[:, windows]
            numpy.matmul(by_outputs[:, windows], planes[:, pixels].swapaxes(2, 3), part)
            numpy.add.reduce(part, axis=1, out=by_matrices[:, y])
        by_weights = self.gradients["weights"]
        by_weights.fill(0)
        for x, pixels, windows in self._columns:
            by_weights[0, :, x] = _diagonals(by_matrices, pixels, windows).sum(axis=-1).T
        if not wants_input_gradient:
            return None
        shape = (len(gradient), *self._picture_shape)
        by_inputs = self._buffer("input_gradient", shape, gradient.dtype, True)
        products = self._buffer("input_products", shape, gradient.dtype, True)
        by_inputs.fill(0)
        back = [(y, windows, pixels) for y, pixels, windows in self._rows]
        transposed = self._last_matrices.swapaxes(2, 3)
        _add_products(transposed, by_outputs, back, by_inputs, products)
        return by_inputs.reshape(self._inputs.shape)

    def _planes(self, inputs: ndarray) -> ndarray:
        """Return a view `(channels, height, width, m)`."""
        return numpy.moveaxis(inputs.reshape(len(inputs), *self._picture_shape), 0, -1)

    def _matrices(self) -> ndarray:
        """Return a matrix for every channel and row of its kernel, `(out_width, width)`."""
        weights = self.parameters["weights"][0]
        height, _, channels = weights.shape
        shape = (channels, height, self._output_shape[2], self._picture_shape[2])
        matrices = numpy.zeros(shape, weights.dtype)
        for x, pixels, windows in self._columns:
            _diagonals(matrices, pixels, windows)[...] = weights[:, x].T[..., None]
        return matrices


def _diagonals(matrices: ndarray, pixels: slice, windows: slice) -> ndarray:
    """Return a view of where matrices have the weight that is at `pixels` in `windows`."""
    return numpy.einsum("...ii->...i", matrices[..., windows, pixels])


def _add_products(
    matrices: ndarray, planes: ndarray, rows: list, outputs: ndarray, products: ndarray
) -> None:
    """Add to rows of the outputs the products of rows of `planes` with each of `matrices`."""
    sums, products = numpy.moveaxis(outputs, 0, -1), numpy.moveaxis(products, 0, -1)
    for y, taken, added in rows:
        part = sums[:, added]
        part += numpy.matmul(matrices[:, y, None], planes[:, taken], products[:, : part.shape[1]])
