"""Read rows of an import: turn bytes into the fields of a record, or raise the reason why they are none."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Malformed, Problem
from whenthen.domain.common.reason_codes import NOT_TEXT
from whenthen.domain.imports.job import Blank, Column, FileFormat, Order
from whenthen.domain.imports.spec import OWN_ID, column_of, is_target
from whenthen.domain.records.consent import CONSENT, is_consent_column
from whenthen.sources.files.cells import EXPECTED, read_cell
from whenthen.sources.files.reason_codes import (
    COLUMN_COUNT,
    NO_COLUMN,
    NO_TARGET,
    NOT_UTF8_FILE,
    ROW_IN_UTF16,
    ROW_NO_OBJECT,
    ROW_NOT_CSV,
    ROW_TOO_LONG,
    SAME_TARGET,
    UNKNOWN_COLUMN,
)
from whenthen.sources.files.row_splitter import BOM, MAX_ROW_BYTES
from whenthen.sources.parsing.json_body import NOT_UTF8, read_json

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

csv.field_size_limit(MAX_ROW_BYTES)
"""By default, a cell of more than 131,072 characters is refused though its row is not too long."""

_QUOTED_CELL = re.compile(r'"(?:[^"]|"")*+"')

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Row(Struct, frozen=True):
    """Hold the fields of a row's record, and its id if the row gives one. None removes a field."""

    external_id: str | None
    fields: Mapping[str, Any]


def read_header(text: bytes, order: Order) -> tuple[str, ...]:
    """Read the names of the columns. Raises Malformed, Invalid: without them no row can be read."""
    if text.startswith(_UTF_16):
        raise Malformed(NOT_UTF8_FILE())
    names = tuple(name.strip() for name in _cells(text.removeprefix(BOM), order))
    problems = [Problem(f"columns.{name}", UNKNOWN_COLUMN()) for name in order.columns if name not in names]
    targets: dict[str, str] = {}
    for name in names:
        column = order.columns.get(name, column_of(name))
        if column.field and not is_target(column.field):
            problems.append(Problem(f"columns.{name}", NO_TARGET()))
        elif column.field in targets:
            same = SAME_TARGET(field=column.field, column=targets[column.field])
            problems.append(Problem(f"columns.{name}", same))
        elif column.field:
            targets[column.field] = name
    if not targets and not problems:
        problems.append(Problem("columns", NO_COLUMN()))
    if problems:
        raise Invalid(problems)
    return names


def read_row(text: bytes, header: Sequence[str], order: Order) -> Row:
    """Read a row. Raises Malformed, Invalid naming each column or field."""
    return _json_row(text) if order.format is FileFormat.JSON_LINES else _csv_row(text, header, order)


def is_blank(text: bytes, order: Order) -> bool:
    """Tell whether a line is empty, and so no row; of CSV also one of empty cells, as spreadsheets leave behind."""
    written = text.removeprefix(BOM)
    if order.format is FileFormat.CSV:
        written = written.translate(None, b'"' + order.delimiter.encode())
    return not written.replace(b"\xc2\xa0", b"").strip()


def _json_row(text: bytes) -> Row:
    if text.startswith(_UTF_16):
        raise Malformed(ROW_IN_UTF16())
    document = read_json(text.removeprefix(BOM), exact=True)
    if not isinstance(document, dict):
        raise Malformed(ROW_NO_OBJECT())
    external_id = document.pop(OWN_ID, None)
    if external_id is not None and not isinstance(external_id, str):
        raise Invalid.field(OWN_ID, NOT_TEXT())
    return Row(external_id, document)


def _csv_row(text: bytes, header: Sequence[str], order: Order) -> Row:
    cells = _cells(text, order)
    if len(cells) != len(header):
        raise Malformed(COLUMN_COUNT(count=len(cells), expected=len(header)))
    problems: list[Problem] = []
    fields: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        column = order.columns.get(name, column_of(name))
        written = cell.strip()
        if not column.field:
            continue
        if not written:
            if _erases(column, order):
                fields[column.field] = None
            continue
        try:
            fields[column.field] = read_cell(written, column, order.language)
        except ValueError:
            problems.append(Problem(name, EXPECTED[column.type]))
    if problems:
        raise Invalid(problems)
    return Row(fields.pop(OWN_ID, None), fields)


def _erases(column: Column, order: Order) -> bool:
    """Tell whether an empty cell removes the field. It never does for an id, nor for what a person allowed."""
    blanks = column.blank or order.blanks
    return blanks is Blank.ERASE and column.field not in (OWN_ID, CONSENT) and not is_consent_column(column.field)


def _cells(text: bytes, order: Order) -> list[str]:
    try:
        written = text.decode()
    except UnicodeDecodeError as error:
        raise Malformed(NOT_UTF8(byte=error.start)) from None
    try:
        rows = list(csv.reader([written], delimiter=order.delimiter, strict=True))
    except csv.Error:
        raise Malformed(_not_csv(written, order.delimiter)) from None
    return rows[0] if rows else []


def _not_csv(written: str, delimiter: str) -> Reason:
    """Say why a row is not CSV: the csv module tells neither the place nor the kind of a fault."""
    if len(written) > MAX_ROW_BYTES:
        return ROW_TOO_LONG(count=MAX_ROW_BYTES)
    place = end = 0
    while end >= 0:
        quoted = _QUOTED_CELL.match(written, place)
        end = quoted.end() if quoted else written.find(delimiter, place)
        if quoted and not written.startswith(delimiter, end):
            return ROW_NOT_CSV(position=end + 1)
        place = end + 1
    return ROW_NOT_CSV(position=len(written))
