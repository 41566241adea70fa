"""Folding: a trained network without the parts that only training needs."""

import copy
from collections import Counter

import numpy

from .description import INPUT
from .network import Network

_NOTHING_IN_INFERENCE = ("activity_regularization", "dropout", "identity")
_ONLY_IN_TRAINING = (
    *("kernel_regularizer", "bias_regularizer"),
    *("kernel_constraint", "bias_constraint"),
    *("kernel_initializer", "bias_initializer"),
    "momentum",
)


def folded(network: Network) -> Network:
    """Return a network that computes the same in inference with fewer layers.

    A batch normalization is merged into the weights and the bias of the dense layer or convolution
    right before it, if nothing else takes the outputs of that: with factor = scale / sqrt(variance
    + epsilon), weights * factor and (bias - mean) * factor + shift (Jacob et al., Quantization and
    Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference (2018), section
    3.2). Layers that do nothing in inference, regularizers, constraints and initializers are left
    out; a layer without a bias gets one of zeros. Any other batch normalization stays.
    """
    layers, arrays = [], []
    takers = _takers(network)
    # Which layer of the new network computes what the n-th of the old did, 0 for the inputs; and
    # which of the old one did already.
    places, roots = [0], [0]
    described = zip(network.layers, network.sources, network.description()["layers"], strict=True)
    for layer, sources, description in described:
        found = [places[source] for source in sources]
        place = found[0]
        parameters = dict(layer.parameters)
        left_out = layer.type in _NOTHING_IN_INFERENCE
        root = roots[sources[0]]
        roots.append(root if left_out else len(roots))
        if layer.type == "batch_normalization" and takers[root] == 1 and place:
            before = arrays[place - 1]
            if left_out := "weights" in before:
                factor = parameters["scale"] / numpy.sqrt(parameters["variance"] + layer.epsilon)
                arrays[place - 1] = {
                    "weights": before["weights"] * factor,
                    "bias": (before["bias"] - parameters["mean"]) * factor + parameters["shift"],
                }
        if left_out:
            if place and "name" in description:
                layers[place - 1].setdefault("name", description["name"])
            places.append(place)
            continue
        for option in _ONLY_IN_TRAINING:
            description.pop(option, None)
        if description.pop("bias", None) is False:
            parameters["bias"] = numpy.zeros(parameters["weights"].shape[-1:], network.dtype)
        description.pop("inputs", None)
        if found != [len(layers)]:
            names = [layers[each - 1]["name"] if each else INPUT for each in found]
            description["inputs"] = names if layer.several else names[0]
        layers.append(copy.deepcopy(description))
        arrays.append(parameters)
        places.append(len(layers))
    description = {"input_shape": list(network.input_shape), "layers": layers}
    result = Network(description, numpy.random.default_rng(0), dtype=network.dtype)
    for layer, parameters in zip(result.layers, arrays, strict=True):
        for name, array in layer.parameters.items():
            array[...] = parameters[name]
    return result


def _takers(network: Network) -> Counter:
    """Count for each layer's outputs the layers that take them, also through some left out."""
    takers = Counter()
    for number in range(len(network.layers), 0, -1):
        through = network.layers[number - 1].type in _NOTHING_IN_INFERENCE
        # What nobody takes is the network's outputs.
        count = max(takers[number], 1) if through else 1
        for source in network.sources[number - 1]:
            takers[source] += count
    return takers
