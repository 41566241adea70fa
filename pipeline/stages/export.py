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


def run(params: Params) -> None:
    """Write `models/export/<precision>/letters.{safetensors,onnx}` for the chosen split's model."""
    folder = MODELS / params.split.method
    description = describe(folder)
    for precision in PRECISIONS:
        weights = load_file(folder / f"{precision}.safetensors")
        write_pack(EXPORT / precision / "letters.safetensors", description, weights)
        write_onnx(EXPORT / precision / "letters.onnx", description, weights, params.export)


def describe(folder: Path) -> dict:
    """Give the pack's JSON document, but for the digest: network, provenance and accuracy."""
    accuracy = {}
    for method, suffix in (("random", ""), ("tail", "-tail")):
        measured = read_json(METRICS / method / "quantize.json")["accuracy"]
        accuracy |= {f"{kind}{suffix}": shares["fp16"] for kind, shares in measured.items()}
    training = read_json(folder / "training.json")
    return {
        "format": packs.FORMAT,
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
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT, name="pixels"),
        helper.make_node("Div", ["pixels", "white"], ["paper"], name="paper"),
        helper.make_node("Sub", ["one", "paper"], ["ink"], name="ink"),
    ]
    constants = {"white": numpy.float32(255), "one": numpy.float32(1)}
    initializers = [numpy_helper.from_array(numpy.asarray(v), k) for k, v in constants.items()]
    for name, array in weights.items():
        initializers.append(numpy_helper.from_array(array, name))
    names = {name: name for name in weights}
    for name, array in weights.items():
        if array.dtype == numpy.float16:
            names[name] = f"{name}/fp32"
            nodes.append(
                helper.make_node(
                    "Cast", [name], [names[name]], to=TensorProto.FLOAT, name=names[name]
                )
            )
    value, dense, relu = "ink", 0, 0
    for layer in description["network"]["layers"]:
        if layer["type"] == "flatten":
            nodes.append(helper.make_node("Flatten", [value], ["flat"], name="flatten"))
            value = "flat"
        elif layer["type"] == "dense":
            dense += 1
            inputs = [value, names[f"dense_{dense}/weights"], names[f"dense_{dense}/bias"]]
            value = f"dense_{dense}"
            nodes.append(helper.make_node("Gemm", inputs, [value], name=value))
        elif layer["type"] == "relu":
            relu += 1
            nodes.append(helper.make_node("Relu", [value], [f"relu_{relu}"], name=f"relu_{relu}"))
            value = f"relu_{relu}"
        else:
            raise ValueError(f"layer {layer['type']!r} has no ONNX form here")
    nodes.append(helper.make_node("Softmax", [value], ["probabilities"], axis=1, name="softmax"))
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
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
