"""What the tests of `edge bench` share."""

import json

import pytest

from tests.edge.bench.archives import npy, npz
from tests.edge.processes import edge as run


@pytest.fixture(scope="module")
def results(pack, tmp_path_factory):
    """What `edge bench --json` says of five letters, all of class 0."""
    path = tmp_path_factory.mktemp("bench") / "letters.npz"
    npz(path, npy(shape="(5, 28, 28)", data=bytes(5 * 784)), npy("'<i8'", "(5,)", bytes(40)))
    result = run("bench", "--json", "--images", path, "--model", pack)
    assert (result.returncode, result.stderr) == (0, b"")
    return json.loads(result.stdout)
