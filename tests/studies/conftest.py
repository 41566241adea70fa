"""What the tests of the studies share as fixtures."""

from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.support import studies as support
from tests.support.workplace import ROOT


@pytest.fixture
def studies(workplace):
    """Run `python -m studies ARGUMENTS` in the workplace."""
    return partial(support.program, "studies")


@pytest.fixture
def refused(workplace):
    """Run a command of the studies that fails, and return the one line that says why."""
    return partial(support.refused, "studies")


@pytest.fixture
def set_study(workplace):
    """Write the `params.yaml` of a study: as committed, with whole sections replaced."""

    def write(study, **sections):
        path = Path("studies") / study / "params.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        committed = ROOT / path
        document = yaml.safe_load(committed.read_text("utf-8")) if committed.exists() else {}
        path.write_text(yaml.safe_dump(document | sections), encoding="utf-8")

    return write
