"""What the tests of `edge` share."""

import pytest

from tests.edge import packs


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A small pack, whose weights are random."""
    path = tmp_path_factory.mktemp("pack") / "test.safetensors"
    path.write_bytes(packs.pack())
    return path


@pytest.fixture(scope="module")
def dark_pack(tmp_path_factory):
    """A small pack whose ink is what is darker than the rest of a picture."""
    path = tmp_path_factory.mktemp("pack") / "dark.safetensors"
    path.write_bytes(packs.dark())
    return path
