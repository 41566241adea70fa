"""Short descriptions of networks, and their arrays to compare."""

import numpy

from pipeline.nn.network import Network


def entry(kind, **options):
    return {"type": kind, **options}


def dense(units, **options):
    return entry("dense", units=units, **options)


def described(input_shape, *layers):
    """Describe a network of layers, of which those without options are their types alone."""
    full = [entry(each) if isinstance(each, str) else each for each in layers]
    return {"input_shape": list(input_shape), "layers": full}


def network_of(input_shape, *layers, rng=None, **options):
    rng = rng or numpy.random.default_rng(0)
    return Network(described(input_shape, *layers), rng, **options)


def copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def bytes_of(arrays):
    return {name: array.tobytes() for name, array in arrays.items()}


def assert_same(found, expected, rtol=0, atol=None):
    """Compare arrays by name; without tolerances they are equal."""
    assert found.keys() == expected.keys()
    for name, array in found.items():
        numpy.testing.assert_allclose(
            array, expected[name], rtol, rtol if atol is None else atol, err_msg=name
        )
