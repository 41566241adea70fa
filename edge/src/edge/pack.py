"""The pack: one safetensors file that holds the network, its letters and where both came from.

The format is the one of https://huggingface.co/docs/safetensors: eight bytes of header length, a
JSON header, raw little-endian tensors. Its `__metadata__` holds one JSON document under `pack`.
A pack may come from anywhere, so everything in it is checked before it is used.
"""

import os
from collections import namedtuple

from edge.layers import (
    MAXIMUM_INK_VALUES,
    MAXIMUM_VALUES,
    ONLY_IN_GRAPHS,
    PackError,
    checked_list,
    checked_size,
    is_count,
    layers,
    parameter_shapes,
)

# The interpreter's own, since `hashlib` loads OpenSSL first, which takes as long as half a letter.
try:
    from _sha2 import sha256
except ImportError:
    try:
        from _sha256 import sha256  # before Python 3.12
    except ImportError:
        from hashlib import sha256

RELEASED_PACK = os.path.join(os.path.dirname(__file__), "letters.safetensors")

# With NumPy a pack takes about five times its size in memory.
MAXIMUM_BYTES = 32 << 20
MAXIMUM_HEADER_BYTES = 1 << 20
BYTES_PER_ELEMENT = {"F16": 2, "F32": 4, "U8": 1}
# The format characters of `struct`, which NumPy knows, too.
CODES = {"F16": "e", "F32": "f"}
FORMAT = 1

Tensor = namedtuple("Tensor", "dtype shape offset")
Tensor.__doc__ = "A tensor's safetensors dtype, its shape, and its offset in the file, in bytes."

Pack = namedtuple("Pack", "description tensors data")
Pack.__doc__ = "The JSON document, the tensors by name, and the bytes of the whole file."

# Why a pack that is whole in every other way may be refused.
NO_PROBABILITY = "weights so large, or no numbers, that no probability comes out"

# The names of the ink network's tensors begin with this.
INK = "ink/"

# The tensor of what a language expects: bytes, where all others are floating-point numbers.
LANGUAGE = "language/costs"

# What a language's description says in numbers, and how large they are at most: one step of a cost
# in nats, how much costs weigh against those of the classifier, and what a symbol usually costs.
LANGUAGE_NUMBERS = {"step": 1, "weight": 10, "usual": 20}

# A picture is squeezed to at most this many pixels a side before its ink is found.
MAXIMUM_INK_SIDE = 128


def read(path=None):
    """Read and check the pack at `path`, the released one by default.

    Raises PackError, or OSError if it cannot be read.
    """
    if path is None:
        # It may lie in a zip, from which only the loader can read.
        return parse(__spec__.loader.get_data(RELEASED_PACK))
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
    description = _json(metadata["pack"].encode("utf-8", "surrogatepass"), "description")
    _check_description(description)
    shapes = parameter_shapes(description["network"], MAXIMUM_VALUES)
    if "ink" in description:
        ink = parameter_shapes(description["ink"]["network"], MAXIMUM_INK_VALUES)
        shapes.update({INK + name: shape for name, shape in ink.items()})
    if "language" in description:
        shapes[LANGUAGE] = (len(description["letters"]) + 1,) * 3
    for name, shape in shapes.items():
        found = tensors[name].shape if name in tensors else None
        if found != shape:
            user = "language" if name == LANGUAGE else "network"
            raise PackError(f"tensor {name}: shape {found}, the {user} needs {shape}")
    digest = sha256(memoryview(data)[start:]).hexdigest()
    if digest != description.get("sha256"):
        raise PackError("damaged: the tensors do not match their SHA-256")
    return Pack(description, tensors, data)


def _scanner(**hooks):
    """Return what reads a JSON value at a place of a text: the value and where it ends.

    It is the interpreter's own if it has one, since `json` imports `re`, which takes as long as a
    letter does.
    """
    try:
        from _json import make_scanner  # noqa: PLC2701 - quick to import
    except ImportError:
        from json import JSONDecoder

        return JSONDecoder(**hooks).scan_once
    others = {"strict": True, "object_hook": None, "parse_float": float}
    return make_scanner(type("Decoder", (), {**others, **hooks}))


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

    scan = _scanner(object_pairs_hook=no_duplicates, parse_constant=no_constant, parse_int=short)
    try:
        text = data.decode("utf-8").strip(" \t\n\r")
        value, end = scan(text, 0)
    except PackError:
        raise
    except (ValueError, RecursionError, StopIteration, SystemError):
        # The last one is raised for want of `json`, which has the error to be raised.
        raise PackError(f"the {what} is no valid JSON") from None
    if end != len(text):
        raise PackError(f"the {what} is no valid JSON")
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
        expected = ("U8",) if name == LANGUAGE else ("F16", "F32")
        if dtype not in expected:
            raise PackError(f"tensor {name}: dtype {dtype!r}, expected {' or '.join(expected)}")
        size = BYTES_PER_ELEMENT[dtype]
        for length in checked_list(entry, "shape"):
            size *= checked_size(length, f"shape of {name}")
            if size > MAXIMUM_BYTES:
                # Checked here: the product of a long list would take too long to compute.
                raise PackError(f"tensor {name}: its shape needs more than {MAXIMUM_BYTES} bytes")
        if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(is_count, offsets))):
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
    # A list, where a letter takes several signs.
    each = list(letters) if isinstance(letters, (str, list)) else [None]
    printable = all(isinstance(letter, str) and letter.isprintable() for letter in each)
    if not printable or "" in each or len(set(each)) < len(each):
        raise PackError("letters: expected different letters, in a string or a list")
    if not isinstance(network, dict) or network.get("input_shape") != [28, 28]:
        raise PackError("network: expected an object whose input_shape is [28, 28]")
    row = layers(network, MAXIMUM_VALUES)
    for place, layer in enumerate(row):
        if layer.type in ONLY_IN_GRAPHS:
            raise PackError(f"{layer.name}: no layer of a network that reads letters")
        if layer.inputs != (place,):
            raise PackError(f"{layer.name}: inputs of its own, expected those of the layer before")
        if layer.dilation not in (None, (1, 1)):
            raise PackError(f"{layer.name}: dilation {layer.dilation}, expected none")
    # A convolution cannot come after the last dense layer.
    widths = [layer.output_shape[0] for layer in row if layer.type == "dense"]
    if not letters or widths[-1:] != [len(letters)]:
        raise PackError(f"network: {widths[-1:]} outputs for {len(letters)} letters")
    if "ink" in description:
        _check_ink(description["ink"])
    if "language" in description:
        _check_language(description["language"])
    unsure_below = description.get("unsure_below", 0.0)
    if type(unsure_below) is not float or not 0 <= unsure_below <= 1:
        raise PackError(f"unsure_below: {unsure_below!r}, expected a number from 0 to 1")
    if not isinstance(description.get("training"), dict):
        raise PackError("training: expected an object")
    if not isinstance(description.get("taught", {}), dict):
        raise PackError("taught: expected an object")
    accuracy = description.get("accuracy")
    shares = accuracy.values() if isinstance(accuracy, dict) else [None]
    if not all(type(share) is float and 0 <= share <= 1 for share in shares):
        raise PackError("accuracy: expected an object of numbers from 0 to 1")


def _check_ink(ink):
    network = ink.get("network") if isinstance(ink, dict) else None
    if not isinstance(network, dict):
        raise PackError("ink: expected an object with a network")
    shape = checked_list(network, "input_shape")
    side = shape[-1] if shape else None
    if not is_count(side) or not 0 < side <= MAXIMUM_INK_SIDE or shape != [3, side, side]:
        raise PackError(f"ink: input_shape {shape}, expected [3, n, n] up to {MAXIMUM_INK_SIDE}")
    last = layers(network, MAXIMUM_INK_VALUES)[-1:]
    if not last or side % 2 or last[0].output_shape != (4, side // 2, side // 2):
        raise PackError(f"ink: expected four outputs for each 2x2 pixels of {side}x{side}")


def _check_language(language):
    for name, most in LANGUAGE_NUMBERS.items():
        value = language.get(name) if isinstance(language, dict) else None
        if type(value) is not float or not 0 < value <= most:
            raise PackError(f"language: expected a {name} that is a number above 0, at most {most}")
