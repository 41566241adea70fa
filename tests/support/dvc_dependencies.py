"""What a stage of a dvc.yaml depends on, and which of the code that it runs is not among that."""

import ast
import os
import re
from functools import cache, reduce
from itertools import product
from pathlib import Path

import grimp
import yaml

ROOT = Path(__file__).parents[2]
PACKAGES = {"edge": "edge/src", "pipeline": ".", "studies": "."}

# What decides no byte of a result: where files are, how parameters are checked, what is shown
# meanwhile, which machine it is. DVC knows the parameters by their values. What only these modules
# import is plumbing, too.
PLUMBING = {
    "edge.bench.hardware",
    "pipeline.cli",
    "pipeline.descriptions",
    "pipeline.errors",
    "pipeline.faults",
    "pipeline.files",
    "pipeline.parallel",
    "pipeline.params",
    "pipeline.training.interruption",
    "pipeline.training.progress",
    "studies.engine",
}


def uncovered(dvc_yaml, stage_name, module):
    """Return the source files that `module` runs through but that the stage does not depend on.

    Paths are relative to the checkout, and so is what covers them: a file, or a folder above it.
    """
    known = {Path(path) for path in resolved(dvc_yaml, stage_name)}
    return {path for path in map(source, imported(module)) if not known & {path, *path.parents}}


def resolved(dvc_yaml, stage_name, changes=None):
    """Return what a stage depends on, all items of a matrix together, relative to the checkout.

    Parameters are filled in from the files that `dvc_yaml` names and the params.yaml beside it, or
    by name from `changes`.
    """
    document, folder = _yaml(dvc_yaml), Path(dvc_yaml).parent
    stage = document["stages"][stage_name]
    stage = stage.get("do", stage)
    files = [name for name in ("params.yaml", *document.get("vars", [])) if isinstance(name, str)]
    files = [folder / name for name in files if (folder / name).exists()]
    parameters = {name: value for path in files for name, value in _yaml(path).items()}
    matrix = stage.get("matrix", {})
    found = set()
    for values in product(*matrix.values()):
        items = zip((f"item.{name}" for name in matrix), values, strict=True)
        fill = {**dict(items), **(changes or {})}

        def value(match, fill=fill):
            return str(fill.get(match[1]) or reduce(dict.get, match[1].split("."), parameters))

        for entry in stage["deps"]:
            path = folder / stage.get("wdir", "") / re.sub(r"\$\{([\w.]+)\}", value, entry)
            # A link into the studies' project stands for what it leads to.
            found.add(Path(os.path.relpath(path.resolve(), ROOT)).as_posix())
    return found


def imported(module):
    """Return the modules that `module` imports, directly or not, and itself; no plumbing.

    A package above a module runs, too, but whoever takes something from it imports it by name.
    """
    graph, found, left = _graph(), set(), [module]
    while left:
        name = left.pop()
        if name in found | PLUMBING:
            continue
        found.add(name)
        left += graph.find_modules_directly_imported_by(name)
    return {name for name in found if not _says_nothing(source(name))}


def source(module):
    """Return the file of a module, relative to the checkout."""
    path = Path(PACKAGES[module.partition(".")[0]], *module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


@cache
def _graph():
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _says_nothing(path):
    """Return whether a package's own file has no code, a docstring at most."""
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    return path.name == "__init__.py" and all(isinstance(part, ast.Expr) for part in body)


@cache
def _yaml(path):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
