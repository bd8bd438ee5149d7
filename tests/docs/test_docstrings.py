"""Docstrings begin with a verb and its object, or with a noun: never with a pronoun that leaves the reader to wait."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT

FOLDERS = ("layers/whenthen/whenthen", "functions", "dev", "benchmarks", "tests")
REFUSED = re.compile(r"(What|Whatever|Which|Whichever|Who|Whoever|Whom|One)\b")


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring: of modules, classes, functions, and of constants, which stand above it."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            for statement in statements if isinstance(statements, list) else ():
                match statement:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield statement.lineno, text.strip()


def refused(source: str) -> list[int]:
    return [line for line, text in docstrings(ast.parse(source)) if REFUSED.match(text)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_docstring_opens_with_a_pronoun(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert len(files) > 10
    found = {file.relative_to(ROOT).as_posix(): refused(file.read_text(encoding="utf-8")) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"""What it is."""', [1]),
        ('X = 1\n"""Whatever it is."""\n', [2]),
        ('class A:\n    """Who acts."""\n    x: int = 1\n    """One that acts."""\n', [2, 4]),
        ('def f():\n    """Which of them."""\n', [2]),
        ('async def f():\n    """\n    One of them.\n    """\n', [2]),
        ('"""Whole, onerous, whatsapp."""\nX = "What is no docstring"\nf("Which")\n', []),
        ('def f():\n    """Return what is there, one by one."""\n', []),
    ],
)
def test_each_place_of_a_docstring_is_looked_at(source: str, lines: list[int]) -> None:
    assert refused(source) == lines
