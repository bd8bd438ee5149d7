"""Rules, views and sources that the project holds: those of the demo, the docs and the tests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dev.paths import ROOT


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value that is written as a rule."""
    if isinstance(value, dict):
        if "trigger" in value and "name" in value:
            yield value
        for item in value.values():
            yield from _documents(item)
    elif isinstance(value, list):
        for item in value:
            yield from _documents(item)


def _literals(source: str) -> Iterator[Any]:
    """Every dict display of a Python file that is made of constants alone."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            try:
                yield ast.literal_eval(node)
            except ValueError:
                continue


def _blocks(text: str) -> Iterator[Any]:
    """Every block of JSON in a page."""
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        try:
            yield json.loads(block)
        except ValueError:
            continue


@cache
def found_rules() -> Mapping[str, dict[str, Any]]:
    """Everything that is written as a rule in the demo, the docs and the tests, by where it stands."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((ROOT / "dev" / "demo" / "rules").glob("*.json")):
        found[path.name] = json.loads(path.read_text(encoding="utf-8"))
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for path in pages:
        for place, rule in enumerate(
            r for block in _blocks(path.read_text(encoding="utf-8")) for r in _documents(block)
        ):
            found[f"{path.name} {place}"] = rule
    for path in sorted((ROOT / "tests").rglob("*.py")):
        literals = (
            r for value in _literals(path.read_text(encoding="utf-8")) if isinstance(value, dict) for r in [value]
        )
        rules = [value for value in literals if "trigger" in value and "name" in value]
        for place, rule in enumerate(rules):
            found[f"{path.relative_to(ROOT)} {place}"] = rule
    return found
