"""A pack with other weights in some of its layers, and a description that says who taught them."""

import json
from hashlib import sha256

from edge import pack as packs


def written(pack, parameters, description):
    """Return the bytes of `pack` with other `parameters`, arrays by name, and description.

    All other tensors stay as they are, to the bit. Raises PackError if `edge` could not read it.
    """
    start = 8 + int.from_bytes(pack.data[:8], "little")
    header = json.loads(pack.data[8:start])
    tensors = bytearray(pack.data[start:])
    for name, array in parameters.items():
        tensor = pack.tensors[name]
        stored = array.astype(f"<{packs.CODES[tensor.dtype]}").tobytes()
        place = tensor.offset - start
        tensors[place : place + len(stored)] = stored
    document = {**description, "sha256": sha256(tensors).hexdigest()}
    text = json.dumps(document, ensure_ascii=False)
    header["__metadata__"] = {**header["__metadata__"], "pack": text}
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    # The tensors begin at a multiple of eight bytes, as the format asks.
    encoded += b" " * (-len(encoded) % 8)
    data = len(encoded).to_bytes(8, "little") + encoded + bytes(tensors)
    packs.parse(data)
    return data
