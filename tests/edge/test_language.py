"""What a language expects of letters is read as the pack has it, without NumPy."""

import json

import pytest

from edge import language, pack
from edge.teaching import taught_pack
from tests.edge import packs
from tests.edge.drawings import CROSS
from tests.edge.processes import edge, python, without_numpy


def test_a_cost_is_a_byte_of_the_pack_in_steps():
    stored = bytes(number % 256 for number in range(34**3))
    costs = language.costs(pack.parse(packs.with_language(stored, "F32")))
    assert (costs.data, costs.step, costs.symbols, costs.boundary) == (stored, 0.0625, 34, 33)
    for a, b, c in [(0, 0, 0), (33, 33, 33), (33, 33, 7), (4, 33, 0), (1, 2, 3)]:
        assert costs.cost(a, b, c) == ((a * 34 + b) * 34 + c) % 256 / 16


def test_a_pack_of_no_language_has_no_costs():
    assert language.costs(pack.parse(packs.pack())) is None


def test_costs_are_read_without_numpy(tmp_path):
    path = tmp_path / "pack"
    path.write_bytes(packs.with_language(b"\x05" * 34**3))
    program = (
        "import sys\nfrom edge import language, pack\n"
        "print(language.costs(pack.read(sys.argv[1])).cost(1, 2, 33))"
    )
    result = python("-c", program, path, **without_numpy(tmp_path))
    assert (result.stdout, result.stderr) == (b"0.3125\n", b"")


def test_info_says_which_language_a_pack_expects(tmp_path):
    path = tmp_path / "pack"
    said = {"name": "Russian", "source": "a list", "license": "free", "step": 0.0625}
    said |= {"weight": 0.5, "usual": 2.0}
    path.write_bytes(packs.with_language(language=said))
    lines = edge("info", "--model", path).stdout.decode().splitlines()
    (line,) = (line for line in lines if line.startswith("language"))
    assert (
        line.split(None, 1)[1]
        == "name Russian, source a list, license free, step 0.0625, weight 0.5, usual 2.0"
    )
    told = json.loads(edge("info", "--json", "--model", path).stdout)
    assert told["language"] == said
    path.write_bytes(packs.pack())
    assert "language" not in edge("info", "--model", path).stdout.decode()


def test_a_taught_pack_keeps_its_language():
    numpy = pytest.importorskip("numpy")
    opened = pack.parse(packs.with_language())
    parameters = {"dense_2/bias": numpy.ones(33)}
    taught = pack.parse(taught_pack.written(opened, parameters, opened.description))
    assert language.costs(taught) == language.costs(opened)
    assert taught.description["language"] == opened.description["language"]


def test_letters_are_read_with_a_language_as_without(tmp_path):
    letter = tmp_path / "letter.pgm"
    letter.write_bytes(b"P5 90 60 255\n" + CROSS)
    results = []
    for number, data in enumerate([packs.pack(), packs.with_language()]):
        path = tmp_path / str(number)
        path.write_bytes(data)
        for backend in ("pure", "numpy"):
            command = ("classify", letter, "--json", "--model", path, "--backend", backend)
            results.append(edge(*command).stdout)
    assert results[0]
    assert results[:2] == results[2:]
