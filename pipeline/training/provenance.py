"""What decides a computed result besides its parameters and its data."""

import ast
import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy


def computed_with() -> dict[str, str]:
    """Return NumPy's version, and its BLAS."""
    # The one that NumPy was built with: which others are loaded depends on what else is imported.
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"numpy": numpy.__version__, "blas": f"{blas['name']} {blas['version']}"}


def code_of(names: Iterable[str]) -> str:
    """Return a digest of what modules do: of their code without comments and docstrings.

    A package stands for all the modules in it.
    """
    code = hashlib.sha256()
    for name in names:
        path = Path(find_spec(name).origin)
        whole = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
        for file in whole:
            tree = ast.parse(file.read_bytes())
            for node in ast.walk(tree):
                if isinstance(body := getattr(node, "body", None), list):
                    node.body = [part for part in body if not _says_only(part)]
            code.update(f"{name} {file.name} {ast.dump(tree)}\n".encode())
    return code.hexdigest()


def _says_only(part: ast.AST) -> bool:
    """Return whether a statement is a string that nothing uses: a docstring."""
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )
