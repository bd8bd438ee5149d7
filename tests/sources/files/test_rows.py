"""Rows become fields, or a reason that names the column."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import AT_FIELD, Invalid, Malformed, Refused
from whenthen.domain.common.reason_codes import NOT_FLAG
from whenthen.domain.common.reasons import Reason
from whenthen.domain.imports.job import Column, ColumnType, FileFormat, Order, RuleSwitch
from whenthen.domain.imports.spec import read_order
from whenthen.sources.files.reason_codes import COLUMN_COUNT, NUMBER_CELL, ROW_NOT_CSV, ROW_TOO_LONG
from whenthen.sources.files.row_splitter import MAX_ROW_BYTES
from whenthen.sources.files.rows import Row, is_blank, read_header, read_row
from whenthen.sources.parsing.json_body import NOT_UTF8

COLUMNS = {
    "E-mail": Column("email"),
    "Amount": Column("amount", ColumnType.NUMBER),
    "VIP": Column("vip", ColumnType.BOOLEAN),
    "Notes": Column(""),
}


def csv_order(**columns: Column) -> Order:
    return Order("contact", FileFormat.CSV, RuleSwitch.SKIP, columns=columns)


AMOUNT = AT_FIELD(field="Amount", problem=NUMBER_CELL())
ORDER = Order("contact", FileFormat.CSV, RuleSwitch.SKIP, columns=COLUMNS)
HEADER = ("id", "E-mail", "Amount", "VIP", "Notes", "tags")
JSON_LINES = Order("contact", FileFormat.JSON_LINES, RuleSwitch.SKIP)


def test_columns_go_to_their_fields_and_types() -> None:
    header = read_header(b"\xef\xbb\xbfid, E-mail ,Amount,VIP,Notes,tags", ORDER)
    assert header == HEADER
    row = read_row('7,ay\u015fe@example.com,12.5,Yes,"what\nnot",vip; new;vip'.encode(), header, ORDER)
    assert row == Row("7", {"email": "ay\u015fe@example.com", "amount": 12.5, "vip": True, "tags": ["vip", "new"]})


def test_an_empty_cell_says_nothing() -> None:
    assert read_row(b",,  ,,,", HEADER, ORDER) == Row(None, {})


def test_a_cell_may_be_as_long_as_a_row() -> None:
    long = "x" * 200_000
    assert read_row(f"a@example.com,{long}".encode(), ("email", "note"), csv_order()).fields["note"] == long


def test_a_column_without_a_name_is_left_out() -> None:
    header = read_header(b"email,", csv_order())
    assert read_row(b"a@example.com,what", header, csv_order()) == Row(None, {"email": "a@example.com"})


def test_another_delimiter() -> None:
    order = Order("contact", FileFormat.CSV, RuleSwitch.SKIP, delimiter=";")
    assert read_header(b"name;city", order) == ("name", "city")
    assert read_row(b'"a;b";c,d', ("name", "city"), order) == Row(None, {"name": "a;b", "city": "c,d"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"7,a@example.com", COLUMN_COUNT(count=2, expected=6)),
        (b"7,a@example.com,many,,,", AMOUNT),
        (b"7,a@example.com,1;2,,,", AMOUNT),
        (b"7,a@example.com,true,,,", AMOUNT),
        (b'7,a@example.com,"1,5",,,', AMOUNT),
        (b"7,a@example.com,NaN,,,", AMOUNT),
        (b"7,a@example.com,1e999,,,", AMOUNT),
        (b"7,a@example.com,420941079405511899223197,,,", AMOUNT),
        (b"7,a@example.com,1,maybe,,", AT_FIELD(field="VIP", problem=NOT_FLAG())),
        (b"7,\xff\xfe,,,,", NOT_UTF8(byte=2)),
        (b'7,"a"b,,,,', ROW_NOT_CSV(position=6)),
        (b'"a""b";,,,,,', ROW_NOT_CSV(position=7)),
        ('ş,a"b","c,d" ,,,'.encode(), ROW_NOT_CSV(position=13)),
        (b'7,"a",,"b",,"never closed', ROW_NOT_CSV(position=25)),
        (b'7,"' + b"x" * 270_000 + b'",,,,', ROW_TOO_LONG(count=MAX_ROW_BYTES)),
    ],
)
def test_an_unreadable_row_gives_its_reason(text: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        read_row(text, HEADER, ORDER)
    assert refused.value.reason == reason


def test_every_wrong_column_of_a_row_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_row(b",,many,maybe,,", HEADER, ORDER)
    assert [problem.field for problem in refused.value.problems] == ["Amount", "VIP"]


@pytest.mark.parametrize(
    ("header", "order", "fields"),
    [
        (b"E-mail,Full Name", csv_order(**{"E-mail": Column("email")}), ["columns.Full Name"]),
        (b"email,Mail", csv_order(Mail=Column("email")), ["columns.Mail"]),
        (b"email,email", csv_order(), ["columns.email"]),
        (b"email", csv_order(phone=Column("phone")), ["columns.phone"]),
        (b"kind,email", csv_order(), ["columns.kind"]),
        (b"Notes", csv_order(Notes=Column("")), ["columns"]),
    ],
)
def test_a_header_that_leaves_questions_is_refused(header: bytes, order: Order, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_header(header, order)
    assert [problem.field for problem in refused.value.problems] == fields


@pytest.mark.parametrize("text", ["name".encode("utf-16"), "na\u015fe".encode("latin5"), b'"name"x,y'])
def test_a_header_in_another_encoding_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        read_header(text, csv_order())


def test_rows_of_json() -> None:
    row = read_row(b'\xef\xbb\xbf{"id": "7", "email": "a@example.com", "old": null, "n": 1}\r', (), JSON_LINES)
    assert row == Row("7", {"email": "a@example.com", "old": None, "n": 1})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[1]", "row.no_object"),
        (b"7", "json.neither_object_nor_list"),
        (b"{", "json.not_json"),
        (b'{"a": NaN}', "json.no_number"),
        (b'{"a": -1e999}', "json.large_number"),
        (b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "json.too_deep"),
        (b'{"id": 7}', "input.at_field"),
        (b"\xff", "json.not_utf8"),
        ("{}".encode("utf-16"), "row.in_utf16"),
        (b'{"a": 1} {"b": 2}', "json.not_json"),
    ],
)
def test_a_line_that_is_no_object_gives_its_reason(text: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_row(text, (), JSON_LINES)
    assert refused.value.reason.code == code


EMPTY = [
    (b"", ",", True),
    (b" \r", ",", True),
    (b"\xef\xbb\xbf", ",", True),
    (b",", ",", True),
    (b";;;", ";", True),
    (b'"";" ";', ";", True),
    (b"\xc2\xa0\t\t ", "\t", True),
    (b";;", ",", False),
    (b",x", ",", False),
    (b"0", ",", False),
]


@pytest.mark.parametrize(("text", "delimiter", "blank"), EMPTY)
def test_a_line_of_empty_cells_is_no_row(text: bytes, delimiter: str, blank: Any) -> None:
    order = read_order({"kind": "contact", "format": "csv", "rules": "skip", "delimiter": delimiter})
    assert is_blank(text, order) is blank
