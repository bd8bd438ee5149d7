"""Find the codes that need a text: in every call of ReasonCode, Phrases and Words in the layer's sources."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from babel.messages.extract import extract_from_dir

from dev.paths import ROOT

SOURCES = ROOT / "layers" / "whenthen" / "whenthen"
COUNT = "count"
"""The parameter that picks the plural form: a text that has it has plural forms."""

_PARAMETERS = "Parameters: "
_KEYWORDS = {"gettext": None, "ngettext": (1, 2)}


class ExtractionFailed(Exception):
    """A declaration cannot be read from the source alone, or contradicts another; says where."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Describe one text: its code, the parameters that it must use, and the comments for its translators."""

    code: str
    parameters: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def plural(self) -> bool:
        """Tell whether the text has plural forms."""
        return COUNT in self.parameters


def declarations(sources: Path = SOURCES) -> dict[str, Declaration]:
    """Extract all declarations, sorted by code. Raises ExtractionFailed."""
    found: dict[str, Declaration] = {}
    method: Any = extract_codes
    extracted = extract_from_dir(sources, method_map=[("**.py", method)], keywords=_KEYWORDS)
    for file, line, message, comments, _ in extracted:
        code = message if isinstance(message, str) else message[0]
        named, *told = reversed(comments)
        parameters = tuple(name for name in named.removeprefix(_PARAMETERS).split(", ") if name)
        known = found.setdefault(code, Declaration(code, parameters))
        if known.parameters != parameters:
            raise ExtractionFailed(f"{file}:{line}: {code} is declared elsewhere with {', '.join(known.parameters)}")
        merged = dict.fromkeys((*known.comments, *reversed(told)))
        found[code] = Declaration(code, parameters, tuple(merged))
    return dict(sorted(found.items()))


def extract_codes(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Yield one file's codes in the form that Babel asks of an extraction method; the last comment names parameters."""
    del keywords, comment_tags, options
    source = file.read().decode("utf-8")
    if not any(f"{name}(" in source for name in _READERS):
        return
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _READERS:
            try:
                codes = list(_READERS[node.func.id](node))
            except (ValueError, IndexError, AttributeError) as error:
                name = getattr(file, "name", "the source")
                raise ExtractionFailed(f"{name}:{node.lineno}: {node.func.id} takes nothing but literals") from error
            for line, code, parameters in codes:
                comments = [*_comment_above(lines, line), f"{_PARAMETERS}{', '.join(sorted(parameters))}"]
                plural = COUNT in parameters
                yield line, "ngettext" if plural else "gettext", (code, code) if plural else code, comments


_Found = Iterator[tuple[int, str, Collection[str]]]


def _reason_code(call: ast.Call) -> _Found:
    """`ReasonCode("list.too_many", "count", "found")`."""
    code, *names = map(ast.literal_eval, call.args)
    yield call.lineno, code, names


def _phrases(call: ast.Call) -> _Found:
    """`Phrases("sentence.wait", {"until_before": "field length"})`."""
    group, table = ast.literal_eval(call.args[0]), cast(ast.Dict, call.args[1])
    for key, (name, names) in zip(table.keys, ast.literal_eval(table).items(), strict=True):
        yield cast(ast.expr, key).lineno, f"{group}.{name}", names.split()


def _words(call: ast.Call) -> _Found:
    """`Words("weekday", "mon tue")`."""
    group, keys = map(ast.literal_eval, call.args)
    for key in keys.split():
        yield call.lineno, f"{group}.{key}", ()


_READERS: Mapping[str, Callable[[ast.Call], _Found]] = {
    "ReasonCode": _reason_code,
    "Phrases": _phrases,
    "Words": _words,
}


def _comment_above(lines: list[str], line: int) -> list[str]:
    """Return the comment that stands directly above a line, counted from 1, as one text."""
    above: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.lstrip().startswith("# "):
            break
        above.insert(0, text.strip().removeprefix("# "))
    return [" ".join(above)] if above else []
