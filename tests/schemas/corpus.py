"""Rules, triggers and conditions that the project holds: those of the demo, the docs and the tests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dev.paths import ROOT
from tests.schemas.frames import RULE, Document
from whenthen.domain.rules.triggers import On

_KINDLESS = {name: member for name, member in RULE.items() if name != "kind"}
_ON = {str(on) for on in On}


def _is_rule(value: Document) -> bool:
    return "trigger" in value and "name" in value


def _objects(value: Any) -> Iterator[Document]:
    """Every object within a JSON value."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


@cache
def _literals() -> tuple[tuple[Path, Document], ...]:
    """Every dict display of the tests that is made of constants alone, outermost ones and those within them."""
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                try:
                    found.append((path, ast.literal_eval(node)))
                except ValueError:
                    continue
    return tuple(found)


def _blocks(page: Path) -> Iterator[Any]:
    """Every block of JSON in a page."""
    for block in re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        try:
            yield json.loads(block)
        except ValueError:  # an excerpt
            continue


@cache
def found_rules() -> Mapping[str, Document]:
    """Everything that is written as a rule in the demo, the docs and the tests, by where it stands."""
    demo = [*(ROOT / "dev" / "demo" / "rules").glob("*.json")]
    written = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in demo]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = [(page, value) for page in pages for block in _blocks(page) for value in _objects(block)]
    rules = [(path, value) for path, value in (*written, *shown, *_literals()) if _is_rule(value)]
    return {f"{path.relative_to(ROOT)} {place}": rule for place, (path, rule) in enumerate(sorted(rules, key=str))}


def _framed(fits: Callable[[Document], bool], frame: Callable[[Document], Document]) -> list[Document]:
    unique = {repr(value): value for _, value in _literals() if fits(value)}
    return [frame(value) for value in unique.values()]


def found_triggers() -> list[Document]:
    """A rule for everything that is written as a trigger in the tests, right or wrong."""
    return _framed(lambda value: bool(_ON & value.keys()), lambda value: {**_KINDLESS, "trigger": value})


def found_conditions() -> list[Document]:
    """A rule for everything that is written as a condition in the tests, right or wrong."""
    groups = {"all", "any", "not"}
    return _framed(
        lambda value: {"field", "op"} <= value.keys() or bool(groups & value.keys()),
        lambda value: {**RULE, "conditions": value},
    )
