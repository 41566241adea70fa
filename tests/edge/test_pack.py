"""The pack is a trust boundary: what is not whole and sound is refused with one short sentence."""

import json
import struct
import sys

import pytest

from edge import pack
from tests.edge import packs
from tests.edge.processes import refusal


def changed(edit):
    """Return a pack whose header was changed by `edit(header)` after it was made."""
    entries, data = packs.tensors()
    document = json.dumps(packs.description(data), ensure_ascii=False)
    header = {"__metadata__": {"pack": document}, **entries}
    edit(header)
    return packs.assemble(header, data)


def biased(**entry):
    """Return a pack whose header says this of the tensor dense_1/bias."""
    return changed(lambda h: h["dense_1/bias"].update(entry))


def renamed(name):
    """Return a pack whose tensor dense_1/bias has another name."""
    return changed(lambda h: h.update({name: h.pop("dense_1/bias")}))


def with_metadata(metadata):
    return changed(lambda h: h.update(__metadata__=metadata))


def test_letters_of_several_signs_come_in_a_list():
    letters = [*packs.LETTERS[:32], "Дж"]
    assert pack.parse(packs.pack(letters=letters)).description["letters"] == letters


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_a_whole_pack_is_read(dtype):
    opened = pack.parse(packs.pack(dtype))
    assert opened.description["letters"] == packs.LETTERS
    assert opened.tensors["dense_1/weights"].shape == (784, 5)
    assert list(pack.parameter_shapes(packs.NETWORK)) == list(packs.SHAPES)
    entries, data = packs.tensors(dtype)
    for name, entry in entries.items():
        begin, end = entry["data_offsets"]
        offset = opened.tensors[name].offset
        assert opened.data[offset : offset + end - begin] == data[begin:end]


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_a_pack_of_two_networks_is_read(dtype):
    opened = pack.parse(packs.with_ink(packs.GRAPH, dtype))
    assert opened.description["ink"] == {"network": packs.GRAPH}
    assert opened.tensors["ink/convolution_1/weights"].shape == (3, 4, 2, 5)
    assert opened.tensors["dense_1/weights"].shape == (784, 5)


def test_a_header_may_be_padded_with_spaces():
    data = packs.pack()
    end = 8 + int.from_bytes(data[:8], "little")
    padded = packs.assemble(data[8:end] + b" " * 5, data[end:])
    assert pack.parse(padded).description["profile"] == "test"


def test_a_pack_is_read_alike_where_the_interpreter_has_no_json_of_its_own(monkeypatch):
    data = packs.with_ink(packs.GRAPH)
    expected = pack.parse(data).description
    monkeypatch.setitem(sys.modules, "_json", None)
    assert pack.parse(data).description == expected
    for broken in (b'{"a": 1,}', b"{} {}", b'{"a": NaN}', b'{"a": 1, "a": 2}'):
        with pytest.raises(pack.PackError):
            pack.parse(packs.assemble(broken, b""))


def test_the_shapes_of_a_convolutional_network_follow_its_pictures():
    assert pack.parameter_shapes(packs.network("profile")) == {
        "convolution_1/weights": (1, 5, 5, 16),
        "convolution_1/bias": (16,),
        "convolution_2/weights": (16, 3, 3, 28),
        "convolution_2/bias": (28,),
        "convolution_3/weights": (28, 3, 3, 48),
        "convolution_3/bias": (48,),
        "dense_1/weights": (48 * 3 * 3, 80),
        "dense_1/bias": (80,),
        "dense_2/weights": (80, 33),
        "dense_2/bias": (33,),
    }
    rectangles = pack.layers(packs.network("rectangles"))
    shapes = [layer.output_shape for layer in rectangles]
    assert shapes == [(3, 24, 7), (3, 24, 7), (5, 9, 10), (33,)]


def test_a_network_may_read_pictures_of_several_channels():
    network = {"input_shape": [3, 8, 9], "layers": [{"type": "flatten"}]}
    (layer,) = pack.layers(network)
    assert (layer.input_shape, layer.output_shape) == ((3, 8, 9), (216,))


def layered(*layers):
    return packs.pack(network={"input_shape": [28, 28], "layers": layers})


def convolution(**options):
    return layered({"type": "convolution", "filters": 33, "kernel": 3, **options})


def finding(**network):
    """Return a pack of two networks, whose second is described so."""
    return packs.with_ink(packs.GRAPH, ink={"network": {**packs.GRAPH, **network}})


def ink_tensor(edit):
    """Return a pack of two networks whose header was changed by `edit(header)`."""
    data = packs.with_ink(packs.GRAPH)
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    edit(header)
    return packs.assemble(header, data[end:])


FLAT, DENSE = {"type": "flatten"}, {"type": "dense", "units": 33}
CONVOLUTION = {"type": "convolution", "filters": 33, "kernel": 1}

BROKEN = {
    "nothing": (b"", "header too small"),
    "seven bytes": (b"\0" * 7, "header too small"),
    "huge header": (struct.pack("<Q", 1 << 60) + b"{}", "header too large"),
    "header of 1 MB and a byte": (struct.pack("<Q", (1 << 20) + 1) + b"{}", "header too large"),
    "header of 1 MB": (struct.pack("<Q", 1 << 20) + b"{}", "cut short"),
    "header beyond the end": (struct.pack("<Q", 100) + b"{}", "cut short"),
    "header that is not an object": (packs.assemble(b"[1, 2]", b""), "invalid header start"),
    "header that is not JSON": (packs.assemble(b"{nonsense", b""), "no valid JSON"),
    "header that is not UTF-8": (packs.assemble(b'{"\xff": 1}', b""), "no valid JSON"),
    "a comma too many": (packs.assemble(b'{"a": 1,}', b""), "the header is no valid JSON"),
    "half a number": (packs.assemble(b'{"a": 1.}', b""), "the header is no valid JSON"),
    "a text of two lines": (packs.assemble(b'{"a": "\n"}', b""), "the header is no valid JSON"),
    "a header that does not end": (packs.assemble(b'{"a": 1', b""), "the header is no valid JSON"),
    "something after the header": (packs.assemble(b"{} {}", b""), "the header is no valid JSON"),
    "no description": (with_metadata({"pack": " "}), "the description is no valid JSON"),
    "a mark before the description": (with_metadata({"pack": "\ufeff{}"}), "no valid JSON"),
    "NaN in the header": (packs.assemble(b'{"a": NaN}', b""), "no JSON"),
    "half a letter": (with_metadata({"pack": '{"a": "\\u04-1"}'}), "no valid JSON"),
    "nested too deep": (packs.assemble(b'{"a":' + b"[" * 100_000, b""), "no valid JSON"),
    "duplicate keys": (packs.assemble(b'{"a": 1, "a": 2}', b""), "duplicate keys"),
    "no metadata": (changed(lambda h: h.pop("__metadata__")), "no pack"),
    "a number for metadata": (with_metadata(3), "no pack"),
    "metadata of another kind": (with_metadata({"pack": 1}), "no pack"),
    "half a letter in the description": (with_metadata({"pack": "\ud800"}), "no valid JSON"),
    "description that is not an object": (with_metadata({"pack": "[]"}), "no JSON object"),
    "unknown dtype": (biased(dtype="I64"), "dtype 'I64'"),
    "dtype of another kind": (biased(dtype=[]), "expected F16 or F32"),
    "another shape": (biased(shape=[6]), "its shape needs 12 bytes"),
    "negative shape": (biased(shape=[-5]), "shape of dense_1/bias: -5"),
    "true for a length": (biased(shape=[True]), "shape of dense_1/bias"),
    "overflowing shape": (biased(shape=[1 << 20] * 4), "its shape needs"),
    "a shape of 32 MB": (
        biased(shape=[1 << 24]),
        "its shape needs 33554432 bytes, its offsets differ",
    ),
    "a shape of endless axes": (
        biased(shape=[1 << 25] * 50_000),
        "dense_1/bias: its shape needs more than",
    ),
    "a number of many digits": (
        packs.assemble(b'{"a": ' + b"9" * 1_000_000 + b"}", b""),
        "a number of 1000000 digits in the header",
    ),
    "a name of two lines": (renamed("a\nb"), "a tensor whose name is no name"),
    "a name of 100 letters": (renamed("a" * 100), "tensor dense_1/bias: shape None"),
    "a name of 101 letters": (renamed("a" * 101), "a tensor whose name is no name"),
    "three offsets": (biased(data_offsets=[0, 1, 2]), "data_offsets"),
    "offsets backwards": (biased(data_offsets=[9, 1]), "offsets differ"),
    "overlap": (biased(data_offsets=[0, 10]), "invalid offset"),
    "missing key": (changed(lambda h: h["dense_1/bias"].pop("dtype")), "expected dtype"),
    "missing tensor": (changed(lambda h: h.pop("dense_2/bias")), "the header describes"),
    "bytes left over": (packs.pack() + b"x", "the header describes"),
    "last byte missing": (packs.pack()[:-1], "the header describes"),
    "one bit flipped": (packs.pack()[:-1] + b"\x7f", "damaged"),
    "another format": (packs.pack(format=2), "pack format 2"),
    "a letter twice": (packs.pack(letters="А" * 33), "letters"),
    "a letter twice in a list": (packs.pack(letters=["Дж"] * 33), "letters"),
    "an empty letter": (packs.pack(letters=[*packs.LETTERS[:32], ""]), "letters"),
    "a letter that is none": (packs.pack(letters=[*packs.LETTERS[:32], 7]), "letters"),
    "a letter that cannot be printed": (packs.pack(letters=packs.LETTERS[:32] + "\n"), "letters"),
    "too few letters": (packs.pack(letters="АБВ"), "for 3 letters"),
    "no letters": (packs.pack(letters=""), "for 0 letters"),
    "another input": (packs.pack(network={"input_shape": [32, 32], "layers": []}), "input_shape"),
    "no layers": (packs.pack(network={"input_shape": [28, 28]}), "layers"),
    "unknown layer": (
        layered({"type": "lambda"}),
        "'lambda_1': no type of layer that edge computes",
    ),
    "units of another kind": (layered({"type": "dense", "units": "9"}), "units"),
    "another network": (layered(DENSE), "tensor dense_1/weights"),
    "a type that is not a name": (
        layered({"type": ["dense"]}),
        "layer 1: type ['dense'], none that edge computes",
    ),
    "a layer that is not an object": (layered("dense"), "layer 1: type None, none"),
    "no units": (layered({"type": "dense"}), "dense_1: options [], expected ['units']"),
    "no kernel": (
        layered({"type": "convolution", "filters": 3}),
        "convolution_1: options ['filters'], expected ['filters', 'kernel'] and at most",
    ),
    "an unknown option": (convolution(groups=2), "options ['filters', 'groups', 'kernel']"),
    "an option of flatten": (layered({"type": "flatten", "order": "C"}), "flatten_1: options"),
    "no bias": (convolution(bias=False), "convolution_1: bias False, expected true"),
    "one for a bias": (layered({**DENSE, "bias": 1}), "dense_1: bias 1, expected true"),
    "filters of another kind": (convolution(filters=[33]), "filters: [33]"),
    "a kernel of nothing": (convolution(kernel=[3, 0]), "kernel: 0, expected a whole number"),
    "three sides of a kernel": (convolution(kernel=[3, 3, 3]), "kernel: [3, 3, 3], expected one"),
    "a kernel larger than the picture": (
        convolution(kernel=[3, 31], padding=[0, 1]),
        "kernel: (3, 31), larger than the padded picture",
    ),
    "a stride of nothing": (convolution(stride=0), "stride: 0"),
    "a stride of another kind": (convolution(stride=None), "stride: None"),
    "a fraction for a stride": (convolution(stride=1.5), "stride: 1.5"),
    "negative padding": (convolution(padding=-1), "padding: (-1, -1), expected"),
    "padding of another kind": (convolution(padding={}), "padding: ({}, {}), expected"),
    "three paddings": (convolution(padding=[1, 1, 1]), "padding: (1, 1, 1), expected"),
    "padding beyond the kernel": (
        convolution(padding=[0, 3]),
        "padding: (0, 3), expected whole numbers smaller than kernel (3, 3)",
    ),
    "a convolution after flatten": (
        layered(FLAT, CONVOLUTION),
        "convolution_1: inputs of shapes [(784,)], expected pictures of one size",
    ),
    "a convolution after dense": (layered(DENSE, CONVOLUTION), "shapes [(33,)], expected pictures"),
    "a convolution at the end": (layered(CONVOLUTION), "[] outputs for 33 letters"),
    "a flat convolution at the end": (
        layered({**CONVOLUTION, "kernel": 28}, FLAT),
        "[] outputs for 33 letters",
    ),
    "an enormous layer": (
        layered({"type": "dense", "units": 1 << 25}),
        "dense_1: more than 524288 values for one picture",
    ),
    "enormous windows": (
        convolution(kernel=1 << 25, padding=(1 << 25) - 1),
        "convolution_1: more than 524288 values",
    ),
    "enormous windows of many channels": (
        layered({**CONVOLUTION, "filters": 64}, {**CONVOLUTION, "filters": 1, "kernel": 5}),
        "convolution_2: more than 524288 values",
    ),
    "enormous pictures": (layered(*[CONVOLUTION] * 12), "convolution_11: more than"),
    "endless layers": (layered(*[{"type": "relu"}] * 10_000), "relu_668: more than"),
    "weights of another convolution": (
        layered(CONVOLUTION, DENSE),
        "tensor convolution_1/weights: shape None, the network needs (1, 1, 1, 33)",
    ),
    "a letter network of layers that only the other may have": (
        layered({"type": "upsample", "factor": 1}, DENSE),
        "upsample_1: no layer of a network that reads letters",
    ),
    "a letter network that is no row": (
        layered({**DENSE, "name": "a"}, {"type": "relu"}, {**DENSE, "inputs": "a"}),
        "dense_2: inputs of its own",
    ),
    "a letter network that goes back to its input": (
        layered({"type": "relu"}, {**DENSE, "inputs": "input"}),
        "dense_1: inputs of its own",
    ),
    "a dilation in the letter network": (convolution(dilation=2), "convolution_1: dilation (2, 2)"),
    "ink that is no object": (packs.pack(ink=[]), "ink: expected an object with a network"),
    "ink without a network": (packs.pack(ink={}), "ink: expected an object with a network"),
    "a list for an ink network": (packs.pack(ink={"network": []}), "ink: expected an object with"),
    "an ink network without an input": (packs.pack(ink={"network": {}}), "input_shape"),
    "ink in gray": (finding(input_shape=[8, 8]), "ink: input_shape [8, 8], expected [3, n, n]"),
    "ink in four colours": (finding(input_shape=[4, 8, 8]), "ink: input_shape [4, 8, 8]"),
    "ink in no square": (finding(input_shape=[3, 8, 10]), "ink: input_shape [3, 8, 10]"),
    "ink in nothing": (finding(input_shape=[]), "ink: input_shape []"),
    "ink in a fraction": (finding(input_shape=[3, 8.0, 8.0]), "ink: input_shape [3, 8.0, 8.0]"),
    "ink in true": (finding(input_shape=[3, True, True]), "ink: input_shape [3, True, True]"),
    "ink in a large picture": (finding(input_shape=[3, 130, 130]), "up to 128"),
    "ink in an odd picture": (
        finding(input_shape=[3, 9, 9], layers=[{"type": "convolution", "filters": 4, "kernel": 6}]),
        "ink: expected four outputs for each 2x2 pixels of 9x9",
    ),
    "no ink layers": (finding(layers=[]), "ink: expected four outputs for each 2x2 pixels of 8x8"),
    "ink of three outputs": (
        finding(layers=[{"type": "convolution", "filters": 3, "kernel": 5}]),
        "ink: expected four outputs",
    ),
    "ink of another size": (
        finding(layers=[{"type": "convolution", "filters": 4, "kernel": 4}]),
        "ink: expected four outputs",
    ),
    "an enormous ink network": (
        finding(layers=[{"type": "upsample", "factor": 200}]),
        "upsample_1: more than 4194304 values",
    ),
    "a missing tensor of the ink network": (
        packs.pack(ink={"network": packs.GRAPH}),
        "tensor ink/convolution_1/weights: shape None, the network needs (3, 4, 2, 5)",
    ),
    "a tensor of the ink network without its prefix": (
        ink_tensor(lambda h: h.update({"convolution_2/bias": h.pop("ink/convolution_2/bias")})),
        "tensor ink/convolution_2/bias: shape None",
    ),
    "a tensor of the ink network of another shape": (
        ink_tensor(lambda h: h["ink/convolution_1/weights"].update(shape=[3, 2, 4, 5])),
        "tensor ink/convolution_1/weights: shape (3, 2, 4, 5), the network needs (3, 4, 2, 5)",
    ),
    "a tensor of the ink network of another dtype": (
        ink_tensor(lambda h: h["ink/convolution_1/bias"].update(dtype="F32")),
        "tensor ink/convolution_1/bias: its shape needs 20 bytes",
    ),
    "a bit of the ink network flipped": (
        packs.with_ink(packs.GRAPH)[:-1] + b"\x7f",
        "damaged: the tensors do not match",
    ),
    "a language that is no object": (packs.with_language(language=[]), "language: expected a step"),
    "a language that is null": (packs.with_language(language=None), "language: expected a step"),
    "a language without a step": (packs.with_language(language={}), "language: expected a step"),
    "a language of a step of 0": (
        packs.with_language(language={"step": 0.0}),
        "above 0, at most 1",
    ),
    "a language of a long step": (
        packs.with_language(language={"step": 1.5}),
        "above 0, at most 1",
    ),
    "a language of a whole step": (packs.with_language(language={"step": 1}), "above 0, at most 1"),
    "a language of no weight": (
        packs.with_language(language={"step": 0.1, "weight": 0.0, "usual": 1.0}),
        "expected a weight that is a number above 0, at most 10",
    ),
    "a language without a usual cost": (
        packs.with_language(language={"step": 0.1, "weight": 0.5}),
        "expected a usual that is a number above 0, at most 20",
    ),
    "a language without its tensor": (
        packs.pack(language={"step": 0.0625, "weight": 0.5, "usual": 2.0}),
        "tensor language/costs: shape None, the language needs (34, 34, 34)",
    ),
    "the language of another alphabet": (
        packs.with_language(bytes(8), costs_shape=[2, 2, 2]),
        "tensor language/costs: shape (2, 2, 2), the language needs (34, 34, 34)",
    ),
    "a language in floating-point numbers": (
        packs.with_language(bytes(2 * 34**3), costs_dtype="F16"),
        "tensor language/costs: dtype 'F16', expected U8",
    ),
    "weights in bytes": (
        biased(dtype="U8", shape=[10]),
        "dense_1/bias: dtype 'U8', expected F16 or",
    ),
    "a cost flipped": (packs.with_language()[:-1] + b"\x7f", "damaged: the tensors do not match"),
    "an unsure share beyond all": (packs.pack(unsure_below=1.5), "unsure_below: 1.5, expected"),
    "an unsure share below all": (packs.pack(unsure_below=-0.1), "unsure_below: -0.1"),
    "a whole number for an unsure share": (packs.pack(unsure_below=1), "unsure_below: 1, expected"),
    "a text for an unsure share": (packs.pack(unsure_below="0.5"), "unsure_below: '0.5'"),
    "no training": (packs.pack(training=None), "training"),
    "accuracy beyond all": (packs.pack(accuracy={"scans": 7.0}), "accuracy"),
    "accuracy of another kind": (packs.pack(accuracy={"scans": "good"}), "accuracy"),
}


@pytest.mark.parametrize(("data", "cause"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pack_is_refused_with_its_cause(data, cause):
    with pytest.raises(pack.PackError) as caught:
        pack.parse(data)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)


KINDS = {
    "a letter": packs.pack(),
    "a letter and ink": packs.with_ink(packs.GRAPH),
    "a letter and a language": packs.with_language(),
}
of_all_kinds = pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)


@of_all_kinds
def test_every_prefix_is_refused(data):
    for length in [*range(0, 600, 7), *range(600, len(data), 503)]:
        with pytest.raises(pack.PackError):
            pack.parse(data[:length])


def test_a_file_larger_than_a_pack_may_be_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "MAXIMUM_BYTES", 1000)
    path = tmp_path / "large"
    path.write_bytes(bytes(2000))
    with pytest.raises(pack.PackError, match="larger than a pack may be"):
        pack.read(path)


def test_a_pack_has_at_most_32_megabytes():
    with pytest.raises(pack.PackError, match="invalid header start"):
        pack.parse(bytes(32 << 20))
    with pytest.raises(pack.PackError, match=r"larger than a pack may be \(33554432 bytes\)"):
        pack.parse(bytes((32 << 20) + 1))


@of_all_kinds
def test_any_single_changed_byte_is_refused_or_changes_only_the_text(data):
    for position in range(0, len(data), 11):
        damaged = bytearray(data)
        damaged[position] ^= 0x55
        try:
            opened = pack.parse(bytes(damaged))
        except pack.PackError:
            continue
        # The digest covers the tensors, not the description around them.
        assert position < 8 + int.from_bytes(data[:8], "little")
        assert opened.tensors


def test_half_a_letter_is_refused_by_a_process_that_has_not_imported_json(tmp_path):
    # The interpreter's scanner then raises another error.
    (tmp_path / "half").write_bytes(with_metadata({"pack": '{"a": "\\u04-1"}'}))
    line = refusal("classify", tmp_path / "letter.png", "--model", tmp_path / "half")
    assert line.endswith("half: the description is no valid JSON")
