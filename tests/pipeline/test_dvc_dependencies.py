"""DVC runs a stage anew when any code changes that decides what the stage writes."""

import pytest
import yaml

from tests.support.dvc_dependencies import PLUMBING, ROOT, imported, resolved, source, uncovered

DVC_YAML = ROOT / "dvc.yaml"
STAGES = list(yaml.safe_load(DVC_YAML.read_text(encoding="utf-8"))["stages"])


def test_every_stage_of_dvc_has_a_module_of_its_name():
    modules = {path.stem for path in (ROOT / "pipeline/stages").glob("*.py")}
    assert {*STAGES, "__init__"} == modules


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_code_that_it_runs_through(stage):
    assert uncovered(DVC_YAML, stage, f"pipeline.stages.{stage}") == set()


def test_all_code_that_a_stage_depends_on_exists():
    listed = set().union(*(resolved(DVC_YAML, stage) for stage in STAGES))
    code = {path for path in listed if path.split("/")[0] in ("edge", "pipeline")}
    assert len(code) > 10
    assert [path for path in code if not (ROOT / path).exists()] == []


def test_code_that_is_not_listed_is_found():
    """The stage `split` does not depend on what draws the report."""
    found = {path.as_posix() for path in uncovered(DVC_YAML, "split", "pipeline.stages.report")}
    assert {"pipeline/stages/report.py", "pipeline/report/plots/svg.py"} <= found
    # What both import is covered, by itself or by the folder that it is in.
    assert not found & {"pipeline/data/letters.py", "pipeline/data/corpora/comnist.py"}


def test_plumbing_exists_and_is_not_counted():
    modules = imported("pipeline.cli") | imported("pipeline.stages.train")
    assert not modules & PLUMBING
    assert "pipeline.data.letters" in modules
    for module in PLUMBING:
        assert (ROOT / source(module)).exists(), module
