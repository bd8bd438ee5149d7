"""Write docs/tests.md: for each module of the package, the test files that import it.

python -m dev.coverage_map
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from dev.paths import ROOT

PAGE = ROOT / "docs" / "tests.md"
_LAYER = ROOT / "layers" / "whenthen"
_PACKAGE = _LAYER / "whenthen"
_TESTS = ROOT / "tests"
MOST_SHOWN = 4
"""Tests that are listed for one module."""

_HEAD = """# Which test covers which module

After reading this page you know which tests to run for a change in a module. `python -m dev.coverage_map` writes it
from the imports of the tests, and a test compares it.

The folders of `tests` mirror the packages. A module without a row of its own is covered through the modules that import
it, and by the crash tests (`tests/faults`), the functions (`tests/functions`) and the deployed stack (`tests/e2e`).
"""


def page() -> str:
    """Return the page's text."""
    covered = _covered()
    parts = [_HEAD]
    for folder in sorted({path.parent for path in _modules()}):
        rows = [(path, covered.get(_name(path), ())) for path in _modules() if path.parent == folder]
        if not any(tests for _, tests in rows):
            continue
        parts.append(f"\n## {folder.relative_to(_PACKAGE).as_posix()}\n\n| module | tests |\n|---|---|\n")
        parts += [
            f"| `{path.stem}` | {', '.join(f'`{test}`' for test in sorted(tests))} |\n" for path, tests in rows if tests
        ]
    return "".join(parts)


def _listed(path: Path, tests: Collection[str]) -> str:
    """List a module's own test first, then those of its package, then others, up to MOST_SHOWN."""
    package = path.parent.relative_to(_PACKAGE).as_posix()
    first = sorted(tests, key=lambda test: (path.stem not in test, not test.startswith(f"{package}/"), test))
    more = [f"and {len(first) - MOST_SHOWN} more"] if len(first) > MOST_SHOWN else []
    return ", ".join([*(f"`{test}`" for test in first[:MOST_SHOWN]), *more])


def _modules() -> list[Path]:
    return sorted(path for path in _PACKAGE.rglob("*.py") if path.name != "__init__.py" and path.parent != _PACKAGE)


def _name(path: Path) -> str:
    return ".".join(path.relative_to(_LAYER).with_suffix("").parts)


def _covered() -> dict[str, set[str]]:
    """Return module name → the test files that import it or something of it."""
    names = {_name(path) for path in _modules()}
    covered: dict[str, set[str]] = defaultdict(set)
    for test in sorted(_TESTS.rglob("test_*.py")):
        shown = test.relative_to(_TESTS).as_posix()
        for imported in _imports(ast.parse(test.read_text(encoding="utf-8"))):
            if imported in names:
                covered[imported].add(shown)
    return covered


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
