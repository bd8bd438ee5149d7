"""Read the cells of a CSV file as the values that their columns say: numbers and truths of a language, lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reason_codes import NOT_FLAG, NOT_TEXT
from whenthen.domain.common.truths import truth_of
from whenthen.domain.imports.job import Column, ColumnType, Language
from whenthen.sources.files.reason_codes import LIST_CELL, NUMBER_CELL
from whenthen.sources.parsing.json_body import read_json

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

_MARKS: Mapping[Language, tuple[str, str]] = {
    Language.EN: (".", ","),
    Language.TR: (",", "."),
    Language.HU: (",", r" \u00a0\u202f."),
    Language.ID: (",", "."),
    Language.HE: (".", ","),
}
"""Language → the mark before a number's decimals, and those between its thousands."""


def read_cell(text: str, column: Column, language: Language | None) -> Any:
    """Read a cell that is not empty. Raises ValueError if it is not of the column's type."""
    return _READ[column.type](text, column, language)


def _text(text: str, _column: Column, _language: Language | None) -> str:
    return text


def _number(text: str, _column: Column, language: Language | None) -> int | float:
    """Read a number: as JSON writes it, or as people of a language do. No event holds one beyond 64 bits.

    Without a language, `1,5` and `1.500` are not guessed at. Raises ValueError.
    """
    try:
        value = list(read_json(f"[{_plain(text, language)}]".encode()))
    except Malformed:
        raise ValueError(text) from None
    match value:
        case [bool()]:
            raise ValueError(text)
        case [int() | float() as number]:
            return number
    raise ValueError(text)


def _plain(text: str, language: Language | None) -> str:
    """Return a number of a language as JSON writes it. Raises ValueError."""
    if language is None:
        return text
    found = _pattern(language).fullmatch(text.replace("\u2212", "-"))
    if found is None:
        raise ValueError(text)
    whole = re.sub(r"[^0-9]", "", found[2]).lstrip("0") or "0"
    return f"{found[1].strip('+')}{whole}" + (f".{found[3]}" if found[3] else "")


@cache
def _pattern(language: Language) -> re.Pattern[str]:
    decimal, thousands = _MARKS[language]
    whole = rf"[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}}){{1,6}}|[0-9]{{1,19}}"
    return re.compile(rf"([+-]?)({whole})(?:{re.escape(decimal)}([0-9]{{1,15}}))?")


def _boolean(text: str, _column: Column, _language: Language | None) -> bool:
    truth = truth_of(text)
    if truth is None:
        raise ValueError(text)
    return truth


def _list(text: str, column: Column, _language: Language | None) -> list[Any]:
    if text.startswith("["):
        try:
            written = read_json(text.encode())
        except Malformed:
            raise ValueError(text) from None
        return list(written)
    return list(dict.fromkeys(part.strip() for part in text.split(column.separator) if part.strip()))


_READ: Mapping[ColumnType, Callable[[str, Column, Language | None], Any]] = {
    ColumnType.TEXT: _text,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.LIST: _list,
}

EXPECTED: Mapping[ColumnType, Reason] = {
    ColumnType.TEXT: NOT_TEXT(),
    ColumnType.NUMBER: NUMBER_CELL(),
    ColumnType.BOOLEAN: NOT_FLAG(),
    ColumnType.LIST: LIST_CELL(),
}
"""Type of a column → the problem of a cell that cannot be read as such."""
