"""Write docs/tests.md: for each module of the package, the tests that import it, or that import what uses it.

python -m dev.coverage_map
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from dev.paths import ROOT

PAGE = ROOT / "docs" / "tests.md"
_LAYER = ROOT / "layers" / "whenthen"
_PACKAGE = _LAYER / "whenthen"
_TESTS = ROOT / "tests"
_FUNCTIONS = ROOT / "functions"
Names = Mapping[str, Collection[str]]

MOST_SHOWN = 4
"""Tests that are listed for one module."""

BY_NAME: Mapping[str, tuple[str, ...]] = {
    "whenthen.runtime.wiring.channels": ("whenthen.channels.*.wiring",),
    "whenthen.domain.rules.actions": ("whenthen.channels.registry",),
    "whenthen.api.app": ("whenthen.api.routes.*",),
}
"""Module → the modules that it loads by their names."""

_HEAD = """# Which test covers which module

After reading this page you know which tests to run for a change in a module. `python -m dev.coverage_map` writes it
from imports, and a test compares it.

The folders of `tests` mirror the packages. A module's own test stands first. A module that no test imports is used by
the tests of another one, or by a helper of tests, which the row names after "through". The crash tests (`tests/faults`)
and the deployed stack (`tests/e2e`) cover modules of all packages.
"""


def page() -> str:
    """Return the page's text: one table for each package, one row for each module."""
    covered, users = _covered(), _users()
    parts = [_HEAD]
    for folder in sorted({path.parent for path in modules()}):
        parts.append(f"\n## {folder.relative_to(_PACKAGE).as_posix()}\n\n| module | tests |\n|---|---|\n")
        parts += [_row(path, covered, users) for path in modules() if path.parent == folder]
    return "".join(parts)


def _row(path: Path, covered: Names, users: Names) -> str:
    name = name_of(path)
    if covered.get(name):
        return f"| `{path.stem}` | {_listed(path, covered[name])} |\n"
    through = nearest(name, covered, users)
    # A module that few tests import may be in the hands of a helper that many tests share.
    helpers = {helper for user in through for helper in users.get(user, ()) if helper.startswith("tests.")}
    tests = {test for user in {*through, *helpers} for test in covered.get(user, ())}
    by = ", ".join(f"`{user.removeprefix('whenthen.')}`" for user in sorted(through)[:MOST_SHOWN])
    return f"| `{path.stem}` | {_listed(path, tests)}, through {by} |\n"


def nearest(name: str, covered: Names, users: Names) -> Collection[str]:
    """Return the modules and helpers with tests that use this one over the fewest imports. Raises LookupError."""
    seen, ring = {name}, {name}
    while ring:
        ring = {user for each in ring for user in users.get(each, ())} - seen
        found = {each for each in ring if covered.get(each)}
        if found:
            return found
        seen |= ring
    raise LookupError(f"no test covers {name}")


def _listed(path: Path, tests: Collection[str]) -> str:
    """List a module's own test first, then those of its package, then others, up to MOST_SHOWN."""
    package = path.parent.relative_to(_PACKAGE).as_posix()
    first = sorted(tests, key=lambda test: (path.stem not in test, not test.startswith(f"{package}/"), test))
    more = [f"and {len(first) - MOST_SHOWN} more"] if len(first) > MOST_SHOWN else []
    return ", ".join([*(f"`{test}`" for test in first[:MOST_SHOWN]), *more])


def modules() -> list[Path]:
    """List the modules of all packages. An `__init__` counts if it holds more than imports and its docstring."""
    return sorted(path for path in _PACKAGE.rglob("*.py") if path.parent != _PACKAGE and _holds_code(path))


def _holds_code(path: Path) -> bool:
    if path.name != "__init__.py":
        return True
    return any(isinstance(node, ast.ClassDef | ast.FunctionDef) for node in _tree(path).body)


def name_of(path: Path) -> str:
    """Return the dotted name of a module, or of the package of an `__init__`."""
    return ".".join(path.relative_to(_LAYER).with_suffix("").parts).removesuffix(".__init__")


def _covered() -> dict[str, set[str]]:
    """Return module → the test files that import it or something of it, or that stand in its place under its name.

    Tests of routes and of whole runs call a module through a client. A function's handler is a module here, such as
    `functions.match_rules`.
    """
    helpers = _helpers()
    names = {name_of(path) for path in modules()} | helpers.keys()
    covered: dict[str, set[str]] = defaultdict(set)
    for test in sorted(_TESTS.rglob("test_*.py")):
        shown = test.relative_to(_TESTS).as_posix()
        for imported in _imports(_tree(test)):
            if imported in names:
                covered[imported].add(shown)
    for conftest, path in helpers.items():
        if path.name == "conftest.py":
            covered[conftest] |= {each.relative_to(_TESTS).as_posix() for each in path.parent.rglob("test_*.py")}
    named = {name_of(path): path.relative_to(_PACKAGE).parent / f"test_{path.stem}.py" for path in modules()}
    named |= {f"functions.{path.parent.name}": Path(f"functions/test_{path.parent.name}.py") for path in _functions()}
    for name, test in named.items():
        if (_TESTS / test).exists():
            covered[name].add(test.as_posix())
    return covered


def _users() -> dict[str, set[str]]:
    """Return module → the modules and functions that import it, or load it by its name."""
    names = {name_of(path) for path in modules()}
    users: dict[str, set[str]] = defaultdict(set)
    importers = [(name_of(path), path) for path in _PACKAGE.rglob("*.py")]
    importers += [(f"functions.{path.parent.name}", path) for path in _functions()]
    importers += _helpers().items()
    for importer, path in importers:
        for imported in _imports(_tree(path)):
            users[imported].add(importer)
    for loader, patterns in BY_NAME.items():
        for loaded in _fitting(patterns, names):
            users[loaded].add(loader)
    return users


def _fitting(patterns: Iterable[str], names: Collection[str]) -> Iterator[str]:
    for pattern in patterns:
        before, _, after = pattern.partition("*")
        yield from (name for name in names if name.startswith(before) and name.endswith(after))


def _helpers() -> dict[str, Path]:
    """Return the modules of the tests that are no tests: fakes, stacks, fixtures."""
    paths = (path for path in sorted(_TESTS.rglob("*.py")) if not path.name.startswith("test_"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}


def _functions() -> list[Path]:
    return sorted(_FUNCTIONS.glob("*/app.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


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
