"""What the tests of `edge` share."""

import pytest

from tests.edge import packs


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A small pack, whose weights are random."""
    path = tmp_path_factory.mktemp("pack") / "test.safetensors"
    path.write_bytes(packs.pack())
    return path
