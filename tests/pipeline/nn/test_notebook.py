"""The notebook docs/first-network.ipynb: its cells run, and it has the outputs of such a run."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from pipeline.data.archives import mirrors
from tests.support.workplace import ROOT, environment

NOTEBOOK = ROOT / "docs/first-network.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
IN_REACH = [place for place in mirrors() if (ROOT / place / "mnist").exists()]

# What Jupyter gives the cells besides Python: a `display`, here one that says what it was told.
JUPYTER = """
import builtins, json
builtins.display = lambda figure, **options: print("display", json.dumps(options))
"""


def test_it_goes_from_mnist_to_a_letter(tmp_path):
    if not IN_REACH:
        pytest.skip("MNIST is not in BUKVA_MIRROR or ../shared/data")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/letter.png", tmp_path / "docs")
    code = "\n".join("".join(cell["source"]) for cell in CODE)
    assert "EPOCHS = 8" in code
    changes = {"BUKVA_MIRROR": str(ROOT / IN_REACH[0]), "MPLBACKEND": "Agg"}
    result = subprocess.run(
        [sys.executable, "-c", JUPYTER + code.replace("EPOCHS = 8", "EPOCHS = 2")],
        cwd=tmp_path / "docs",
        env=environment() | changes | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    said = result.stdout
    assert [json.loads(each) for each in re.findall(r"^display (.*)", said, flags=re.M)] == [
        {"display_id": "curve", "update": False},
        {"display_id": "curve", "update": True},
    ]
    (right,) = re.findall(r"^([\d.]+)% right", said, flags=re.M)
    assert float(right) > 94
    # The loaded network reads as the saved one, and `edge` reads the letter.
    assert re.search(r"^True\nЩ, \d+% sure\nas a digit: \d\n\Z", said, flags=re.M)
    assert (tmp_path / "studies/data/digits.safetensors").exists()


def test_it_has_the_outputs_of_a_run_from_the_first_cell_to_the_last():
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    outputs = [output for cell in CODE for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 4
    assert NOTEBOOK.stat().st_size < 200_000
    assert not re.search(r"/(home|root|tmp|Users)/", NOTEBOOK.read_text(encoding="utf-8"))


def test_its_links_lead_somewhere():
    prose = "".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", prose)
    assert links
    assert all((ROOT / "docs" / link).exists() for link in links)
