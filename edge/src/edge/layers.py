"""Networks described as plain data: each layer checked, with its inputs and shapes.

A description may come from anywhere, so nothing in it is believed.
"""

from collections import Counter, namedtuple
from math import prod

# Bound the memory and the time of a forward pass, whatever a description says: of the network that
# reads a letter, and of the one that finds the ink.
MAXIMUM_VALUES = 1 << 19
MAXIMUM_INK_VALUES = 1 << 22
# No size is larger than this.
MAXIMUM_SIZE = 32 << 20
# An exponential takes no more than this: what it gives can still be multiplied by weights.
MAXIMUM_EXPONENT = 64

Layer = namedtuple(
    "Layer",
    "type name inputs input_shape output_shape kernel stride padding dilation factor constant",
    defaults=(None,) * 6,
)
Layer.__doc__ = """A layer with its number in its name, `dense_1`, and the shapes of one example.

`inputs` are the places of the values that it takes: 0 is the network's input, n the output of the
n-th layer. A picture's shape is `(channels, height, width)`. `kernel`, `stride`, `padding` and
`dilation` are a convolution's, each `(vertical, horizontal)`; a pooling has the first three, with
its padding above and on the left. `factor` is an upsampling's, `constant` the number in a function:
a slope, an alpha or an epsilon.
"""

# By type of layer: the options that it must have, and those that it may have beside its `name` and
# its `inputs`.
_OPTIONS = {
    "add": (set(), set()),
    "average_pooling": ({"size"}, {"stride", "padding"}),
    "batch_normalization": (set(), {"epsilon"}),
    "concatenate": (set(), set()),
    "convolution": ({"filters", "kernel"}, {"stride", "padding", "dilation", "bias"}),
    "dense": ({"units"}, {"bias"}),
    "elu": (set(), {"alpha"}),
    "exponential": (set(), set()),
    "flatten": (set(), set()),
    "global_average_pooling": (set(), set()),
    "leaky_relu": (set(), {"slope"}),
    "max_pooling": ({"size"}, {"stride", "padding"}),
    "prelu": (set(), set()),
    "relu": (set(), set()),
    "selu": (set(), set()),
    "sigmoid": (set(), set()),
    "softmax": (set(), set()),
    "softplus": (set(), set()),
    "softsign": (set(), set()),
    "tanh": (set(), set()),
    "upsample": ({"factor"}, set()),
}
_OF_SEVERAL = ("add", "concatenate")
# Not in the network that reads a letter: a row that the standard library computes, too.
ONLY_IN_GRAPHS = (*_OF_SEVERAL, "upsample")
SELU_SCALE = 1.0507009873554804934193352946
# What has a number in its function: the name of the option, if it is one, and its default. That of
# SELU, with its scale: Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14.
_CONSTANTS = {
    "batch_normalization": ("epsilon", 1e-5),
    "elu": ("alpha", 1.0),
    "leaky_relu": ("slope", 0.01),
    "selu": (None, 1.6732632423543772848170429916717),
}
MAXIMUM_CONSTANT = 1e6
# Parameters that are one number for each channel.
_OF_CHANNELS = {
    "batch_normalization": ("scale", "shift", "mean", "variance"),
    "prelu": ("slopes",),
}
POOLINGS = ("average_pooling", "max_pooling")
# What is done to every number alike, or to the numbers of a pixel: the shape stays.
FUNCTIONS = (
    *("batch_normalization", "elu", "exponential", "leaky_relu", "prelu", "selu", "sigmoid"),
    *("softmax", "softplus", "softsign", "tanh"),
)


class PackError(ValueError):
    """A file that is not a pack, or a damaged one."""


def parameter_shapes(network, most=MAXIMUM_INK_VALUES):
    """Return each parameter's shape by name, in order; for `network` and errors see `layers`."""
    shapes = {}
    for layer in layers(network, most):
        outputs = layer.output_shape[0]
        if layer.type == "convolution":
            weights = (layer.input_shape[0], *layer.kernel, outputs)
        elif layer.type == "dense":
            weights = (prod(layer.input_shape), outputs)
        else:
            names = _OF_CHANNELS.get(layer.type, ())
            shapes.update({f"{layer.name}/{name}": (outputs,) for name in names})
            continue
        shapes[f"{layer.name}/weights"] = weights
        shapes[f"{layer.name}/bias"] = (outputs,)
    return shapes


def layers(network, most=MAXIMUM_INK_VALUES):
    """Check a network described as plain data and return its layers, a list of `Layer`.

    `network` is `{"input_shape": [28, 28], "layers": [{"type": "dense", "units": 33}, ...]}`. A
    layer takes the output of the one before it, or of those that its `inputs` name. Raises
    PackError on a layer that `edge` cannot compute, or on more than `most` values for one picture.
    """
    shape = tuple(
        checked_size(size, "input_shape") for size in checked_list(network, "input_shape")
    )
    shapes = [(1, *shape) if len(shape) == 2 else shape]
    found, numbers, values, names = [], Counter(), prod(shape), {"input": 0}
    for options in checked_list(network, "layers"):
        kind = options.get("type") if isinstance(options, dict) else None
        if not isinstance(kind, str):
            raise PackError(f"layer {len(found) + 1}: type {kind!r:.40}, none that edge computes")
        numbers[kind] += 1
        name = f"{kind}_{numbers[kind]}"
        if kind not in _OPTIONS:
            raise PackError(f"{name!r:.40}: no type of layer that edge computes")
        inputs = _inputs(name, options, names, len(found))
        layer = _layer(kind, name, inputs, [shapes[place] for place in inputs], options)
        values += prod(layer.output_shape)
        if layer.kernel:
            # All windows are in memory at once.
            values += prod((layer.input_shape[0], *layer.kernel, *layer.output_shape[1:]))
        if values > most:
            raise PackError(f"{layer.name}: more than {most} values for one picture")
        found.append(layer)
        shapes.append(layer.output_shape)
        if (own := options.get("name")) is not None:
            if not isinstance(own, str) or own in names:
                raise PackError(f"{name}: name {own!r}, expected a text that no other layer has")
            names[own] = len(found)
    return found


def _inputs(name, options, names, before):
    """Return the places of a layer's inputs, those of the layer `before` it by default."""
    wanted = options.get("inputs")
    if wanted is None:
        return (before,)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    if not wanted or not all(isinstance(one, str) and one in names for one in wanted):
        raise PackError(f"{name}: inputs {wanted!r}, expected names of layers before it")
    if len(wanted) > 1 and options["type"] not in _OF_SEVERAL:
        raise PackError(f"{name}: {len(wanted)} inputs, expected one")
    return tuple(names[one] for one in wanted)


def _layer(kind, name, inputs, shapes, options):
    needed, optional = _OPTIONS[kind]
    given = set(options) - {"type", "name", "inputs"}
    if not needed <= given <= needed | optional:
        expected = f"{sorted(needed)} and at most {sorted(optional)} besides"
        raise PackError(f"{name}: options {sorted(given)}, expected {expected}")
    if options.get("bias", True) is not True:
        raise PackError(f"{name}: bias {options['bias']!r}, expected true")
    shape = shapes[0]
    if kind == "relu" or kind in FUNCTIONS:
        if kind == "softmax" and shape[0] == 1:
            raise PackError(
                f"{name}: inputs of shape {shape}, expected several channels or numbers"
            )
        constant = _constant(name, options, *_CONSTANTS[kind]) if kind in _CONSTANTS else None
        return Layer(kind, name, inputs, shape, shape, constant=constant)
    if kind == "flatten":
        return Layer(kind, name, inputs, shape, (prod(shape),))
    if kind == "dense":
        return Layer(kind, name, inputs, shape, (checked_size(options["units"], "units"),))
    if kind == "add":
        if len(set(shapes)) > 1:
            raise PackError(f"{name}: inputs of shapes {shapes}, expected equal ones")
        return Layer(kind, name, inputs, shape, shape)
    if len({(len(one), *one[1:]) for one in shapes}) > 1 or len(shape) != 3:
        raise PackError(f"{name}: inputs of shapes {shapes}, expected pictures of one size")
    if kind == "global_average_pooling":
        return Layer(kind, name, inputs, shape, shape[:1])
    if kind == "concatenate":
        channels = sum(one[0] for one in shapes)
        return Layer(kind, name, inputs, shape, (channels, *shape[1:]))
    if kind == "upsample":
        factor = checked_size(options["factor"], "factor")
        larger = (shape[0], factor * shape[1], factor * shape[2])
        return Layer(kind, name, inputs, shape, larger, factor=factor)
    if kind in POOLINGS:
        return _pooling(kind, name, inputs, shape, options)
    kernel, stride, dilation = (
        _pair(options.get(option, 1), option) for option in ("kernel", "stride", "dilation")
    )
    reach = tuple(step * (size - 1) + 1 for size, step in zip(kernel, dilation))
    padding = options.get("padding", 0)
    if padding == "same":
        if stride != (1, 1) or not all(size % 2 for size in kernel):
            raise PackError(f"{name}: padding 'same', expected with stride 1 and odd kernels only")
        padding = [size // 2 for size in reach]
    padding = tuple(padding) if isinstance(padding, list) else (padding, padding)
    if len(padding) != 2 or not all(is_count(n) and n < k for n, k in zip(padding, reach)):
        raise PackError(f"padding: {padding}, expected whole numbers smaller than kernel {reach}")
    room = [size + 2 * n - k for size, n, k in zip(shape[1:], padding, reach)]
    if min(room) < 0:
        raise PackError(f"kernel: {reach}, larger than the padded picture")
    size = [length // step + 1 for length, step in zip(room, stride)]
    outputs = (checked_size(options["filters"], "filters"), *size)
    return Layer(kind, name, inputs, shape, outputs, kernel, stride, padding, dilation)


def _pooling(kind, name, inputs, shape, options):
    size = _pair(options["size"], "size")
    stride = size if options.get("stride") is None else _pair(options["stride"], "stride")
    padding = options.get("padding", 0)
    if padding not in (0, "same") or padding is False:
        raise PackError(f"{name}: padding {padding!r}, expected 0 or 'same'")
    # As many windows as the picture has strides, begun or whole; what lies beyond is on both sides.
    beyond = [
        max(0, (length - 1) // step * step + window - length) if padding else 0
        for length, window, step in zip(shape[1:], size, stride)
    ]
    if size[0] > shape[1] or size[1] > shape[2]:
        raise PackError(f"{name}: size {size}, larger than the picture, {shape[1:]}")
    room = [length + more - window for length, more, window in zip(shape[1:], beyond, size)]
    places = [length // step + 1 for length, step in zip(room, stride)]
    before = tuple(more // 2 for more in beyond)
    return Layer(kind, name, inputs, shape, (shape[0], *places), size, stride, before)


def _constant(name, options, option, default):
    value = options.get(option, default)
    if type(value) not in (int, float) or not 0 <= value <= MAXIMUM_CONSTANT:
        raise PackError(
            f"{name}: {option} {value!r}, expected a number from 0 to {MAXIMUM_CONSTANT:g}"
        )
    return value


def _pair(value, what):
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) != 2:
        raise PackError(f"{what}: {value!r}, expected one whole number or a list of two")
    return tuple(checked_size(size, what) for size in pair)


def checked_list(mapping, key):
    """Return the list at `key`; raises PackError if there is none."""
    value = mapping.get(key)
    if not isinstance(value, list):
        raise PackError(f"{key}: expected a list")
    return value


def is_count(value):
    """Return whether a value is a whole number from 0 on."""
    return type(value) is int and value >= 0


def checked_size(value, what):
    """Return a size of at least 1; raises PackError if `value` is none."""
    if not is_count(value) or not 0 < value <= MAXIMUM_SIZE:
        raise PackError(f"{what}: {value!r}, expected a whole number from 1 to {MAXIMUM_SIZE}")
    return value
