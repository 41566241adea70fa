"""The pack and the ONNX model compute what the trained network computes."""

import json
import zlib
from pathlib import Path

import numpy
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import edge
from edge import language, pack
from edge import network as edge_network
from edge.classifier import Letter
from edge.ink import ink
from pipeline import params
from pipeline.data.alphabet import RUSSIAN
from pipeline.errors import PipelineError
from pipeline.export import (
    PRECISIONS,
    STEP,
    export,
    on_grid,
    stored_weights,
    write_onnx,
    write_pack,
)
from pipeline.files import LANGUAGE, write_json
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
@pytest.mark.parametrize("name", packs.ROWS)
def test_every_runtime_computes_every_layer_as_the_trained_network_does(
    name, dtype, images, workplace
):
    description = {**DESCRIPTION, "network": packs.network(name)}
    initial = Network(description["network"], numpy.random.default_rng(1), bias_initializer=normal)
    for parameter, array in initial.parameters.items():
        if parameter.startswith(("batch_normalization", "prelu")):
            array[...] = numpy.random.default_rng(3).uniform(0.1, 2, array.shape)
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


@pytest.mark.parametrize("dtype", [numpy.float32, numpy.float16])
@pytest.mark.parametrize("name", packs.CONVOLUTIONS)
def test_what_opencv_needs_changes_no_bit_of_what_onnx_runtime_gives(
    name, dtype, images, workplace
):
    description = {**DESCRIPTION, "network": packs.network(name)}
    initial = Network(description["network"], numpy.random.default_rng(1), bias_initializer=normal)
    weights = {name: array.astype(dtype) for name, array in initial.parameters.items()}
    write_onnx(Path("a.onnx"), description, weights, params.read().export)
    model = onnx.load("a.onnx")
    assert {node.op_type for node in model.graph.node} & {"Reshape", "Unsqueeze"} == {"Reshape"}
    expected = read("a.onnx", images=images)
    # The plainest graph: an axis is added, and matrices are as they were trained.
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    stored["shape"].CopyFrom(numpy_helper.from_array(numpy.int64([1]), "shape"))
    for node in model.graph.node:
        if node.op_type == "Reshape":
            node.op_type = "Unsqueeze"
        if node.op_type == "Gemm":
            assert [(option.name, option.i) for option in node.attribute] == [("transB", 1)]
            del node.attribute[:]
            matrix = stored[node.input[1].removesuffix("/fp32")]
            turned = numpy.ascontiguousarray(numpy_helper.to_array(matrix).T)
            matrix.CopyFrom(numpy_helper.from_array(turned, matrix.name))
    del model.graph.value_info[:]
    onnx.save(model, "plain.onnx")
    numpy.testing.assert_array_equal(read("plain.onnx", images=images), expected)


@pytest.mark.parametrize("name", [None, *packs.CONVOLUTIONS])
def test_a_model_of_ink_has_no_integers_and_gives_every_bit_of_the_model_of_pictures(
    name, images, workplace
):
    described = packs.network(name) if name else DESCRIPTION["network"]
    description = {**DESCRIPTION, "network": described}
    weights = Network(description["network"], numpy.random.default_rng(1)).parameters
    write_onnx(Path("a.onnx"), description, weights, params.read().export)
    write_onnx(Path("a.float.onnx"), description, weights, params.read().export, "ink")
    ink = 1 - images[:, None].astype(numpy.float32) / 255
    shares = read("a.float.onnx", ink=ink)
    numpy.testing.assert_array_equal(shares, read("a.onnx", images=images))
    graph = onnx.load("a.float.onnx").graph
    (given,) = graph.input
    assert [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim] == [
        *("n", 1, 28, 28)
    ]
    types = {tensor.data_type for tensor in graph.initializer}
    assert types | {given.type.tensor_type.elem_type} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize(("name", "source"), [("letters", "images"), ("letters.float", "ink")])
def test_the_weights_of_fp32_models_are_found_by_tools_that_store_them_in_bytes(
    name, source, images, workplace
):
    description = {**DESCRIPTION, "network": packs.network("profile")}
    weights = Network(description["network"], numpy.random.default_rng(1)).parameters
    write_onnx(Path("a.onnx"), description, weights, params.read().export, source)
    quantize_dynamic("a.onnx", "b.onnx", weight_type=QuantType.QUInt8)
    assert 3 * Path("b.onnx").stat().st_size < Path("a.onnx").stat().st_size
    ink = 1 - images[:, None].astype(numpy.float32) / 255
    given = {source: {"images": images, "ink": ink}[source]}
    assert abs(read("b.onnx", **given) - read("a.onnx", **given)).max() < 0.05


def read(path, **given):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, given)[0]


def test_the_shapes_between_the_layers_are_in_the_onnx_model(network, workplace):
    """But for the number of pictures: tract takes none that differs from a name."""
    description = {**DESCRIPTION, "network": packs.network("profile")}
    initial = Network(description["network"], numpy.random.default_rng(1))
    write_onnx(Path("a.onnx"), description, initial.parameters, params.read().export)
    graph = onnx.load("a.onnx").graph
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in graph.value_info
    }
    assert shapes["picture"] == [0, 1, 28, 28]
    assert shapes["convolution_1"] == [0, 16, 12, 12]
    assert shapes["relu_2"] == [0, 28, 6, 6]
    assert shapes["convolution_3"] == [0, 48, 3, 3]
    assert shapes["flatten_1"] == [0, 48 * 3 * 3]
    stored = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    assert stored["convolution_2/weights"] == [28, 16, 3, 3]
    assert stored["dense_1/weights"] == [80, 48 * 3 * 3]


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
    assert (model.producer_name, model.producer_version) == ("bukva", edge.__version__)
    assert "handwritten letter" in model.graph.doc_string
    assert "0 is black, 255 white" in given.doc_string
    assert " ".join(RUSSIAN) in result.doc_string
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
    # The ONNX models name letters alone.
    exported = sorted((model / precision).glob("*.onnx"))
    names = {"fp32": ["letters.float.onnx", "letters.onnx"], "fp16": ["letters.onnx"]}
    assert [path.name for path in exported] == names[precision]
    for opened in map(onnx.load, exported):
        stored = [tensor.name for tensor in opened.graph.initializer]
        assert not [name for name in stored if name.startswith(pack.INK)]
        said = {entry.key: entry.value for entry in opened.metadata_props}
        assert said["sha256"] == described["sha256"]


@pytest.fixture
def learned(model):
    """Costs of letters, as the stage `language` leaves them beside the model, and what they are."""
    costs = numpy.arange(34**3).astype(numpy.uint8).reshape(34, 34, 34)
    document = {
        "name": "Russian",
        "source": "a list",
        "license": "free",
        "step": 0.0625,
        "weight": 0.5,
        "usual": 2.0,
    }
    write_json(LANGUAGE / "language.json", {"letters": RUSSIAN, **document})
    numpy.save(LANGUAGE / "costs.npy", costs)
    return costs, document


def exported_with_language():
    export(Path("again"), Path("models/random"), {"none": 0.5}, params.read().export, LANGUAGE)
    return [pack.read(Path("again") / each / "letters.safetensors") for each in PRECISIONS]


def test_what_a_language_expects_goes_into_the_packs_alone(learned, model):
    costs, document = learned
    for opened in exported_with_language():
        assert opened.description["language"] == document
        found = language.costs(opened)
        assert (found.data, found.step) == (costs.tobytes(), 0.0625)
        assert found.cost(1, 2, 3) == costs[1, 2, 3] / 16
        # The weights are what they are without it.
        (without,) = (
            one
            for one in (pack.read(model / each / "letters.safetensors") for each in PRECISIONS)
            if one.tensors["dense_1/bias"].dtype == opened.tensors["dense_1/bias"].dtype
        )
        theirs, ours = edge_network.parameters(without), edge_network.parameters(opened)
        assert theirs.keys() == ours.keys()
        assert all((theirs[name] == ours[name]).all() for name in ours)
    for path in Path("again").rglob("*.onnx"):
        with_it, before = (onnx.load(each) for each in (path, model / path.relative_to("again")))
        assert with_it.graph == before.graph
        # They name the pack that they belong to.
        changed = [a.key for a in with_it.metadata_props if a not in [*before.metadata_props]]
        assert changed == ["sha256"]


@pytest.mark.parametrize("letters", [RUSSIAN[::-1], RUSSIAN[:32], [*RUSSIAN[:32], "Дж"]])
def test_the_language_of_another_alphabet_is_left_out(letters, learned):
    document = {**json.loads((LANGUAGE / "language.json").read_text()), "letters": letters}
    write_json(LANGUAGE / "language.json", document)
    for opened in exported_with_language():
        assert "language" not in opened.description
        assert language.costs(opened) is None


def test_no_language_was_wanted_or_its_stage_has_not_run(model):
    with pytest.raises(PipelineError, match="models/language: not found; run the stage `language`"):
        exported_with_language()
    LANGUAGE.mkdir()
    assert [language.costs(opened) for opened in exported_with_language()] == [None, None]


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


def test_fp16_has_every_bias_and_every_weight_on_a_grid_of_its_output(network, workplace):
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
        expected = array if array.ndim < 2 else on_grid(array)
        # Half a unit in the last of eleven binary places; below 2**-14 the places are fixed.
        bound = numpy.maximum(abs(expected) * 2.0**-11, 2.0**-25)
        assert (abs(half.astype(numpy.float64) - expected) <= bound).all()


@pytest.mark.parametrize("shape", [(720, 160), (24, 3, 3, 48), (1, 5, 5, 24)])
def test_weights_on_a_grid_are_even_steps_exact_at_fp16_and_add_up_as_before(shape):
    rng = numpy.random.default_rng(1)
    # Outputs of very different size, as they are once a batch normalization is folded in.
    scales = numpy.exp(rng.normal(0, 1, shape[-1]))
    weights = (0.05 * scales * rng.standard_normal(shape)).astype(numpy.float32)
    placed = on_grid(weights)
    assert (placed.dtype, placed.shape) == (numpy.float32, shape)
    assert numpy.array_equal(placed, placed.astype(numpy.float16))
    weights, placed = (each.reshape(-1, shape[-1]).T for each in (weights, placed))
    for exact, rounded in zip(weights, placed, strict=True):
        step = 2.0 ** round(numpy.log2(STEP * exact.std()))
        assert (rounded % step == 0).all()
        sums = numpy.cumsum(rounded, dtype=float) - numpy.cumsum(exact, dtype=float)
        assert abs(sums).max() <= step / 2 + 1e-6


def test_weights_on_a_grid_pack_into_less_than_half_of_the_bytes():
    weights = numpy.random.default_rng(1).normal(0, 0.03, (720, 160)).astype(numpy.float32)
    half, placed = (
        len(zlib.compress(each.astype(numpy.float16))) for each in (weights, on_grid(weights))
    )
    assert placed < half / 2


def test_an_output_without_weights_stays_without():
    weights = numpy.zeros((4, 3), numpy.float32)
    weights[:, 1] = 0.5
    assert numpy.array_equal(on_grid(weights), weights)
