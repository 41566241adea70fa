"""The ONNX model, for everybody who does not use `edge`."""

import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge.layers import layers as layers_of
from edge.picture import SIZE
from pipeline.files import replacing
from pipeline.params import Export

OPERATORS = {
    "convolution": "Conv",
    "dense": "Gemm",
    "flatten": "Flatten",
    "global_average_pooling": "Flatten",
    "relu": "Relu",
}


def write_onnx(
    path: Path, description: dict, weights: dict[str, numpy.ndarray], versions: Export
) -> None:
    """Write an ONNX model: `images`, uint8 [n, 28, 28], to `probabilities`, float32
    [n, letters].

    The conversion to ink is part of the graph, so that nobody can get it wrong. fp16 weights are
    stored as such and cast once, when the session is made. Raises an error of ONNX's checker on a
    model that is not valid.
    """
    nodes = []

    def add(operator: str, inputs: list[str], name: str, **options) -> str:
        nodes.append(helper.make_node(operator, inputs, [name], name=name, **options))
        return name

    add("Cast", ["images"], "pixels", to=TensorProto.FLOAT)
    add("Div", ["pixels", "white"], "paper")
    value = add("Sub", ["one", "paper"], "ink")
    constants = {"white": numpy.float32(255), "one": numpy.float32(1)}
    layers = layers_of(description["network"])
    if any(layer.type in ("convolution", "global_average_pooling") for layer in layers):
        constants["channel_axis"] = [1]
        value = add("Unsqueeze", [value, "channel_axis"], "picture")
    initializers = [numpy_helper.from_array(numpy.asarray(v), k) for k, v in constants.items()]
    names = {}
    for name, array in weights.items():
        # ONNX has a convolution's filters first: (filters, channels, height, width).
        stored = array.transpose(3, 0, 1, 2) if array.ndim == 4 else array
        initializers.append(numpy_helper.from_array(stored, name))
        names[name] = name
        if array.dtype == numpy.float16:
            names[name] = add("Cast", [name], f"{name}/fp32", to=TensorProto.FLOAT)
    for layer in layers:
        inputs, options = [value], {}
        if layer.type == "dense" and len(layer.input_shape) > 1:
            inputs = [add("Flatten", inputs, f"{layer.name}/flat")]
        if layer.type == "global_average_pooling":
            # What ONNX makes of it are pictures of one pixel.
            inputs = [add("GlobalAveragePool", inputs, f"{layer.name}/pixels")]
        if layer.type == "convolution":
            options = {"kernel_shape": layer.kernel, "strides": layer.stride}
            options["pads"] = layer.padding * 2
        if layer.type in ("convolution", "dense"):
            inputs += [names[f"{layer.name}/weights"], names[f"{layer.name}/bias"]]
        value = add(OPERATORS[layer.type], inputs, layer.name, **options)
    add("Softmax", [value], "probabilities", axis=1)
    count = len(description["letters"])
    graph = helper.make_graph(
        nodes,
        "letters",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIZE, SIZE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", count])],
        initializers,
        doc_string="Names the handwritten letter in a picture of dark ink on white.",
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", versions.opset)],
        ir_version=versions.ir_version,
        producer_name="bukva",
    )
    properties = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in description.items()
    }
    helper.set_model_props(model, properties)
    # Netron shows the shapes between the layers.
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
