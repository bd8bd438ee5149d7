"""Find calls of ReasonCodes with other parameters than declared, or with the words of an exception.

Types cannot tell, and not every site is tested. Exceptions of libraries speak English, which no catalogue translates.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from dev.messages.extraction import SOURCES

Constants = dict[str, frozenset[str]]
"""Name of a constant → the parameters that its code takes."""


_WORDS = frozenset({"args", "message", "msg", "strerror"})
"""Attributes of exceptions that hold sentences."""


def wrong_calls(sources: Path = SOURCES) -> Iterator[str]:
    """Yield each wrong call, as `file:line: problem`."""
    trees = {_module(file, sources): ast.parse(file.read_text(encoding="utf-8")) for file in sources.rglob("*.py")}
    declared = {module: _declared(tree) for module, tree in trees.items()}
    for module, tree in sorted(trees.items()):
        known = {**_imported(tree, declared), **declared[module]}
        caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                found = (*_in_call(node, known[node.func.id]), *_quoted(node, caught))
                yield from (f"{module}:{node.lineno}: {problem}" for problem in found)


def _module(file: Path, sources: Path) -> str:
    parts = file.relative_to(sources.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _declared(tree: ast.Module) -> Constants:
    found: Constants = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Call(func=ast.Name("ReasonCode"), args=[_, *names])):
                found[name] = frozenset(ast.literal_eval(each) for each in names)
    return found


def _imported(tree: ast.Module, declared: Mapping[str, Constants]) -> Constants:
    found: Constants = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            there = declared.get(node.module or "", {})
            found |= {alias.asname or alias.name: there[alias.name] for alias in node.names if alias.name in there}
    return found


def _in_call(call: ast.Call, names: frozenset[str]) -> Iterator[str]:
    given = {keyword.arg for keyword in call.keywords}
    if call.args:
        yield "a ReasonCode takes its parameters by name"
    elif None not in given and given != names:
        yield f"takes ({', '.join(sorted(names))}), not ({', '.join(sorted(map(str, given)))})"


def _quoted(call: ast.Call, caught: Set[str]) -> Iterator[str]:
    for keyword in call.keywords:
        if any(_is_words(node, caught) for node in ast.walk(keyword.value)):
            yield f"{keyword.arg} has the words of an exception"


def _is_words(node: ast.AST, caught: Set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name("str" | "repr"), args=[ast.Name(name)]) | ast.FormattedValue(value=ast.Name(name)):
            return name in caught
        case ast.Attribute(value=ast.Name(name), attr=attribute):
            return name in caught and attribute in _WORDS
    return False
