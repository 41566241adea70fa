"""Packs made by hand, byte by byte, so that the tests need no library that writes them."""

import hashlib
import json
import math
import struct

from edge import pack as edge_pack

LETTERS = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
RELU, FLATTEN = {"type": "relu"}, {"type": "flatten"}
POOLING = {"type": "global_average_pooling"}
NETWORK = {
    "input_shape": [28, 28],
    "layers": [FLATTEN, {"type": "dense", "units": 5}, RELU, {"type": "dense", "units": 33}],
}
SHAPES = {
    "dense_1/weights": [784, 5],
    "dense_1/bias": [5],
    "dense_2/weights": [5, 33],
    "dense_2/bias": [33],
}


def convolution(filters, kernel, **options):
    return {"type": "convolution", "filters": filters, "kernel": kernel, **options}


# Kernels, strides and paddings of all kinds: equal and not, with and without, as far as they go.
CONVOLUTIONS = {
    "profile": [
        convolution(16, 5, stride=2),
        RELU,
        convolution(28, 3, stride=2, padding=1),
        RELU,
        convolution(48, 3, stride=2, padding=1),
        RELU,
        FLATTEN,
        {"type": "dense", "units": 80},
        RELU,
    ],
    "defaults": [convolution(2, 3)],
    "negative inputs": [
        convolution(3, 3, stride=3),
        convolution(4, [1, 2], padding=[0, 1]),
        FLATTEN,
    ],
    "rectangles": [
        convolution(3, [5, 2], stride=[1, 4]),
        RELU,
        convolution(5, [2, 4], stride=[3, 1], padding=[1, 3]),
    ],
    "strides beyond the kernel": [RELU, convolution(3, 2, stride=[5, 3], padding=1)],
    "one window": [convolution(4, 28), convolution(6, 1, bias=True)],
    "padding to the same size": [convolution(2, [3, 5], padding="same"), RELU],
    "means of channels": [convolution(5, 3, stride=[2, 3]), RELU, POOLING, RELU],
    "the mean of the picture": [POOLING, FLATTEN],
}


def pooling(kind, size, **options):
    return {"type": f"{kind}_pooling", "size": size, **options}


def after(*layers):
    """Return layers between a convolution, which gives numbers of both signs, and a dense layer."""
    return [convolution(3, 5, stride=4), *layers, {"type": "dense", "units": 7}]


SIMPLE = ("exponential", "prelu", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh")
# Poolings of all kinds, and every function, of pictures and of numbers.
FUNCTIONS = {
    **{name: [*after({"type": name}), {"type": name}] for name in SIMPLE},
    "leaky_relu": [*after({"type": "leaky_relu", "slope": 0.2}), {"type": "leaky_relu"}],
    "elu": [*after({"type": "elu", "alpha": 1.5}), {"type": "elu"}],
    "batch_normalization": [
        *after(RELU, {"type": "batch_normalization"}),
        {"type": "batch_normalization", "epsilon": 0.01},
    ],
    "a slope beyond 1": after({"type": "leaky_relu", "slope": 3}),
    "functions of a flat picture": after(FLATTEN, {"type": "tanh"}, {"type": "sigmoid"}),
    "functions of ink": [{"type": "tanh"}, FLATTEN, {"type": "prelu"}, {"type": "softmax"}],
    "maxima side by side": [pooling("max", 2), *after(pooling("max", [3, 2]))],
    "maxima that overlap": after(pooling("max", 3, stride=[1, 2])),
    "maxima beyond the edge": after(pooling("max", [2, 3], stride=[3, 2], padding="same")),
    "maxima of everything": after(pooling("max", 6)),
    "means side by side": [pooling("average", [2, 1]), *after(pooling("average", 2))],
    "means beyond the edge": after(pooling("average", [4, 3], stride=[2, 1], padding="same")),
    "means apart": after(pooling("average", 2, stride=4)),
}
ROWS = {**CONVOLUTIONS, **FUNCTIONS}

# Every type of layer of a graph, most with inputs of their own: what finds the ink looks so.
GRAPH = {
    "input_shape": [3, 8, 8],
    "layers": [
        convolution(5, [4, 2], stride=2, padding=[1, 0], name="half"),
        RELU,
        convolution(5, 3, padding="same", dilation=[1, 2]),
        {"type": "add", "inputs": ["half", "half"]},
        {"type": "relu", "name": "sum"},
        convolution(2, 2, stride=2, inputs="sum"),
        {"type": "upsample", "factor": 2, "name": "up"},
        {"type": "concatenate", "inputs": ["sum", "up", "half"]},
        convolution(4, 1),
    ],
}

# Its ink is what is darker than the rest, every pixel for itself.
DARK = {"input_shape": [3, 48, 48], "layers": [convolution(4, 2, stride=2)]}


def network(name):
    """Describe one of ROWS, with the dense layer of the letters at its end."""
    layers = [*ROWS[name], {"type": "dense", "units": 33}]
    return {"input_shape": [28, 28], "layers": layers}


def tensors(dtype="F16", seed=1, shapes=SHAPES):
    """Return `(header entries, bytes)` of small pseudo-random weights."""
    code = {"F16": "e", "F32": "f"}[dtype]
    entries, data, state = {}, b"", seed
    for name, shape in shapes.items():
        count = math.prod(shape)
        values = []
        for _ in range(count):
            state = (state * 1103515245 + 12345) % (1 << 31)
            values.append(state / (1 << 31) - 0.5)
        if name.endswith("/variance"):
            values = list(map(abs, values))
        begin = len(data)
        data += struct.pack(f"<{count}{code}", *values)
        offsets = [begin, len(data)]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    return entries, data


def description(data, **changes):
    return {
        "format": 1,
        "profile": "test",
        "letters": LETTERS,
        "network": NETWORK,
        "preparation": {"size": 28, "extent": 22, "ink": "1 - pixel / 255"},
        "training": {"corpora": ["none"], "split": "random"},
        "accuracy": {"none": 0.5},
        "sha256": hashlib.sha256(data).hexdigest(),
        **changes,
    }


def assemble(header, data):
    """Put a header, an object or raw bytes, before the tensors' bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def pack(dtype="F16", shapes=SHAPES, data=None, **changes):
    """Return a whole pack, of small weights or of these bytes; `changes` are its description's."""
    entries, weights = tensors(dtype, shapes=shapes)
    return whole(entries, data or weights, **changes)


def whole(entries, data, **changes):
    """Return a whole pack of these tensors; `changes` are its description's."""
    document = json.dumps(description(data, **changes), ensure_ascii=False)
    return assemble({"__metadata__": {"pack": document}, **entries}, data)


def with_ink(network, dtype="F16", weights=None, **changes):
    """Return a whole pack that finds ink with this network, of small weights or of `weights`."""
    found = edge_pack.parameter_shapes(network)
    shapes = {**SHAPES, **{f"ink/{name}": list(shape) for name, shape in found.items()}}
    entries, data = tensors(dtype, shapes=shapes)
    for name, values in (weights or {}).items():
        begin, end = entries[f"ink/{name}"]["data_offsets"]
        code = {"F16": "e", "F32": "f"}[dtype]
        data = data[:begin] + struct.pack(f"<{len(values)}{code}", *values) + data[end:]
    return pack(dtype, shapes, data, **{"ink": {"network": network}, **changes})


def with_language(costs=None, dtype="F16", costs_dtype="U8", costs_shape=(34,) * 3, **changes):
    """Return a whole pack with these costs of letters, bytes, or pseudo-random ones."""
    costs = costs or bytes(number * number % 251 for number in range(34**3))
    entries, data = tensors(dtype)
    offsets = [len(data), len(data) + len(costs)]
    entry = {"dtype": costs_dtype, "shape": costs_shape, "data_offsets": offsets}
    language = {"name": "test", "step": 0.0625, "weight": 0.5, "usual": 2.0}
    entries = {**entries, "language/costs": entry}
    return whole(entries, data + costs, **{"language": language, **changes})


def dark(**changes):
    """Return a whole pack whose ink is what is darker than the rest of a picture."""
    own = [-2.0 if place == output else 0.0 for place in range(4) for output in range(4)]
    weights = {"convolution_1/weights": 3 * own, "convolution_1/bias": [-3.0] * 4}
    return with_ink(DARK, weights=weights, **changes)


def convolutional(name, dtype):
    """Return the pack, read, of one of ROWS."""
    described = network(name)
    return edge_pack.parse(pack(dtype, edge_pack.parameter_shapes(described), network=described))
