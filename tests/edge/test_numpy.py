"""Where NumPy is missing or cannot be imported, `edge` says so, and goes on without it."""

import sys

import pytest

import edge
from edge.server import Server
from tests.edge.drawings import LETTER, drawing
from tests.edge.png_writer import gray as png
from tests.edge.processes import edge as run
from tests.edge.processes import without_numpy

ADVICE = """
try:
    raise ImportError('libopenblas.so.0: cannot open shared object file')
except ImportError as error:
    raise ImportError('IMPORTANT: PLEASE READ THIS\\n\\nFOR ADVICE') from error
"""

# A module in place of NumPy, and the line that is shown.
BROKEN = {
    "missing": (
        "raise ModuleNotFoundError(\"No module named 'numpy'\")",
        "No module named 'numpy'",
    ),
    "a library missing": (ADVICE, "libopenblas.so.0: cannot open shared object file"),
    "of another processor": (
        "raise RuntimeError('NumPy was built with\\nbaseline optimizations')",
        "NumPy was built with baseline optimizations",
    ),
    "a user's own file": ("", "No module named 'numpy.lib'; 'numpy' is not a package"),
}


@pytest.fixture
def letters(tmp_path):
    paths = []
    for number in range(20):
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(png(60, 60, drawing(60, 60, (5, 5, 20 + number, 50))))
    # A large one, which NumPy would decode more quickly.
    paths.append(tmp_path / "large.png")
    paths[-1].write_bytes(png(1400, 1400, drawing(1400, 1400, (100, 100, 700, 1200))))
    return paths


@pytest.mark.parametrize("kind", BROKEN)
def test_many_pictures_are_read_without_numpy(kind, letters, pack, tmp_path):
    (tmp_path / "module").mkdir()
    module, why = BROKEN[kind]
    broken = without_numpy(tmp_path / "module", module)
    result = run("classify", *letters, "--model", pack, **broken)
    assert (result.returncode, result.stderr.decode()) == (0, "")
    assert len(result.stdout.splitlines()) == len(letters)
    result = run("classify", *letters, "--model", pack, "--backend", "numpy", **broken)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.decode() == f"edge: --backend numpy: NumPy cannot be imported ({why})\n"


def test_a_numpy_that_is_there_is_used_for_many(letters, pack):
    pytest.importorskip("numpy")
    with_numpy = run("classify", *letters, "--model", pack, "--backend", "numpy")
    assert run("classify", *letters, "--model", pack).stdout == with_numpy.stdout


def test_the_server_warms_up_without_numpy(pack, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with Server("127.0.0.1", 0, edge.load(pack, "pure")) as server:
        server.warm_up()
        assert server.classifier.backend == "pure"
        assert server.classifier.classify(LETTER)
