"""Rows of an import: bytes to the fields of a record, or the reason why they are none."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Malformed, Problem
from whenthen.domain.imports.job import Format, Order, Type
from whenthen.domain.imports.spec import OWN_ID, column_of, is_target
from whenthen.sources.files.row_splitter import BOM, MAX_ROW_BYTES
from whenthen.sources.parsing.json_body import read_json

csv.field_size_limit(MAX_ROW_BYTES)
"""Else a cell of more than 131,072 characters is refused in a row that is none too long."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class Row(Struct, frozen=True):
    """What a row says of one record: its id, where the row knows it, and fields. None removes a field."""

    external_id: str | None
    fields: Mapping[str, Any]


def read_header(text: bytes, order: Order) -> tuple[str, ...]:
    """The names of the columns. Raises Malformed, Invalid: without them no row can be read."""
    if text.startswith(_UTF_16):
        raise Malformed("the file is UTF-16: UTF-8 is required")
    names = tuple(name.strip() for name in _cells(text.removeprefix(BOM), order))
    problems = [
        Problem(f"columns.{name}", "names no column of the file")
        for name in order.columns
        if name not in names
    ]  # fmt: skip
    targets: dict[str, str] = {}
    for name in names:
        column = order.columns.get(name, column_of(name))
        if column.field and not is_target(column.field):
            problems.append(Problem(f"columns.{name}", "say which field this column goes to, or null to leave it out"))
        elif column.field in targets:
            problems.append(Problem(f"columns.{name}", f"goes to {column.field}, as {targets[column.field]} does"))
        elif column.field:
            targets[column.field] = name
    if not targets and not problems:
        problems.append(Problem("columns", "no column goes to any field"))
    if problems:
        raise Invalid(problems)
    return names


def read_row(text: bytes, header: Sequence[str], order: Order) -> Row:
    """The row that these bytes are. Raises Malformed, Invalid naming each column or field."""
    return _json_row(text) if order.format is Format.JSON_LINES else _csv_row(text, header, order)


def is_blank(text: bytes) -> bool:
    """Whether a line holds nothing: that is no row."""
    return not text.removeprefix(BOM).strip()


def _json_row(text: bytes) -> Row:
    if text.startswith(_UTF_16):
        raise Malformed("the row is UTF-16: UTF-8 is required")
    try:
        document = read_json(text.removeprefix(BOM), exact=True)
    except Malformed as error:
        raise Malformed(error.reason.replace("the body", "the row")) from None
    if not isinstance(document, dict):
        raise Malformed("the row is JSON, but not an object")
    external_id = document.pop(OWN_ID, None)
    if external_id is not None and not isinstance(external_id, str):
        raise Invalid.field(OWN_ID, "a string is required")
    return Row(external_id, document)


def _csv_row(text: bytes, header: Sequence[str], order: Order) -> Row:
    cells = _cells(text, order)
    if len(cells) != len(header):
        raise Malformed(f"the row has {len(cells)} columns, the header has {len(header)}")
    problems: list[Problem] = []
    fields: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        column = order.columns.get(name, column_of(name))
        written = cell.strip()
        if not column.field or not written:  # an empty cell says nothing: the field stays as it is
            continue
        try:
            fields[column.field] = _READ[column.type](written)
        except ValueError:
            problems.append(Problem(name, f"{_EXPECTED[column.type]} is required"))
    if problems:
        raise Invalid(problems)
    return Row(fields.pop(OWN_ID, None), fields)


def _cells(text: bytes, order: Order) -> list[str]:
    try:
        written = text.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the row is not UTF-8 at its byte {error.start}") from None
    try:
        rows = list(csv.reader([written], delimiter=order.delimiter, strict=True))
    except csv.Error as error:
        raise Malformed(f"the row is not CSV: {error}") from None
    return rows[0] if rows else []


def _number(text: str) -> int | float:
    """A plain number, as JSON writes it. Raises ValueError: `1,5` may mean two things, and no event holds 2^63."""
    try:
        value = list(read_json(f"[{text}]".encode()))
    except Malformed as error:
        raise ValueError(error.reason) from None
    match value:
        case [bool()]:
            raise ValueError(text)
        case [int() | float() as number]:
            return number
    raise ValueError(text)


def _boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _list(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))


_READ: Mapping[Type, Callable[[str], Any]] = {
    Type.TEXT: str,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.LIST: _list,
}
_EXPECTED: Mapping[Type, str] = {
    Type.TEXT: "text",
    Type.NUMBER: "a number such as 12.5",
    Type.BOOLEAN: "true or false",
    Type.LIST: "a list such as vip;new",
}
