"""The pack: one safetensors file that holds the network, its letters and where both came from.

The format is the one of https://huggingface.co/docs/safetensors: eight bytes of header length, a
JSON header, raw little-endian tensors. Its `__metadata__` holds one JSON document under `pack`.
A pack may come from anywhere, so everything in it is checked before it is used.
"""

import json
from collections import Counter, namedtuple
from math import prod

# The interpreter's own, since `hashlib` loads OpenSSL first, which takes as long as half a letter.
try:
    from _sha2 import sha256
except ImportError:
    try:
        from _sha256 import sha256  # before Python 3.12
    except ImportError:
        from hashlib import sha256

# With NumPy a pack takes about five times its size in memory.
MAXIMUM_BYTES = 32 << 20
# Bounds the memory and the time of a forward pass, whatever a description says.
MAXIMUM_VALUES = 1 << 19
MAXIMUM_HEADER_BYTES = 1 << 20
BYTES_PER_ELEMENT = {"F16": 2, "F32": 4}
# The format characters of `struct`, which NumPy knows, too.
CODES = {"F16": "e", "F32": "f"}
FORMAT = 1

Tensor = namedtuple("Tensor", "dtype shape offset")
Tensor.__doc__ = "A tensor's safetensors dtype, its shape, and its offset in the file, in bytes."

Pack = namedtuple("Pack", "description tensors data")
Pack.__doc__ = "The JSON document, the tensors by name, and the bytes of the whole file."

Layer = namedtuple(
    "Layer", "type name input_shape output_shape kernel stride padding", defaults=(None,) * 3
)
Layer.__doc__ = """A layer with its number in its name, `dense_1`, and the shapes of one example.

A picture's shape is `(channels, height, width)`. `kernel`, `stride` and `padding` are a
convolution's, each `(vertical, horizontal)`.
"""

# Why a pack that is whole in every other way may be refused.
NO_PROBABILITY = "weights so large, or no numbers, that no probability comes out"

# By type of layer: the options that it must have, and those that it may have.
_OPTIONS = {
    "convolution": ({"filters", "kernel"}, {"stride", "padding", "bias"}),
    "dense": ({"units"}, {"bias"}),
    "flatten": (set(), set()),
    "relu": (set(), set()),
}


class PackError(ValueError):
    """A file that is not a pack, or a damaged one."""


def read(path):
    """Read and check the pack at `path`; raises PackError, or OSError if it cannot be read."""
    with open(path, "rb") as file:
        data = file.read(MAXIMUM_BYTES + 1)
    return parse(data)


def parse(data):
    """Check the bytes of a pack, every offset, shape and the digest, and return a `Pack`."""
    if len(data) > MAXIMUM_BYTES:
        raise PackError(f"larger than a pack may be ({MAXIMUM_BYTES} bytes)")
    if len(data) < 8:
        raise PackError(f"header too small: {len(data)} bytes, expected at least 8")
    header_bytes = int.from_bytes(data[:8], "little")
    if header_bytes > MAXIMUM_HEADER_BYTES:
        raise PackError(f"header too large: {header_bytes} bytes, at most {MAXIMUM_HEADER_BYTES}")
    start = 8 + header_bytes
    if start > len(data):
        raise PackError(f"cut short: a header of {header_bytes} bytes in {len(data)} bytes of file")
    if data[8:9] != b"{":
        raise PackError("invalid header start: expected '{'")
    header = _json(data[8:start], "header")
    metadata = header.pop("__metadata__", None)
    tensors = _tensors(header, start, len(data))
    if not isinstance(metadata, dict) or not isinstance(metadata.get("pack"), str):
        raise PackError("a safetensors file, but no pack: its metadata has no 'pack'")
    description = _json(metadata["pack"].encode(), "description")
    _check_description(description)
    for name, shape in parameter_shapes(description["network"]).items():
        found = tensors[name].shape if name in tensors else None
        if found != shape:
            raise PackError(f"tensor {name}: shape {found}, the network needs {shape}")
    digest = sha256(memoryview(data)[start:]).hexdigest()
    if digest != description.get("sha256"):
        raise PackError("damaged: the tensors do not match their SHA-256")
    return Pack(description, tensors, data)


def parameter_shapes(network):
    """Return each parameter's shape by name, in order; for `network` and errors see `layers`."""
    shapes = {}
    for layer in layers(network):
        outputs = layer.output_shape[0]
        if layer.type == "convolution":
            weights = (layer.input_shape[0], *layer.kernel, outputs)
        elif layer.type == "dense":
            weights = (prod(layer.input_shape), outputs)
        else:
            continue
        shapes[f"{layer.name}/weights"] = weights
        shapes[f"{layer.name}/bias"] = (outputs,)
    return shapes


def layers(network):
    """Check a network described as plain data and return its layers, a list of `Layer`.

    `network` is `{"input_shape": [28, 28], "layers": [{"type": "dense", "units": 33}, ...]}`.
    Raises PackError on a layer that `edge` cannot compute.
    """
    shape = tuple(_size(size, "input_shape") for size in _list(network, "input_shape"))
    if len(shape) == 2:
        shape = (1, *shape)
    found, numbers, values = [], Counter(), prod(shape)
    for options in _list(network, "layers"):
        kind = options.get("type") if isinstance(options, dict) else None
        if not isinstance(kind, str) or kind not in _OPTIONS:
            raise PackError(f"layer {kind!r}: expected convolution, dense, flatten or relu")
        numbers[kind] += 1
        layer = _layer(kind, f"{kind}_{numbers[kind]}", shape, options)
        shape = layer.output_shape
        values += prod(shape)
        if layer.kernel:
            # All windows are in memory at once.
            values += prod((layer.input_shape[0], *layer.kernel, *shape[1:]))
        if values > MAXIMUM_VALUES:
            raise PackError(f"{layer.name}: more than {MAXIMUM_VALUES} values for one picture")
        found.append(layer)
    return found


def _layer(kind, name, shape, options):
    needed, optional = _OPTIONS[kind]
    if not needed <= set(options) - {"type"} <= needed | optional:
        expected = f"{sorted(needed)} and at most {sorted(optional)} besides"
        raise PackError(f"{name}: options {sorted({*options} - {'type'})}, expected {expected}")
    if options.get("bias", True) is not True:
        raise PackError(f"{name}: bias {options['bias']!r}, expected true")
    if kind == "relu":
        return Layer(kind, name, shape, shape)
    if kind == "flatten":
        return Layer(kind, name, shape, (prod(shape),))
    if kind == "dense":
        return Layer(kind, name, shape, (_size(options["units"], "units"),))
    if len(shape) != 3:
        raise PackError(f"{name}: {len(shape)} axes of inputs, expected channels, height and width")
    kernel = _pair(options["kernel"], "kernel")
    stride = _pair(options.get("stride", 1), "stride")
    padding = options.get("padding", 0)
    padding = tuple(padding) if isinstance(padding, list) else (padding, padding)
    if len(padding) != 2 or not all(_is_count(n) and n < k for n, k in zip(padding, kernel)):
        raise PackError(f"padding: {padding}, expected whole numbers smaller than kernel {kernel}")
    room = [size + 2 * n - k for size, n, k in zip(shape[1:], padding, kernel)]
    if min(room) < 0:
        raise PackError(f"kernel: {kernel}, larger than the padded picture")
    size = [length // step + 1 for length, step in zip(room, stride)]
    outputs = (_size(options["filters"], "filters"), *size)
    return Layer(kind, name, shape, outputs, kernel, stride, padding)


def _pair(value, what):
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) != 2:
        raise PackError(f"{what}: {value!r}, expected one whole number or a list of two")
    return tuple(_size(size, what) for size in pair)


def _json(data, what):
    def no_duplicates(pairs):
        keys = dict(pairs)
        if len(keys) < len(pairs):
            raise PackError(f"duplicate keys in the {what}")
        return keys

    def no_constant(name):
        raise PackError(f"{name} in the {what} is no JSON")

    def short(text):
        # Reading a million digits takes seconds in a Python that does not refuse to.
        if len(text) > 20:
            raise PackError(f"a number of {len(text)} digits in the {what}")
        return int(text)

    hooks = {"parse_constant": no_constant, "parse_int": short}
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates, **hooks)
    except PackError:
        raise
    except (ValueError, RecursionError):
        raise PackError(f"the {what} is no valid JSON") from None
    if not isinstance(value, dict):
        raise PackError(f"the {what} is no JSON object")
    return value


def _tensors(header, start, end):
    """Check that the tensors fill the rest of the file, without holes or overlaps; return them."""
    spans = []
    for name, entry in header.items():
        if not name.isprintable() or len(name) > 100:
            raise PackError("a tensor whose name is no name: expected up to 100 printable letters")
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise PackError(f"tensor {name}: expected dtype, shape and data_offsets")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in BYTES_PER_ELEMENT:
            raise PackError(f"tensor {name}: dtype {dtype!r}, expected F16 or F32")
        size = BYTES_PER_ELEMENT[dtype]
        for length in _list(entry, "shape"):
            size *= _size(length, f"shape of {name}")
            if size > MAXIMUM_BYTES:
                # Checked here: the product of a long list would take too long to compute.
                raise PackError(f"tensor {name}: its shape needs more than {MAXIMUM_BYTES} bytes")
        if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_count, offsets))):
            raise PackError(f"tensor {name}: data_offsets are not two whole numbers")
        if offsets[1] - offsets[0] != size:
            raise PackError(f"tensor {name}: its shape needs {size} bytes, its offsets differ")
        spans.append((*offsets, name, Tensor(dtype, tuple(shape), start + offsets[0])))
    position = 0
    for begin, stop, name, _ in sorted(spans):
        if begin != position:
            raise PackError(f"invalid offset for tensor {name}: {begin}, expected {position}")
        position = stop
    if start + position != end:
        raise PackError(f"{end - start} bytes of tensors, the header describes {position}")
    return {name: tensor for _, _, name, tensor in spans}


def _check_description(description):
    if description.get("format") != FORMAT:
        raise PackError(f"pack format {description.get('format')!r}, this version reads {FORMAT}")
    letters, network = description.get("letters"), description.get("network")
    printable = isinstance(letters, str) and letters.isprintable()
    if not printable or len(set(letters)) < len(letters):
        raise PackError("letters: expected a string of different letters")
    if not isinstance(network, dict) or network.get("input_shape") != [28, 28]:
        raise PackError("network: expected an object whose input_shape is [28, 28]")
    # A convolution cannot come after the last dense layer.
    widths = [layer.output_shape[0] for layer in layers(network) if layer.type == "dense"]
    if not letters or widths[-1:] != [len(letters)]:
        raise PackError(f"network: {widths[-1:]} outputs for {len(letters)} letters")
    if not isinstance(description.get("training"), dict):
        raise PackError("training: expected an object")
    accuracy = description.get("accuracy")
    shares = accuracy.values() if isinstance(accuracy, dict) else [None]
    if not all(type(share) is float and 0 <= share <= 1 for share in shares):
        raise PackError("accuracy: expected an object of numbers from 0 to 1")


def _list(mapping, key):
    value = mapping.get(key)
    if not isinstance(value, list):
        raise PackError(f"{key}: expected a list")
    return value


def _is_count(value):
    return type(value) is int and value >= 0


def _size(value, what):
    if not _is_count(value) or not 0 < value <= MAXIMUM_BYTES:
        raise PackError(f"{what}: {value!r}, expected a whole number from 1 to {MAXIMUM_BYTES}")
    return value
