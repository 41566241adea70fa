"""Ink networks that no test has to train, written as the stage `ink` writes one."""

import numpy
from safetensors.numpy import save_file

from edge import network, pack
from pipeline.files import INK, write_json
from tests.edge import packs


def write_dark():
    """Write one that nobody has trained: what is darker than the rest of a picture is ink."""
    write_json(INK / "network.json", packs.DARK)
    write_json(INK / "training.json", {"scenes": 0, "seed": 1})
    weights = numpy.zeros((3, 2, 2, 4), numpy.float32)
    for output in range(4):
        weights[:, *divmod(output, 2), output] = -2
    bias = numpy.full(4, -3, numpy.float32)
    tensors = {"convolution_1/weights": weights, "convolution_1/bias": bias}
    save_file(tensors, INK / "fp32.safetensors")


def write_released(*_):
    """Write the one of the released pack, whatever the parameters are."""
    released = pack.read()
    write_json(INK / "network.json", released.description["ink"]["network"])
    write_json(INK / "training.json", {"scenes": 0, "seed": 1})
    arrays = network.parameters(released, prefix=pack.INK)
    save_file({name: array.copy() for name, array in arrays.items()}, INK / "fp32.safetensors")
