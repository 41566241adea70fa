"""A network: layers in a row, described as plain data."""

import math
from collections import Counter
from collections.abc import Mapping

import numpy

from .initializers import Initializer, normal, zeros
from .layers import LAYERS, Layer

# Bounds the memory of inference, whatever the number of examples.
INFERENCE_BATCH = 1024


class Network:
    """Layers in a row, built from a description and initialized from `rng`.

    `description` is plain data, as YAML or JSON hold it:

        {"input_shape": [28, 28], "layers": [{"type": "dense", "units": 33}, {"type": "relu"}]}

    `parameters` and `gradients` are dicts of live arrays in the layers' order. A name is the
    layer's type, its number among the layers of that type, and the parameter: `dense_1/weights`
    `(n_in, n_out)`, `dense_1/bias` `(n_out,)`. `decayed` is the set of names that weight decay
    applies to. `dtype` is float32, or float64 to check gradients.

    Raises ValueError on a layer that does not exist or cannot be.
    """

    def __init__(
        self,
        description: Mapping,
        rng: numpy.random.Generator,
        initializer: Initializer = normal,
        bias_initializer: Initializer = zeros,
        dtype: type = numpy.float32,
    ):
        self.dtype = numpy.dtype(dtype)
        self.input_shape, self.layers = _parse(description)
        self.parameters, self.gradients, self.decayed = {}, {}, set()
        shape, numbers = self.input_shape, Counter()
        for layer in self.layers:
            shape = layer.build(shape, initializer, bias_initializer, rng, self.dtype)
            numbers[layer.type] += 1
            prefix = f"{layer.type}_{numbers[layer.type]}/"
            self.parameters |= {prefix + name: array for name, array in layer.parameters.items()}
            self.gradients |= {prefix + name: array for name, array in layer.gradients.items()}
            self.decayed |= {prefix + name for name in layer.decayed}
        self.output_shape = shape
        # No layer before the first that has parameters is worth going back through.
        self._first_trained = next(
            (index for index, layer in enumerate(self.layers) if layer.parameters), len(self.layers)
        )

    @classmethod
    def from_parameters(
        cls,
        description: Mapping,
        parameters: Mapping[str, numpy.ndarray],
        dtype: type = numpy.float32,
    ) -> "Network":
        """Build a network that has been trained before: `parameters` maps names to arrays."""
        network = cls(description, None, initializer=zeros, dtype=dtype)
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
            "layers": [layer.description() for layer in self.layers],
        }

    def forward(self, inputs: numpy.ndarray, training: bool = False) -> numpy.ndarray:
        """Compute the outputs, `(m, *output_shape)`, of one batch.

        `inputs` is `(m, *input_shape)` or the same numbers in another shape, `(m, 784)` for
        `(m, 28, 28)`, of the network's dtype. With `training`, the outputs are a buffer that the
        next call overwrites. Raises ValueError if an example has another size.
        """
        if inputs.size != len(inputs) * math.prod(self.input_shape):
            raise ValueError(
                f"inputs: found shape {inputs.shape}, expected {('m', *self.input_shape)}"
            )
        outputs = inputs.reshape(len(inputs), *self.input_shape)
        for layer in self.layers:
            outputs = layer.forward(outputs, training)
        return outputs

    def backward(self, gradient: numpy.ndarray) -> None:
        """Fill `gradients` from the loss's gradient by the outputs of the last training `forward`.

        `gradient` may be overwritten. Its rows of zeros contribute nothing.
        """
        for index in range(len(self.layers) - 1, self._first_trained - 1, -1):
            gradient = self.layers[index].backward(gradient, index > self._first_trained)

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

    def __repr__(self):
        size = "x".join(map(str, self.input_shape))
        layers = (" ".join(map(str, layer.description().values())) for layer in self.layers)
        count = sum(array.size for array in self.parameters.values())
        return f"Network({' -> '.join([size, *layers])}: {count:,} parameters)"


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
    if set(options) != set(LAYERS[kind].options):
        raise ValueError(
            f"layer {number} ({kind}): found options {sorted(options)},"
            f" expected {sorted(LAYERS[kind].options)}"
        )
    try:
        return LAYERS[kind](**options)
    except ValueError as error:
        raise ValueError(f"layer {number} ({kind}): {error}") from None


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 1
