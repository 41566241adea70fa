"""A network: layers in a row, described as plain data."""

import copy
import inspect
import math
from collections import Counter
from collections.abc import Mapping

import numpy

from .initializers import Initializer, normal, zeros
from .layer import Initialization, Layer
from .layers import LAYERS

# Bounds the memory of inference, whatever the number of examples.
INFERENCE_BATCH = 1024


class Network:
    """Layers in a row, built from a description and initialized from `rng`.

    `description` is plain data, as YAML or JSON hold it:

        {"input_shape": [28, 28], "layers": [{"type": "dense", "units": 33}, {"type": "relu"}]}

    A layer's options are the arguments of its class in `layers`; those left out have its defaults.

    `parameters` and `gradients` are dicts of live arrays in the layers' order. A name is the
    layer's type, its number among the layers of that type, and the parameter: `dense_1/weights`
    `(n_in, n_out)`, `dense_1/bias` `(n_out,)`. What only follows the training, like the mean of a
    batch normalization, has no gradient. `decayed` is the set of names that weight decay applies
    to. `dtype` is float32, or float64 to check gradients.

    Raises ValueError on a layer that does not exist or cannot be.
    """

    def __init__(
        self,
        description: Mapping,
        rng: numpy.random.Generator | None,
        initializer: Initializer = normal,
        bias_initializer: Initializer = zeros,
        dtype: type = numpy.float32,
    ):
        self.dtype = numpy.dtype(dtype)
        self.input_shape, self.layers = _parse(description)
        self._layer_descriptions = [dict(copy.deepcopy(layer)) for layer in description["layers"]]
        initialization = Initialization(initializer, bias_initializer, rng, self.dtype)
        self.parameters, self.gradients, self.decayed = {}, {}, set()
        self._shapes, numbers = [self.input_shape], Counter()
        for index, layer in enumerate(self.layers, 1):
            try:
                shape = layer.build(self._shapes[-1], initialization)
            except ValueError as error:
                raise ValueError(f"layer {index} ({layer.type}): {error}") from None
            self._shapes.append(shape)
            numbers[layer.type] += 1
            prefix = f"{layer.type}_{numbers[layer.type]}/"
            self.parameters |= {prefix + name: array for name, array in layer.parameters.items()}
            self.gradients |= {prefix + name: array for name, array in layer.gradients.items()}
            self.decayed |= {prefix + name for name in layer.decayed}
        self.output_shape = self._shapes[-1]
        # No layer before the first that has parameters is worth going back through.
        self._first_trained = next(
            (index for index, layer in enumerate(self.layers) if layer.parameters), len(self.layers)
        )
        self._regularized = [layer for layer in self.layers if layer.regularizers]
        self.needs_whole_batch = any(layer.needs_whole_batch for layer in self.layers)
        self.generators = [layer.generator for layer in self.layers if layer.generator]

    @classmethod
    def from_parameters(
        cls,
        description: Mapping,
        parameters: Mapping[str, numpy.ndarray],
        dtype: type = numpy.float32,
        rng: numpy.random.Generator | None = None,
    ) -> "Network":
        """Build a network that has been trained before: `parameters` maps names to arrays.

        `rng` is only needed to train it further where a layer draws.
        """
        network = cls(description, rng, initializer=zeros, dtype=dtype)
        network.set_parameters(parameters)
        return network

    def set_parameters(self, parameters: Mapping[str, numpy.ndarray]) -> None:
        """Copy the arrays of `parameters` into the network's own.

        Raises ValueError unless names and shapes are exactly the network's.
        """
        expected = {name: array.shape for name, array in self.parameters.items()}
        found = {name: numpy.shape(array) for name, array in parameters.items()}
        if found != expected:
            raise ValueError(f"parameters: found {found}, expected {expected}")
        for name, array in self.parameters.items():
            array[...] = parameters[name]

    def description(self) -> dict:
        """Describe the network as the plain data it can be built from again."""
        return {
            "input_shape": list(self.input_shape),
            "layers": copy.deepcopy(self._layer_descriptions),
        }

    def forward(self, inputs: numpy.ndarray, training: bool = False) -> numpy.ndarray:
        """Compute the outputs, `(m, *output_shape)`, of one batch.

        `inputs` is `(m, *input_shape)` or the same numbers in another shape, `(m, 784)` for
        `(m, 28, 28)`, of the network's dtype. With `training`, the outputs are a buffer that the
        next call overwrites. Raises ValueError on another dtype or size.
        """
        if inputs.dtype != self.dtype or inputs.size != len(inputs) * math.prod(self.input_shape):
            raise ValueError(
                f"inputs: found {inputs.dtype} of shape {inputs.shape},"
                f" expected {self.dtype} of shape {('m', *self.input_shape)}"
            )
        outputs = inputs.reshape(len(inputs), *self.input_shape)
        for layer in self.layers:
            outputs = layer.forward(outputs, training)
        return outputs

    def backward(self, gradient: numpy.ndarray, scale: float = 1.0) -> None:
        """Fill `gradients` from the loss's gradient by the outputs of the last training `forward`.

        `gradient` may be overwritten. Its rows of zeros contribute nothing. Where it has been
        multiplied by `scale`, the gradients of the regularizers' penalties are too.
        """
        for index in range(len(self.layers) - 1, self._first_trained - 1, -1):
            layer = self.layers[index]
            gradient = layer.backward(gradient, index > self._first_trained)
            if layer.regularizers:
                layer.regularize(gradient, scale)

    def penalty(self) -> float:
        """Compute what the regularizers add to the loss of the last training batch."""
        return sum(layer.penalty() for layer in self._regularized)

    def logits(self, inputs: numpy.ndarray) -> numpy.ndarray:
        """Compute the last layer's outputs, `(n, *output_shape)`, for any number of examples."""
        outputs = numpy.empty((len(inputs), *self.output_shape), self.dtype)
        for start in range(0, len(inputs), INFERENCE_BATCH):
            batch = slice(start, start + INFERENCE_BATCH)
            outputs[batch] = self.forward(inputs[batch])
        return outputs

    def predict(self, inputs: numpy.ndarray) -> numpy.ndarray:
        """Give the class of each example, `(n,)`: the index of its largest logit."""
        return self.logits(inputs).argmax(axis=1)

    def summary(self) -> str:
        """Lay out a table: every layer, its output's shape, parameters and multiply-accumulates."""
        rows = [("layer", "output", "parameters", "multiply-accumulates")]
        total = numpy.zeros(2, int)
        described = zip(self.layers, self._layer_descriptions, self._shapes[1:], strict=True)
        for layer, description, shape in described:
            parameters = sum(array.size for array in layer.parameters.values())
            counts = parameters, layer.multiply_accumulates(shape)
            total += counts
            rows.append((" ".join(_words(description)), _size(shape), *map("{:,}".format, counts)))
        rows.append(("total", "", *map("{:,}".format, total)))
        left, middle, right, last = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(
            f"{name:{left}}  {shape:{middle}}  {parameters:>{right}}  {products:>{last}}"
            for name, shape, parameters, products in rows
        )

    def __repr__(self):
        layers = (" ".join(_words(layer)) for layer in self._layer_descriptions)
        count = sum(array.size for array in self.parameters.values())
        return f"Network({' -> '.join([_size(self.input_shape), *layers])}: {count:,} parameters)"


def _words(description: Mapping) -> list[str]:
    """Give a layer's type, then its size, then its other options by name."""
    sizes = ("units", "filters", "rate", "size")
    options = [
        str(value) if name in sizes else f"{name}={value}"
        for name, value in description.items()
        if name != "type"
    ]
    return [description["type"], *options]


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _parse(description: Mapping) -> tuple[tuple[int, ...], list[Layer]]:
    """Check a description; return the input's shape as a tuple and the layers, not yet built."""
    shape, layers = description.get("input_shape"), description.get("layers")
    if not isinstance(shape, (list, tuple)) or not shape or not all(map(_is_size, shape)):
        raise ValueError(
            f"input_shape: found {shape!r}, expected a list of whole numbers of at least 1"
        )
    if not isinstance(layers, (list, tuple)) or not layers:
        raise ValueError(f"layers: found {layers!r}, expected a list of at least one layer")
    return tuple(shape), [_layer(number, layer) for number, layer in enumerate(layers, 1)]


def _layer(number: int, description: Mapping) -> Layer:
    if not isinstance(description, Mapping):
        raise ValueError(f"layer {number}: expected {{'type': ...}}, found {description!r}")
    kind = description.get("type")
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(f"layer {number}: found type {kind!r}, expected one of {sorted(LAYERS)}")
    options = {name: value for name, value in description.items() if name != "type"}
    known = inspect.signature(LAYERS[kind]).parameters
    needed = {name for name, option in known.items() if option.default is option.empty}
    if not needed <= set(options) <= set(known):
        raise ValueError(
            f"layer {number} ({kind}): found options {sorted(options)}, expected"
            f" {sorted(needed)}" + (f", and of {sorted(set(known) - needed)} any" if known else "")
        )
    try:
        return LAYERS[kind](**options)
    except ValueError as error:
        raise ValueError(f"layer {number} ({kind}): {error}") from None


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 1
