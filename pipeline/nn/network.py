"""A network: layers in a row or in a graph, described as plain data."""

import copy
import math
from collections import Counter
from collections.abc import Mapping
from os import PathLike

import numpy
from numpy import ndarray

from . import network_file
from .checks import as_array, chosen
from .description import parsed
from .initializers import INITIALIZERS, Initializer, normal, zeros
from .layer import Initialization, Shape

# Limit the memory of inference: examples at a time, and numbers of the largest layer.
INFERENCE_BATCH = 1024
INFERENCE_VALUES = 1 << 24


class Network:
    """Layers in a row or a graph, built from a description and initialized from `rng`.

    `description` is plain data, as in YAML or JSON:

        {"input_shape": [28, 28], "layers": [{"type": "dense", "units": 33}, {"type": "relu"}]}

    A layer's options are the arguments of its class in `layers`, with the same defaults.

    A layer takes the outputs of the one before it, or of those that its `inputs` names, in a list
    or alone: earlier layers that have a `name`, or `input`, the network's own. The last layer's
    outputs are the network's, and every other's must be taken. A residual block:

        {"type": "relu", "name": "a"}, {"type": "dense", "units": 33, "name": "b"},
        {"type": "add", "inputs": ["a", "b"]}

    The `activation` of a layer with weights, a type or a description, is short for a layer after
    it, which takes over its name. Without initializers of its own, a layer starts with those given
    here, functions or names in `INITIALIZERS`.

    `parameters` and `gradients` are dicts of live arrays in the layers' order. A name is the
    layer's type, its number among the layers of that type, and the parameter: `dense_1/weights`
    `(n_in, n_out)`, `dense_1/bias` `(n_out,)`. What is not trained, like the mean of a batch
    normalization, has no gradient. `decayed` is the set of names that weight decay applies to.
    `dtype` is float32, or float64 to check gradients.

    Raises ValueError on an unknown layer or impossible options.
    """

    def __init__(
        self,
        description: Mapping,
        rng: numpy.random.Generator | None,
        initializer: Initializer | str = normal,
        bias_initializer: Initializer | str = zeros,
        dtype: type = numpy.float32,
    ):
        self.dtype = numpy.dtype(dtype)
        described = parsed(description)
        self.input_shape, self._layer_descriptions, self.layers, self.sources, places = described
        initializer = chosen("initializer", initializer, INITIALIZERS)
        bias_initializer = chosen("bias_initializer", bias_initializer, INITIALIZERS)
        initialization = Initialization(initializer, bias_initializer, rng, self.dtype)
        self.parameters, self.gradients, self.decayed = {}, {}, set()
        self._shapes, numbers = [self.input_shape], Counter()
        for layer, sources, place in zip(self.layers, self.sources, places, strict=True):
            taken = [self._shapes[source] for source in sources]
            try:
                shape = layer.build(taken if layer.several else taken[0], initialization)
            except ValueError as error:
                raise ValueError(f"{place}: {error}") from None
            self._shapes.append(shape)
            numbers[layer.type] += 1
            prefix = f"{layer.type}_{numbers[layer.type]}/"
            self.parameters |= {prefix + name: array for name, array in layer.parameters.items()}
            self.gradients |= {prefix + name: array for name, array in layer.gradients.items()}
            self.decayed |= {prefix + name for name in layer.decayed}
        self.output_shape = self._shapes[-1]
        # Gradients are needed only of what depends on parameters.
        self._trained, self._wanted = [False], []
        for layer, sources in zip(self.layers, self.sources, strict=True):
            self._wanted.append(any(self._trained[source] for source in sources))
            self._trained.append(bool(layer.parameters) or self._wanted[-1])
        self._last_uses = [[] for _ in self.layers]
        for source in range(len(self.layers)):
            uses = [number for number, taken in enumerate(self.sources) if source in taken]
            self._last_uses[uses[-1]].append(source)
        self._regularized = [layer for layer in self.layers if layer.regularizers]
        self.generators = [layer.generator for layer in self.layers if layer.generator]

    @classmethod
    def from_parameters(
        cls,
        description: Mapping,
        parameters: Mapping[str, ndarray],
        dtype: type = numpy.float32,
        rng: numpy.random.Generator | None = None,
    ) -> "Network":
        """Build a network with given parameters, a mapping of names to arrays.

        `rng` is needed only to train it further, if it has a layer that draws.
        """
        network = cls(description, rng, initializer=zeros, dtype=dtype)
        network.set_parameters(parameters)
        return network

    @classmethod
    def load(cls, path: str | PathLike, rng: numpy.random.Generator | None = None) -> "Network":
        """Build the network that `save` wrote to `path`, of its dtype, with the same numbers.

        `rng` as for `from_parameters`. Raises ValueError on another file or a damaged one.
        """
        try:
            description, parameters, dtype = network_file.read(path)
            return cls.from_parameters(description, parameters, dtype, rng)
        except ValueError as error:
            raise ValueError(
                f"{path}: {error}; expected a network that Network.save has written"
            ) from None

    def save(self, path: str | PathLike) -> None:
        """Write the network to one file, in the safetensors format; `load` reads it."""
        network_file.write(path, self.description(), self.parameters)

    def set_parameters(self, parameters: Mapping[str, ndarray]) -> None:
        """Copy the arrays of `parameters` into the network's own.

        Raises ValueError unless names and shapes are exactly those of the network.
        """
        expected = {name: array.shape for name, array in self.parameters.items()}
        found = {name: numpy.shape(array) for name, array in parameters.items()}
        if found != expected:
            raise ValueError(f"parameters: found {found}, expected {expected}")
        for name, array in self.parameters.items():
            array[...] = parameters[name]

    def description(self) -> dict:
        """Return the plain data that the network can be built from again."""
        layers = copy.deepcopy(self._layer_descriptions)
        return {"input_shape": list(self.input_shape), "layers": layers}

    def forward(self, inputs: ndarray, training: bool = False) -> ndarray:
        """Compute the outputs, `(m, *output_shape)`, of one batch.

        `inputs` is what `in_shape` takes. With `training`, the outputs are a buffer that the next
        call overwrites. Raises ValueError on another dtype or size.
        """
        values = [self.in_shape(inputs)]
        steps = zip(self.layers, self.sources, self._last_uses, strict=True)
        for layer, sources, last_uses in steps:
            taken = [values[source] for source in sources] if layer.several else values[sources[0]]
            values.append(layer.forward(taken, training))
            for source in last_uses:
                values[source] = None
        return values[-1]

    def in_shape(self, inputs: ndarray, name: str = "inputs") -> ndarray:
        """Return examples as `(m, *input_shape)`.

        They are arrays of the network's dtype or lists, of that shape but for axes of 1, or flat,
        like `(m, 784)` for `(m, 28, 28)`. Raises ValueError, with their `name`, on all else, such
        as pictures whose channels come last.
        """
        inputs = as_array(name, inputs, self.dtype)
        if inputs.dtype != self.dtype or not _fits(inputs.shape[1:], self.input_shape):
            hint = (
                "" if inputs.dtype == self.dtype else f"; .astype({self.dtype.name!r}) gives that"
            )
            raise ValueError(
                f"{name}: found {inputs.dtype} of shape {inputs.shape},"
                f" expected {self.dtype} of shape {('n', *self.input_shape)}{hint}"
            )
        return inputs.reshape(len(inputs), *self.input_shape)

    def backward(self, gradient: ndarray) -> None:
        """Fill `gradients` from the loss's gradient by the outputs of the last training `forward`.

        The gradients of the regularizers' penalties are added. `gradient` may be overwritten.
        """
        # No two of them share memory, so that layers may overwrite them.
        gradients = {len(self.layers): gradient}
        for number in range(len(self.layers), 0, -1):
            if not self._trained[number]:
                continue
            layer, wanted = self.layers[number - 1], self._wanted[number - 1]
            found = layer.backward(gradients.pop(number), wanted)
            if layer.regularizers:
                layer.regularize(found)
            if not wanted:
                continue
            sources = self.sources[number - 1]
            for source, array in zip(sources, found if layer.several else (found,), strict=True):
                if source in gradients:
                    gradients[source] += array
                elif self._trained[source]:
                    gradients[source] = array

    def penalty(self) -> float:
        """Return what the regularizers add to the loss of the last training batch."""
        return sum(layer.penalty() for layer in self._regularized)

    def constrain(self) -> None:
        """Bring the parameters back within their constraints, after an optimizer's step."""
        for layer in self.layers:
            for name, constraint in layer.constraints.items():
                constraint.apply(layer.parameters[name])

    def logits(self, inputs: ndarray) -> ndarray:
        """Compute the last layer's outputs, `(n, *output_shape)`, for any number of examples."""
        inputs = self.in_shape(inputs)
        outputs = numpy.empty((len(inputs), *self.output_shape), self.dtype)
        size = max(1, min(INFERENCE_BATCH, INFERENCE_VALUES // self._inference_values()))
        for start in range(0, len(inputs), size):
            batch = slice(start, start + size)
            outputs[batch] = self.forward(inputs[batch])
        return outputs

    def predict(self, inputs: ndarray) -> ndarray:
        """Return the class of each example, `(n,)`: the index of its largest logit.

        Of a single output, 1 where it says yes and 0 where it says no.
        """
        logits = self.logits(inputs)
        if self.output_shape == (1,):
            return self.says_yes(logits)[:, 0].astype(numpy.intp)
        return logits.argmax(axis=1)

    def says_yes(self, outputs: ndarray) -> ndarray:
        """Return whether each output is above 0, or above 0.5 if the last layer is a sigmoid."""
        return outputs > (0.5 if self.layers[-1].type == "sigmoid" else 0)

    def _inference_values(self) -> int:
        """Return how many numbers the largest layer needs for one example in inference."""
        return max(
            layer.inference_values
            + sum(math.prod(self._shapes[taken]) for taken in (*sources, number))
            for number, (layer, sources) in enumerate(
                zip(self.layers, self.sources, strict=True), 1
            )
        )

    def summary(self) -> str:
        """Return a table of the layers: output shape, parameters, multiply-accumulates."""
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
    """Return a layer's type, its size, and its other options with their names."""
    sizes = ("units", "filters", "rate", "size", "factor")
    options = [
        str(value) if name in sizes else f"{name}={value}"
        for name, value in description.items()
        if name != "type"
    ]
    return [description["type"], *options]


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _fits(found: Shape, expected: Shape) -> bool:
    """Return whether numbers in one shape can only be meant in the order of the other."""
    if found == expected:
        return True
    found, expected = ([size for size in shape if size != 1] for shape in (found, expected))
    flat = min(len(found), len(expected)) <= 1
    return found == expected or (flat and math.prod(found) == math.prod(expected))
