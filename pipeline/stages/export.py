"""Export the network: the pack that `edge` reads, and ONNX for everybody else, at fp32 and fp16."""

import hashlib
import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file, save_file

from edge import pack as packs
from edge.alphabet import LETTERS
from edge.prepare import EXTENT, SIZE
from pipeline.files import METRICS, MODELS, read_json, replacing
from pipeline.params import Export, Params

EXPORT = MODELS / "export"
PRECISIONS = ("fp32", "fp16")
PURPOSE = "names the handwritten Russian letter, uppercase or lowercase, in a picture of one letter"
LIMITS = "not for words, documents, other alphabets or telling who wrote; see MODEL_CARD.md"
LICENSE = "MIT; the terms of the corpora that it has learned from are in data/README.md"
OPERATORS = {"convolution": "Conv", "dense": "Gemm", "flatten": "Flatten", "relu": "Relu"}


def run(params: Params) -> None:
    """Write `models/export/<precision>/letters.{safetensors,onnx}` for the chosen split's model."""
    folder = MODELS / params.split.method
    description = describe(folder)
    for precision in PRECISIONS:
        weights = load_file(folder / f"{precision}.safetensors")
        write_pack(EXPORT / precision / "letters.safetensors", description, weights)
        write_onnx(EXPORT / precision / "letters.onnx", description, weights, params.export)


def describe(folder: Path) -> dict:
    """Give the pack's JSON document, but for the digest: purpose, network, provenance, accuracy."""
    accuracy = {}
    for method, suffix in (("random", ""), ("tail", "-tail")):
        measured = read_json(METRICS / method / "quantize.json")["accuracy"]
        accuracy |= {f"{kind}{suffix}": shares["fp16"] for kind, shares in measured.items()}
    training = read_json(folder / "training.json")
    return {
        "format": packs.FORMAT,
        "purpose": PURPOSE,
        "limits": LIMITS,
        "license": LICENSE,
        "profile": training.pop("profile"),
        "letters": LETTERS,
        "network": read_json(folder / "network.json"),
        "preparation": {"size": SIZE, "extent": EXTENT, "ink": "1 - pixel / 255"},
        "training": training,
        "accuracy": accuracy,
    }


def write_pack(path: Path, description: dict, weights: dict[str, numpy.ndarray]) -> None:
    """Write a pack, with the SHA-256 of the tensors' bytes in its description."""
    with replacing(path) as temporary:
        # The order of the tensors is the library's: the digest is taken from what it writes.
        save_file(weights, temporary)
        data = temporary.read_bytes()
        tensors = data[8 + int.from_bytes(data[:8], "little") :]
        document = {**description, "sha256": hashlib.sha256(tensors).hexdigest()}
        save_file(weights, temporary, {"pack": json.dumps(document, ensure_ascii=False)})
        packs.read(temporary)


def write_onnx(
    path: Path, description: dict, weights: dict[str, numpy.ndarray], versions: Export
) -> None:
    """Write an ONNX model: `images`, uint8 [n, 28, 28], to `probabilities`, float32 [n, 33].

    The conversion to ink is inside the graph, so that nobody can get it wrong. fp16 weights are
    stored as such and cast once, when the session is made.
    """
    nodes = []

    def add(operator: str, inputs: list[str], name: str, **options) -> str:
        nodes.append(helper.make_node(operator, inputs, [name], name=name, **options))
        return name

    add("Cast", ["images"], "pixels", to=TensorProto.FLOAT)
    add("Div", ["pixels", "white"], "paper")
    value = add("Sub", ["one", "paper"], "ink")
    constants = {"white": numpy.float32(255), "one": numpy.float32(1)}
    layers = packs.layers(description["network"])
    if any(layer.type == "convolution" for layer in layers):
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
        if layer.type == "convolution":
            options = {
                "kernel_shape": layer.kernel,
                "strides": layer.stride,
                "pads": layer.padding * 2,
            }
        if layer.type in ("convolution", "dense"):
            inputs += [names[f"{layer.name}/weights"], names[f"{layer.name}/bias"]]
        value = add(OPERATORS[layer.type], inputs, layer.name, **options)
    add("Softmax", [value], "probabilities", axis=1)
    graph = helper.make_graph(
        nodes,
        "letters",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIZE, SIZE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(LETTERS)])],
        initializers,
        doc_string="Names the handwritten Russian letter in a picture of dark ink on white.",
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", versions.opset)],
        ir_version=versions.ir_version,
        producer_name="bukva",
    )
    helper.set_model_props(
        model,
        {
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in description.items()
        },
    )
    # Netron shows the shapes between the layers.
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
