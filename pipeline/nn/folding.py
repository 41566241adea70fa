"""Folding: a trained network without the parts that only training needs."""

import copy

import numpy

from .network import Network

_NOTHING_IN_INFERENCE = ("activity_regularization", "dropout", "identity")
_ONLY_IN_TRAINING = ("kernel_regularizer", "bias_regularizer")


def folded(network: Network) -> Network:
    """Return a network that computes the same in inference with fewer layers.

    A batch normalization is merged into the weights and the bias of the dense layer or convolution
    right before it: with factor = scale / sqrt(variance + epsilon), weights * factor and
    (bias - mean) * factor + shift (Jacob et al., Quantization and Training of Neural Networks for
    Efficient Integer-Arithmetic-Only Inference (2018), section 3.2). Layers that do nothing in
    inference and regularizers are left out. Any other batch normalization stays.
    """
    layers, arrays = [], []
    for layer, description in zip(network.layers, network.description()["layers"], strict=True):
        if layer.type in _NOTHING_IN_INFERENCE:
            continue
        parameters = dict(layer.parameters)
        if layer.type == "batch_normalization" and layers and "weights" in arrays[-1]:
            factor = parameters["scale"] / numpy.sqrt(parameters["variance"] + layer.epsilon)
            weights, bias = arrays[-1]["weights"], arrays[-1].get("bias", 0)
            arrays[-1] = {
                "weights": weights * factor,
                "bias": (bias - parameters["mean"]) * factor + parameters["shift"],
            }
            layers[-1].pop("bias", None)
            continue
        for option in _ONLY_IN_TRAINING:
            description.pop(option, None)
        layers.append(copy.deepcopy(description))
        arrays.append(parameters)
    description = {"input_shape": list(network.input_shape), "layers": layers}
    result = Network(description, numpy.random.default_rng(0), dtype=network.dtype)
    for layer, parameters in zip(result.layers, arrays, strict=True):
        for name, array in layer.parameters.items():
            array[...] = parameters[name]
    return result
