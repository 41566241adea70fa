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
from edge.classifier import Letter
from edge.ink import ink
from pipeline import params
from pipeline.data.alphabet import RUSSIAN
from pipeline.export import PRECISIONS, export, stored_weights, write_onnx, write_pack
from pipeline.files import write_json
from pipeline.nn.initializers import normal
from pipeline.nn.losses import softmax
from pipeline.nn.network import Network
from pipeline.results.runtimes import largest_difference, read_with_all
from tests.edge import packs
from tests.support.ink import write_dark

DESCRIPTION = {
    "format": 1,
    "profile": "test",
    "letters": RUSSIAN,
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


def test_every_runtime_gives_what_the_trained_network_gives(exported, images, monkeypatch):
    folder, weights = exported
    trained = Network.from_parameters(DESCRIPTION["network"], weights)
    expected = softmax(trained.logits(ink(images)))
    runtimes = read_with_all(folder, images, 50)
    assert set(runtimes) == {"edge", "onnx", "pure"}
    classifier = edge.load(folder / "letters.safetensors")
    monkeypatch.setattr("edge.classifier.SURELY", 0)
    (prediction,) = classifier.classify_prepared([Letter([images[0].tobytes()])])
    assert prediction.letter == RUSSIAN[runtimes["pure"][0].argmax()]
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
    assert metadata["letters"] == RUSSIAN
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


@pytest.fixture
def model(network, workplace):
    """A trained model beside an ink network, as the stages leave them, exported."""
    folder = Path("models/random")
    write_json(folder / "network.json", DESCRIPTION["network"])
    training = {"profile": "test", "corpora": ["none"], "unsure_below": 0.0625, "seed": 7}
    training["alphabet"] = [*RUSSIAN]
    write_json(folder / "training.json", training)
    save_file(network.parameters, folder / "fp32.safetensors")
    write_dark()
    export(Path("exported"), folder, {"none": 0.5}, params.read().export)
    return Path("exported")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_pack_says_when_an_answer_is_unsure_and_has_what_finds_ink(model, precision):
    described = pack.read(model / precision / "letters.safetensors").description
    assert described["unsure_below"] == 0.0625
    assert described["ink"] == {"network": packs.DARK, "scenes": 0, "seed": 1}
    assert described["training"] == {"corpora": ["none"], "seed": 7}
    assert described["accuracy"] == {"none": 0.5}
    # The ONNX model names letters alone.
    graph = onnx.load(model / precision / "letters.onnx").graph
    assert not [tensor.name for tensor in graph.initializer if tensor.name.startswith(pack.INK)]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_edge_finds_ink_with_an_exported_pack(model, precision):
    reader = edge.load(model / precision / "letters.safetensors", "numpy")
    page = numpy.full((120, 160), 210, numpy.uint8)
    page[30:90, 60:70] = page[80:90, 60:100] = 20
    # A frame: nothing clean.
    page[[0, -1]] = page[:, [0, -1]] = 150
    (letter,) = reader.letters_in(page)
    assert len(letter.views) > 1
    view = 255 - numpy.frombuffer(letter.views[0], numpy.uint8).reshape(28, 28).astype(int)
    # An L, upright, in the middle: two strokes, and nothing at the upper right.
    assert view[6:18, 4:13].max() > 200
    assert view[19:26, 13:20].max() > 200
    assert view[5:17, 16:].max() < 50
    prediction = reader.classify(page)
    assert prediction.sure == (prediction.probability >= 0.0625)


def test_fp16_is_the_nearest_half_precision_number_of_every_weight(network, workplace):
    trained, folder = network.parameters, Path("models/random")
    folder.mkdir(parents=True)
    save_file(trained, folder / "fp32.safetensors")
    write_dark()
    stored = stored_weights(folder)
    assert list(stored) == ["fp32", "fp16"]
    assert set(stored["fp16"]) - set(trained) == {
        f"{pack.INK}convolution_1/weights",
        f"{pack.INK}convolution_1/bias",
    }
    for name, array in trained.items():
        exact, half = stored["fp32"][name], stored["fp16"][name]
        assert (exact.dtype, half.dtype) == (numpy.float32, numpy.float16)
        numpy.testing.assert_array_equal(exact, array)
        # Half a unit in the last of eleven binary places; below 2**-14 the places are fixed.
        bound = numpy.maximum(abs(array) * 2.0**-11, 2.0**-25)
        assert (abs(half.astype(numpy.float64) - array) <= bound).all()
