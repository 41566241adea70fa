"""The ONNX models, for everybody who does not use `edge`."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge import __version__
from edge.layers import MAXIMUM_EXPONENT, POOLINGS, Layer
from edge.layers import layers as layers_of
from edge.picture import SIZE
from pipeline.files import replacing
from pipeline.params import Export

OPERATORS = {
    "average_pooling": "AveragePool",
    "batch_normalization": "BatchNormalization",
    "convolution": "Conv",
    "dense": "Gemm",
    "elu": "Elu",
    "exponential": "Exp",
    "flatten": "Flatten",
    "global_average_pooling": "Flatten",
    "leaky_relu": "LeakyRelu",
    "max_pooling": "MaxPool",
    "prelu": "PRelu",
    "relu": "Relu",
    "selu": "Selu",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}

# By type of layer, in the order in which its operator takes them.
PARAMETERS = {
    "batch_normalization": ("scale", "shift", "mean", "variance"),
    "convolution": ("weights", "bias"),
    "dense": ("weights", "bias"),
    "prelu": ("slopes",),
}

# What ONNX calls the number in a function.
CONSTANTS = {"batch_normalization": "epsilon", "elu": "alpha", "leaky_relu": "alpha"}

# What a model takes: its type, shape and meaning, by name.
SOURCES = {
    "images": (
        TensorProto.UINT8,
        ["n", SIZE, SIZE],
        "Pictures of one letter each, dark on light: 0 is black, 255 white.",
    ),
    "ink": (
        TensorProto.FLOAT,
        ["n", 1, SIZE, SIZE],
        "The ink in pictures of one letter each, 1 - pixel / 255: 0 is white paper, 1 black ink.",
    ),
}


def write_onnx(
    path: Path,
    description: Mapping,
    weights: Mapping[str, numpy.ndarray],
    versions: Export,
    source: str = "images",
) -> None:
    """Write an ONNX model from a `source` to `probabilities`, float32 [n, letters].

    `images` are uint8 [n, 28, 28]; the conversion to ink is then part of the graph, so that nobody
    can get it wrong. `ink` is float32 [n, 1, 28, 28], for runtimes that take no integers. fp16
    weights are stored as such and cast once, when the session is made. Raises an error of ONNX's
    checker on a model that is not valid.
    """
    nodes, initializers, value = [], [], source

    def store(name: str, values: object) -> str:
        initializers.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def add(operator: str, inputs: list[str], name: str, **options) -> str:
        nodes.append(helper.make_node(operator, inputs, [name], name=name, **options))
        return name

    if source == "images":
        add("Cast", ["images"], "pixels", to=TensorProto.FLOAT)
        add("Div", ["pixels", store("white", numpy.float32(255))], "paper")
        add("Sub", [store("one", numpy.float32(1)), "paper"], "ink")
        # OpenCV fails at an Unsqueeze of more than one picture.
        value = add("Reshape", ["ink", store("shape", [-1, 1, SIZE, SIZE])], "picture")
    for layer in layers_of(description["network"]):
        inputs = [value]
        if layer.type == "dense" and len(layer.input_shape) > 1:
            inputs = [add("Flatten", inputs, f"{layer.name}/flat")]
        if layer.type == "global_average_pooling":
            # What ONNX makes of it are pictures of one pixel.
            inputs = [add("GlobalAveragePool", inputs, f"{layer.name}/pixels")]
        if layer.type == "exponential":
            most = store(f"{layer.name}/most", numpy.float32(MAXIMUM_EXPONENT))
            inputs = [add("Min", [*inputs, most], f"{layer.name}/bounded")]
        for parameter in PARAMETERS.get(layer.type, ()):
            name = f"{layer.name}/{parameter}"
            array = _arranged(layer, parameter, weights[name])
            inputs.append(store(name, array))
            if array.dtype == numpy.float16:
                inputs[-1] = add("Cast", [name], f"{name}/fp32", to=TensorProto.FLOAT)
        value = add(OPERATORS[layer.type], inputs, layer.name, **_options(layer))
    add("Softmax", [value], "probabilities", axis=1)
    kind, shape, meaning = SOURCES[source]
    letters = description["letters"]
    graph = helper.make_graph(
        nodes,
        "letters",
        [helper.make_tensor_value_info(source, kind, shape, meaning)],
        [
            helper.make_tensor_value_info(
                "probabilities",
                TensorProto.FLOAT,
                ["n", len(letters)],
                f"How likely each letter is, in the order {' '.join(letters)}.",
            )
        ],
        initializers,
        doc_string="Names the handwritten letter in a picture of dark ink on white.",
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", versions.opset)],
        ir_version=versions.ir_version,
        producer_name="bukva",
        producer_version=__version__,
        doc_string=graph.doc_string,
    )
    properties = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in description.items()
    }
    helper.set_model_props(model, properties)
    # Netron shows the shapes between the layers.
    model = onnx.shape_inference.infer_shapes(model)
    for between in model.graph.value_info:
        # tract refuses a number of pictures that is chosen later where these have a name for it.
        for dimension in between.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.Clear()
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))


def _arranged(layer: Layer, parameter: str, array: numpy.ndarray) -> numpy.ndarray:
    """Return a layer's parameter in ONNX's order of axes."""
    if parameter == "weights" and layer.type == "convolution":
        # ONNX has the filters first: (filters, channels, height, width).
        return array.transpose(3, 0, 1, 2)
    if parameter == "weights":
        # OpenCV and ncnn know the weights of a Gemm in this order alone.
        return array.transpose()
    if parameter == "slopes":
        return array.reshape(-1, *[1] * (len(layer.input_shape) - 1))
    return array


def _options(layer: Layer) -> dict:
    """Return the attributes of a layer's operator."""
    if layer.type == "dense":
        return {"transB": 1}
    if layer.type == "softmax":
        return {"axis": 1}
    if layer.type in CONSTANTS:
        return {CONSTANTS[layer.type]: float(layer.constant)}
    if not layer.kernel:
        return {}
    after = layer.padding
    if layer.type in POOLINGS:
        # At the end, padding `same` may go one pixel further than at the beginning.
        sizes = layer.input_shape[1:], layer.output_shape[1:], layer.kernel, layer.stride, after
        after = [
            max(0, (count - 1) * step + window - before - length)
            for length, count, window, step, before in zip(*sizes, strict=True)
        ]
    return {
        "kernel_shape": layer.kernel,
        "strides": layer.stride,
        "pads": [*layer.padding, *after],
    }
