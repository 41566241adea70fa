"""The pack and the ONNX model compute what the trained network computes."""

import json
from pathlib import Path

import numpy
import onnx
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import edge
from edge import network as edge_network
from edge import pack
from edge.alphabet import LETTERS
from edge.ink import ink
from pipeline import params
from pipeline.export import stored_weights, write_onnx, write_pack
from pipeline.nn.initializers import normal
from pipeline.nn.losses import softmax
from pipeline.nn.network import Network
from pipeline.results.runtimes import largest_difference, read_with_all
from tests.edge import packs

DESCRIPTION = {
    "format": 1,
    "profile": "test",
    "letters": LETTERS,
    "network": {
        "input_shape": [28, 28],
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 20},
            {"type": "relu"},
            {"type": "dense", "units": 33},
        ],
    },
    "preparation": {},
    "training": {"corpora": ["none"]},
    "accuracy": {"none": 0.5},
}


@pytest.fixture(scope="module")
def network():
    return Network(DESCRIPTION["network"], numpy.random.default_rng(1))


@pytest.fixture(scope="module")
def images():
    generator = numpy.random.default_rng(2)
    noise = generator.integers(0, 256, (50, 28, 28), numpy.uint8)
    return numpy.where(generator.random(noise.shape) < 0.7, 255, noise).astype(numpy.uint8)


@pytest.fixture(params=["fp32", "fp16"])
def exported(request, network, workplace):
    """The network, its weights at one precision, and the files exported from them."""
    dtype = {"fp32": numpy.float32, "fp16": numpy.float16}[request.param]
    weights = {name: array.astype(dtype) for name, array in network.parameters.items()}
    folder = workplace / request.param
    write_pack(folder / "letters.safetensors", DESCRIPTION, weights)
    write_onnx(folder / "letters.onnx", DESCRIPTION, weights, params.read().export)
    return folder, weights


def test_every_runtime_gives_what_the_trained_network_gives(exported, images):
    folder, weights = exported
    trained = Network.from_parameters(DESCRIPTION["network"], weights)
    expected = softmax(trained.logits(ink(images)))
    runtimes = read_with_all(folder, images, 50)
    assert set(runtimes) == {"edge", "onnx", "pure"}
    classifier = edge.load(folder / "letters.safetensors")
    (prediction,) = classifier.classify_prepared([images[0].tobytes()])
    assert prediction.letter == LETTERS[runtimes["pure"][0].argmax()]
    for shares in runtimes.values():
        assert shares.shape == (50, 33)
        assert abs(shares - expected).max() < 1e-6
    assert largest_difference(folder, runtimes, 1e-5) < 1e-6
    for count in (1, 7):
        assert read_with_all(folder, images[:count], 1)["onnx"].shape == (count, 33)


@pytest.mark.parametrize("dtype", [numpy.float32, numpy.float16])
@pytest.mark.parametrize("name", packs.CONVOLUTIONS)
def test_every_runtime_convolves_as_the_trained_network_does(name, dtype, images, workplace):
    description = {**DESCRIPTION, "network": packs.network(name)}
    initial = Network(description["network"], numpy.random.default_rng(1), bias_initializer=normal)
    weights = {name: array.astype(dtype) for name, array in initial.parameters.items()}
    write_pack(Path("letters.safetensors"), description, weights)
    write_onnx(Path("letters.onnx"), description, weights, params.read().export)
    trained = Network.from_parameters(description["network"], weights)
    expected = trained.logits(ink(images))
    arrays = edge_network.parameters(pack.read("letters.safetensors"))
    logits = edge_network.Network(description["network"], arrays).logits(images)
    numpy.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
    for shares in read_with_all(Path(), images, 10).values():
        assert abs(shares - softmax(expected.copy())[: len(shares)]).max() < 1e-5


def test_the_shapes_between_the_layers_are_in_the_onnx_model(network, workplace):
    description = {**DESCRIPTION, "network": packs.network("profile")}
    initial = Network(description["network"], numpy.random.default_rng(1))
    write_onnx(Path("a.onnx"), description, initial.parameters, params.read().export)
    graph = onnx.load("a.onnx").graph
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in graph.value_info
    }
    assert shapes["picture"] == ["n", 1, 28, 28]
    assert shapes["convolution_1"] == ["n", 16, 12, 12]
    assert shapes["relu_2"] == ["n", 28, 6, 6]
    assert shapes["convolution_3"] == ["n", 48, 3, 3]
    assert shapes["flatten_1"] == ["n", 48 * 3 * 3]
    stored = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    assert stored["convolution_2/weights"] == [28, 16, 3, 3]


def test_the_safetensors_library_and_edge_read_the_same_pack(exported):
    folder, weights = exported
    path = folder / "letters.safetensors"
    arrays = edge_network.parameters(pack.read(path))
    theirs = load_file(path)
    assert set(arrays) == set(theirs) == set(weights)
    for name, array in theirs.items():
        assert array.dtype == weights[name].dtype
        assert numpy.array_equal(array, weights[name])
        assert numpy.array_equal(arrays[name], array.astype(numpy.float32))
        assert arrays[name].dtype == numpy.float32
    with safe_open(path, "numpy") as opened:
        metadata = opened.metadata()
    document = json.loads(metadata["pack"])
    assert document.pop("sha256")
    assert document == DESCRIPTION


def test_the_same_weights_give_the_same_bytes(exported, workplace):
    folder, weights = exported
    write_pack(workplace / "again.safetensors", DESCRIPTION, weights)
    write_onnx(workplace / "again.onnx", DESCRIPTION, weights, params.read().export)
    for suffix in ("safetensors", "onnx"):
        again = (workplace / f"again.{suffix}").read_bytes()
        assert again == (folder / f"letters.{suffix}").read_bytes()


def test_the_onnx_model_is_what_old_runtimes_and_netron_understand(exported):
    folder, weights = exported
    model = onnx.load(folder / "letters.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version <= 8
    assert [(entry.domain, entry.version <= 17) for entry in model.opset_import] == [("", True)]
    (given,), (result,) = model.graph.input, model.graph.output
    assert given.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim] == ["n", 28, 28]
    assert [d.dim_param or d.dim_value for d in result.type.tensor_type.shape.dim] == ["n", 33]
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["letters"] == LETTERS
    assert json.loads(metadata["training"]) == {"corpora": ["none"]}
    stored = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    half = [name for name, kind in stored.items() if kind == onnx.TensorProto.FLOAT16]
    casts = [
        node for node in model.graph.node if node.op_type == "Cast" and node.input[0] in weights
    ]
    assert len(half) == len(casts) == (len(weights) if folder.name == "fp16" else 0)
    assert all(node.name for node in model.graph.node)


def test_nothing_half_written_is_left_where_an_export_fails(network, workplace):
    layers = [*DESCRIPTION["network"]["layers"], {"type": "lambda"}]
    broken = {**DESCRIPTION, "network": {"input_shape": [28, 28], "layers": layers}}
    with pytest.raises(ValueError, match="lambda"):
        write_onnx(Path("a.onnx"), broken, network.parameters, params.read().export)
    with pytest.raises(pack.PackError):
        write_pack(Path("a.safetensors"), broken, network.parameters)
    assert sorted(path.name for path in workplace.iterdir()) == ["params.yaml"]


def test_fp16_is_the_nearest_half_precision_number_of_every_weight(network, tmp_path):
    trained = network.parameters
    save_file(trained, tmp_path / "fp32.safetensors")
    stored = stored_weights(tmp_path)
    assert list(stored) == ["fp32", "fp16"]
    for name, array in trained.items():
        exact, half = stored["fp32"][name], stored["fp16"][name]
        assert (exact.dtype, half.dtype) == (numpy.float32, numpy.float16)
        numpy.testing.assert_array_equal(exact, array)
        # Half a unit in the last of eleven binary places; below 2**-14 the places are fixed.
        bound = numpy.maximum(abs(array) * 2.0**-11, 2.0**-25)
        assert (abs(half.astype(numpy.float64) - array) <= bound).all()
