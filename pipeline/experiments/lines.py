"""Counting lines of Python code: without blank lines, comments and docstrings."""

import ast
import io
import tokenize
from pathlib import Path

LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def lines_of_code(source: str) -> int:
    """Count the lines that hold code; raises SyntaxError where there is none."""
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        # A docstring, or a string that stands alone just as one does.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            code.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(code)


def of_package(folder: Path) -> int:
    """Count the lines of all modules below a folder, but for tests that lie among them."""
    return sum(
        lines_of_code(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.py")
        if not path.name.endswith("_test.py")
    )
